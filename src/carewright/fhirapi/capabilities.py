"""capabilities: what this API offers, generated from what is registered. https://hl7.org/fhir/R4/http.html#capabilities

A type is listed if some role may do something with it, an interaction if some role may do it, a search parameter if
it is really searched: its kind is compiled and its values are indexed.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction, Role
from carewright.core.fhir import us_core
from carewright.core.fhir.codec import encode
from carewright.core.fhir.search_parameters import IN_THE_ROW, SearchParameter, parameters_for
from carewright.core.registry import Registry
from carewright.core.store.model import Resource
from carewright.core.store.search.parse import MODIFIERS
from carewright.core.store.transaction import RETRACTABLE
from carewright.core.store.virtual import AUDIT_PARAMETERS
from carewright.core.subscriptions.model import IG
from carewright.core.subscriptions.model import PROFILE as SUBSCRIPTION_PROFILE
from carewright.core.subscriptions.topics import TOPICS
from carewright.core.terminology.coding import OWN_BASE
from carewright.fhirapi import answers, bundles, smart
from carewright.fhirapi.calls import accept_json, base_of
from carewright.fhirapi.create import VIRTUAL
from carewright.fhirapi.operations import OPERATIONS
from carewright.fhirapi.patch import JSON_PATCH

INTERACTIONS = {
    Interaction.READ: ("read", "vread", "history-instance", "history-type"),
    Interaction.SEARCH: ("search-type",),
    Interaction.CREATE: ("create",),
    Interaction.UPDATE: ("update", "patch"),
    Interaction.DELETE: ("delete",),
}

SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
BULK_DATA = "http://hl7.org/fhir/uv/bulkdata"
EXPORTED = {"Patient": "OperationDefinition/patient-export", "Group": "OperationDefinition/group-export"}
"""The types of which an export may be asked."""
TOPIC_OFFERED = f"{IG}/capabilitystatement-subscriptiontopic-canonical"
ADDRESS = "urn:carewright:address"
"""Stands for the address until a client asks."""


async def endpoint(request: Request) -> Response:
    """No token is asked for: the statement says what a client needs to know before it has one."""
    accept_json(request)
    statement: Statement = request.app.state.statement
    return answers.fhir_response(200, statement.at(base_of(request)))


class Statement:
    """The statement of one server, put together when it is first asked for; only its address differs by client."""

    def __init__(self, registry: Registry, *, since: datetime) -> None:
        self._registry, self._since = registry, since
        self._parts: list[bytes] | None = None

    def at(self, base: str) -> bytes:
        """The statement as bytes for the address that a client uses."""
        if self._parts is None:
            encoded = encode(capabilities(self._registry, base=ADDRESS, since=self._since))
            self._parts = encoded.split(ADDRESS.encode())
        return bundles.text(base)[1:-1].join(self._parts)


def capabilities(registry: Registry, *, base: str, since: datetime) -> Resource:
    """The CapabilityStatement of an installation; `since` is when its server was started."""
    offered = registry.grants_for(Role)
    release = version("carewright")
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": bundles.instant(since),
        "kind": "instance",
        "instantiates": [f"{BULK_DATA}/CapabilityStatement/bulk-data"],
        "software": {"name": "Carewright", "version": release},
        "implementation": {"description": "The chart of one practice.", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "patchFormat": [JSON_PATCH, answers.FHIR_JSON],
        "rest": [
            {
                "mode": "server",
                "security": _security(base),
                "resource": [_resource(name, offered) for name in sorted(offered)],
                "interaction": [
                    {"code": "transaction", "documentation": "Writes only: reads go into a batch."},
                    {"code": "batch"},
                    {"code": "history-system"},
                ],
                "operation": [
                    {"name": "export", "definition": f"{BULK_DATA}/OperationDefinition/export"},
                    {"name": "import", "definition": f"{OWN_BASE}/OperationDefinition/import"},
                ],
            }
        ],
    }


def _security(base: str) -> Resource:
    """SMART on FHIR, and where its steps are done: what clients read that do not know .well-known/smart-configuration.

    https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html; of several practices each has its own addresses, so
    they stand in the statement of the practice alone.
    """
    return {
        "cors": True,
        "service": [{"coding": [{"system": SERVICE, "code": "SMART-on-FHIR"}], "text": "OAuth2 (SMART on FHIR)"}],
        "description": "A bearer token with SMART version 2 scopes; /metadata alone needs none.",
        "extension": [
            {
                "url": OAUTH_URIS,
                "extension": [
                    {"url": "authorize", "valueUri": f"{base}{smart.AUTHORIZE}"},
                    {"url": "token", "valueUri": f"{base}{smart.TOKEN}"},
                    {"url": "introspect", "valueUri": f"{base}{smart.INTROSPECT}"},
                    {"url": "revoke", "valueUri": f"{base}{smart.REVOKE}"},
                ],
            }
        ],
    }


def _resource(resource_type: str, offered: Mapping[str, frozenset[Interaction]]) -> Resource:
    allowed = offered[resource_type]
    codes = [code for interaction in Interaction if interaction in allowed for code in INTERACTIONS[interaction]]
    if resource_type in RETRACTABLE:
        codes = [code for code in codes if code != "delete"]
    if resource_type in VIRTUAL:
        codes = [code for code in codes if code in ("read", "search-type")]
    found: Resource = {
        "type": resource_type,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "readHistory": "history-instance" in codes,
        "updateCreate": {"create", "update"} <= set(codes),
        "conditionalCreate": "create" in codes,
        "conditionalRead": "full-support" if "read" in codes else "not-supported",
        "conditionalUpdate": {"create", "update", "search-type"} <= set(codes),
        "conditionalDelete": "single" if {"delete", "search-type"} <= set(codes) else "not-supported",
    }
    if "search-type" in codes:
        searchable = parameters_of(resource_type)
        found["searchInclude"] = [f"{resource_type}:{p.code}" for p in searchable if _includes(p)]
        found["searchRevInclude"] = [
            f"{other}:{p.code}"
            for other in sorted(offered)
            if Interaction.SEARCH in offered[other]
            for p in parameters_of(other)
            if _includes(p) and resource_type in p.targets
        ]
        found["searchParam"] = [_parameter(p) for p in searchable]
    if supported := us_core.profiles_of(resource_type):
        found["supportedProfile"] = supported
    if resource_type == "Subscription":
        found["extension"] = [{"url": TOPIC_OFFERED, "valueCanonical": topic} for topic in TOPICS]
        found["supportedProfile"] = [SUBSCRIPTION_PROFILE]
    if "read" in codes:
        offered_here = (one for one in OPERATIONS.values() if one.is_offered_of(resource_type))
        found["operation"] = [{"name": one.name, "definition": one.definition} for one in offered_here]
        if resource_type in EXPORTED:
            found["operation"] += [{"name": "export", "definition": f"{BULK_DATA}/{EXPORTED[resource_type]}"}]
    return {name: value for name, value in found.items() if value != []}


@cache
def parameters_of(resource_type: str) -> tuple[SearchParameter, ...]:
    """The parameters that a type is really searched by, in the order of their codes."""
    listed = sorted(parameters_for(resource_type).values(), key=lambda p: p.code)
    if resource_type in VIRTUAL:
        return tuple(p for p in listed if p.code in AUDIT_PARAMETERS)
    return tuple(p for p in listed if is_searchable(p))


def _includes(parameter: SearchParameter) -> bool:
    return parameter.kind == "reference" and parameter.resource_type not in VIRTUAL


def is_searchable(parameter: SearchParameter) -> bool:
    """Whether a search by it is compiled and finds anything."""
    indexed = parameter.code in IN_THE_ROW or bool(parameter.paths or parameter.branches)
    return indexed and parameter.kind in MODIFIERS


def _parameter(parameter: SearchParameter) -> Resource:
    found: Resource = {"name": parameter.code, "type": parameter.kind}
    if parameter.resource_type not in VIRTUAL:
        modifiers = ", ".join(f":{m}" for m in sorted(MODIFIERS[parameter.kind]) if m)
        found |= {"documentation": f"Understands {modifiers}."} if modifiers else {}
    return found
