"""What schemathesis makes requests from: a small OpenAPI 3 description, derived from the CapabilityStatement.

It is made in the test and kept nowhere, so that it is no second truth: what the statement stops to offer is no longer
asked for, what it offers anew is. https://spec.openapis.org/oas/v3.0.3
"""

from collections.abc import Mapping
from typing import Any

from tests.access_matrix.exchange import IDS

Json = dict[str, Any]
TEXT: Json = {"type": "string", "maxLength": 80}
ODD = [
    "",
    ",",
    "|",
    "||",
    "\\",
    "$",
    ":",
    "eq",
    "ap",
    "2026",
    "gt2026-11-23",
    "ge0001",
    "lt9999-12-31T23:59:60Z",
    "0",
    "-1",
    "1e999",
    "5.4|http://unitsofmeasure.org|mg",
    "Patient/open",
    "Patient/secret",
    "http://[::1",
    "urn:uuid:1",
    "true",
    "Observation:subject",
    "Patient:general-practitioner",
    "*",
    "http://loinc.org|8867-4",
    "code-9$gt5",
    "%00",
    "\u202e",
    "a" * 500,
    "9" * 400,
    "_lastUpdated,-_id",
    "SUBSETTED",
    "open,secret,foreign",
    'W/"1"',
]
"""Values that mean something somewhere, put everywhere."""
VALUE: Json = {"anyOf": [{"type": "string", "enum": ODD}, TEXT]}
CONTROL = (
    "_count",
    "_sort",
    "_include",
    "_revinclude",
    "_include:iterate",
    "_summary",
    "_elements",
    "_total",
    "_after",
    "_since",
    "_has:Observation:subject:code",
    "_filter",
    "_format",
    "_pretty",
    "_contained",
)


def description(statement: Json) -> Json:
    """The whole API of one CapabilityStatement."""
    (rest,) = statement["rest"]
    paths: Json = {
        "/metadata": {"get": _operation()},
        "/": {"post": _operation(body=_bundle())},
        "/_history": {"get": _operation(query=CONTROL)},
    }
    for offered in rest["resource"]:
        paths |= _of_type(offered)
    return {"openapi": "3.0.3", "info": {"title": "FHIR", "version": "4.0.1"}, "paths": paths}


def _of_type(offered: Json) -> Json:
    name = offered["type"]
    parameters = (*(p["name"] for p in offered.get("searchParam", ())), *CONTROL)
    resource = _resource(name)
    paths: Json = {
        f"/{name}": {
            "get": _operation(query=parameters),
            "post": _operation(body=resource, headers=("If-None-Exist", "Prefer")),
            "put": _operation(query=parameters[:8], body=resource, headers=("If-Match",)),
            "patch": _operation(query=parameters[:8], body=PATCH),
            "delete": _operation(query=parameters[:8]),
        },
        f"/{name}/_search": {"post": _operation(query=CONTROL, body=TEXT)},
        f"/{name}/_history": {"get": _operation(query=CONTROL)},
        f"/{name}/{{id}}": {
            "get": _operation(ids=True, query=CONTROL, headers=("If-None-Match", "If-Modified-Since")),
            "put": _operation(ids=True, body=resource, headers=("If-Match", "Prefer")),
            "patch": _operation(ids=True, body=PATCH, headers=("If-Match",)),
            "delete": _operation(ids=True, headers=("If-Match",)),
        },
        f"/{name}/{{id}}/_history": {"get": _operation(ids=True, query=CONTROL)},
        f"/{name}/{{id}}/_history/{{version}}": {"get": _operation(ids=True, version=True, query=CONTROL)},
    }
    for operation in offered.get("operation", ()):
        asked = {"get": _operation(query=(*parameters, "url", "code", "system", "filter", "max", "start", "mode"))}
        paths[f"/{name}/${operation['name']}"] = {**asked, "post": _operation(body=resource)}
        one = {"get": _operation(ids=True, query=(*CONTROL, "start", "end", "_type", "filter", "offset", "count"))}
        paths[f"/{name}/{{id}}/${operation['name']}"] = {**one, "post": _operation(ids=True, body=resource)}
    return paths


def _operation(
    *,
    ids: bool = False,
    version: bool = False,
    query: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
    body: Mapping[str, Any] | None = None,
) -> Json:
    listed: list[Json] = [{"name": name, "in": "query", "schema": VALUE} for name in dict.fromkeys(query)]
    listed += [{"name": name, "in": "header", "schema": VALUE} for name in headers]
    if ids:
        one: Json = {"anyOf": [{"type": "string", "enum": list(IDS)}, {**TEXT, "minLength": 1}]}
        listed.append(_part("id", one))
    if version:
        number: Json = {"anyOf": [{"type": "integer"}, {**TEXT, "minLength": 1}]}
        listed.append(_part("version", number))
    found: Json = {"parameters": listed, "responses": {"default": {"description": "Any."}}}
    if body is not None:
        found["requestBody"] = {"content": {"application/fhir+json": {"schema": body}}}
    return found


def _part(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _resource(name: str) -> Json:
    about: Json = {"type": "object", "properties": {"reference": VALUE}}
    known: Json = {
        "resourceType": {"type": "string", "enum": [name, name, name, "Patient", "Parameters"]},
        "id": VALUE,
        "status": VALUE,
        "subject": about,
        "patient": about,
        "for": about,
        "code": {},
        "meta": {"type": "object", "properties": {"security": {}, "tag": {}, "profile": {}, "versionId": VALUE}},
        "identifier": {"type": "array", "items": {"type": "object", "properties": {"system": VALUE, "value": VALUE}}},
        "parameter": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": VALUE, "valueString": VALUE}},
        },
    }
    return {"type": "object", "required": ["resourceType"], "properties": known}


PATCH: Json = {
    "anyOf": [
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                    "path": VALUE,
                    "from": VALUE,
                    "value": {},
                },
            },
        },
        {"type": "object", "properties": {"resourceType": {"enum": ["Parameters"]}, "parameter": {}}},
    ]
}


def _bundle() -> Json:
    request: Json = {
        "type": "object",
        "properties": {
            "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
            "url": VALUE,
            "ifMatch": VALUE,
            "ifNoneExist": VALUE,
        },
    }
    entry: Json = {
        "type": "object",
        "properties": {"fullUrl": VALUE, "request": request, "resource": {"type": "object"}},
    }
    return {
        "type": "object",
        "properties": {
            "resourceType": {"enum": ["Bundle"]},
            "type": {"enum": ["batch", "transaction", "history"]},
            "entry": {"type": "array", "maxItems": 5, "items": entry},
        },
    }
