"""Requests that are almost right: real records with something wrong in one place, real searches with a twist.

schemathesis finds what a description does not promise; these get past the first check and into the store.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from carewright.core.fhir.search_parameters import parameters_for
from tests.access_matrix import exchange
from tests.access_matrix.exchange import IDS, STORED
from tests.fuzz.openapi import CONTROL, ODD

TYPES = st.sampled_from(STORED)
IDENTIFIERS = st.sampled_from(IDS) | st.text(max_size=70)
TEXTS = st.sampled_from(ODD) | st.text(max_size=40)
LEAVES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    1.5e300,
    "",
    "\x00",
    "\ud800",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"reference": "Patient/secret"},
    {"reference": "#"},
    {"reference": "urn:uuid:0"},
    {"extension": []},
    {"value": 1},
    {"coding": "x"},
    "9999-99-99",
    "2026-11-23T25:00:00Z",
    {"start": "2026", "end": "2020"},
    "http://[",
    "x" * 5000,
    {"contained": [{}]},
]


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


@st.composite
def mutated(draw: st.DrawFn, resource_type: str) -> Any:
    """A record of the matrix in which up to three places are replaced, doubled, nested or taken out."""
    record = deepcopy(exchange.record(resource_type, draw(st.sampled_from(["open", "restricted"])), "c"))
    record["id"] = draw(IDENTIFIERS)
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3]))):
        places = list(_places(record))
        holder, key = draw(st.sampled_from(places)) if places else (record, "id")
        change: Callable[[Any, Any], None] = draw(st.sampled_from([_replaced(draw), _doubled, _nested, _taken_out]))
        change(holder, key)
    return record


def _places(value: Any) -> Any:
    """Every (holder, key or index) inside a value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _replaced(draw: st.DrawFn) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        holder[key] = deepcopy(draw(st.sampled_from(LEAVES) | st.text(max_size=20)))

    return change


def _doubled(holder: Any, key: Any) -> None:
    holder[key] = [holder[key], deepcopy(holder[key])]


def _nested(holder: Any, key: Any) -> None:
    for _ in range(70):
        holder[key] = {"extension": [holder[key]]}


def _taken_out(holder: Any, key: Any) -> None:
    del holder[key]


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()  # with escapes: halves of pairs and U+0000 go through


@st.composite
def searches(draw: st.DrawFn) -> Request:
    resource_type = draw(TYPES)
    codes = [*parameters_for(resource_type), *CONTROL]
    pairs = []
    for _ in range(draw(st.integers(1, 4))):
        code = draw(st.sampled_from(codes))
        modifier = draw(
            st.sampled_from(["", "", "", ":missing", ":not", ":exact", ":in", ":of-type", ":Patient.name", ":x"])
        )
        pairs.append((code + modifier, draw(TEXTS)))
    if draw(st.booleans()):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(pairs, errors="replace").encode()
        return Request(method="POST", path=f"/{resource_type}/_search", headers=form, content=body)
    tail = draw(st.sampled_from(["", "/_history", "/open/$everything", "/$lastn", "/$expand", "/open/_history"]))
    return Request(method="GET", path=f"/{resource_type}{tail}?{urlencode(pairs, errors='replace')}")


@st.composite
def writes(draw: st.DrawFn) -> Request:
    resource_type = draw(TYPES)
    method = draw(st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "VALIDATE"]))
    if method in ("POST", "VALIDATE"):
        path = f"/{resource_type}" + ("/$validate" if method == "VALIDATE" else "")
        return Request(method="POST", path=path, headers=FHIR, content=_encoded(draw(mutated(resource_type))))
    body = draw(mutated(resource_type))
    known = body.get("id", "open") if isinstance(body.get("id"), str) else "open"
    path = f"/{resource_type}/{quote(known, safe='', errors='replace') or 'open'}"
    match = {"If-Match": draw(st.sampled_from(['W/"1"', 'W/"2"', "x", "*"]))} if draw(st.booleans()) else {}
    if method == "DELETE":
        return Request(method="DELETE", path=path, headers=match)
    if method == "PATCH":
        steps = draw(st.lists(_step(), max_size=3))
        kind = {"Content-Type": "application/json-patch+json"}
        return Request(method="PATCH", path=path, headers={**kind, **match}, content=_encoded(steps))
    return Request(method="PUT", path=path, headers={**FHIR, **match}, content=_encoded(body))


FHIR = {"Content-Type": "application/fhir+json"}


@st.composite
def _step(draw: st.DrawFn) -> dict[str, Any]:
    places = [
        "/id",
        "/meta",
        "/meta/security",
        "/status",
        "/name/0",
        "/name/-",
        "/code",
        "/subject/reference",
        "/",
        "",
        "x",
    ]
    step: dict[str, Any] = {
        "op": draw(st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"])),
        "path": draw(st.sampled_from(places)),
        "value": draw(st.sampled_from(LEAVES)),
    }
    return {**step, "from": draw(st.sampled_from(places))}


@st.composite
def bundles(draw: st.DrawFn) -> Request:
    entries = []
    for _ in range(draw(st.integers(0, 4))):
        inner = draw(searches() | writes())
        request: dict[str, Any] = {"method": inner.method, "url": inner.path.lstrip("/")}
        if draw(st.booleans()):
            request["ifNoneExist"] = draw(TEXTS)
        entry: dict[str, Any] = {"request": request}
        if inner.headers == FHIR:
            entry["resource"] = json.loads(inner.content)
        if draw(st.booleans()):
            entry["fullUrl"] = draw(st.sampled_from(["urn:uuid:1", "urn:uuid:2", "http://x/Patient/1", "x"]))
        entries.append(entry)
    bundle = {"resourceType": "Bundle", "type": draw(st.sampled_from(["batch", "transaction"])), "entry": entries}
    return Request(method="POST", path="", headers=FHIR, content=_encoded(bundle))


@st.composite
def addresses(draw: st.DrawFn) -> Request:
    """Any bytes as an address, any method."""
    parts = draw(
        st.lists(
            st.sampled_from([*STORED[:6], "_history", "$meta", "open", "..", "%2e%2e", "%00", "", "%ff", "%"])
            | st.text(max_size=6).map(lambda t: quote(t, safe="", errors="replace")),
            max_size=6,
        )
    )
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"]))
    return Request(method=method, path="/" + "/".join(parts), headers=FHIR, content=draw(st.binary(max_size=40)))


REQUESTS = searches() | writes() | bundles() | addresses()
