"""What the API does in its own way because it is quicker: it does what the library does."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.routing import Match, Route, Router
from starlette.types import Message, Receive, Scope, Send

from carewright.core.audit.records import row_digest
from carewright.fhirapi.answers import http_date
from carewright.fhirapi.app import _routes
from carewright.fhirapi.asked import ApiRequest
from carewright.fhirapi.paths import ByShape
from tests import loops

WORDS = ("", "fhir", "p", "clinic", "Patient", "1", "$export", "$everything", "_history", "_search", "bulk", "metadata",
         "auth", "token", ".well-known", "smart-configuration", "cds-services", "$", "nothing")  # fmt: skip
NAMES = ("host", "Accept", "PREFER", "if-match", "x-request-id")


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_date_is_written_as_http_has_it(at: datetime) -> None:
    assert http_date(at) == format_datetime(at, usegmt=True)


@given(st.lists(st.none() | st.text(), max_size=14))
def test_a_row_of_the_audit_has_the_digest_that_it_always_had(fields: list[str | None]) -> None:
    written = json.dumps(fields, separators=(",", ":")).encode()
    assert row_digest(fields) == blake2b(written, digest_size=32).digest()


def test_a_character_that_is_escaped_by_one_writer_alone_is_digested_alike() -> None:
    written = json.dumps(["a\x7fb"], separators=(",", ":")).encode()
    assert row_digest(["a\x7fb"]) == blake2b(written, digest_size=32).digest()


def http(path: str, method: str = "GET", headers: list[tuple[bytes, bytes]] | None = None, query: bytes = b"") -> Scope:
    return {"type": "http", "path": path, "method": method, "headers": headers or [], "query_string": query}


def first(routes: list[Route], scope: Scope) -> tuple[Match, Any]:
    """What Starlette's router chooses: the first that matches whole, else the first that matches but for its method."""
    partly: tuple[Match, Any] = (Match.NONE, None)
    for route in routes:
        match, found = route.matches(scope)
        if match is Match.FULL:
            return match, (route.path, found["path_params"])
        if match is Match.PARTIAL and partly[0] is Match.NONE:
            partly = match, (route.path, found["path_params"])
    return partly


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), st.sampled_from(["GET", "POST", "DELETE"]))
def test_an_address_leads_to_the_route_that_it_would_lead_to_among_all(parts: list[str], method: str) -> None:
    path = "/" + "/".join(parts)
    alike = SHAPED._of_length.get(len(path.split("/")))
    router = alike.router(tuple(path.split("/"))) if alike else None
    chosen = [route for route in router.routes if isinstance(route, Route)] if router else []
    assert first(chosen, http(path, method)) == first(ROUTES, http(path, method))


ROUTES = _routes()
SHAPED = ByShape(Router(routes=ROUTES))


@pytest.mark.parametrize("path", ["/fhir/{rest:path}", "/fhir/v{version}"])
def test_a_route_whose_parts_cannot_be_told_apart_is_refused(path: str) -> None:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="route"):
        ByShape(Router(routes=[Route(path, nothing)]))


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text("abc, ;é", max_size=5)), max_size=8), st.sampled_from(NAMES))
def test_headers_are_found_as_starlette_finds_them(given_: list[tuple[str, str]], name: str) -> None:
    headers = [(key.lower().encode(), value.encode("latin-1")) for key, value in given_]
    ours, theirs = ApiRequest(http("/", headers=headers)).headers, Request(http("/", headers=headers)).headers
    assert (ours.get(name), name in ours) == (theirs.get(name), name in theirs)
    assert ours.getlist(name) == theirs.getlist(name)
    assert ours.get(name, "else") == theirs.get(name, "else")
    if name in theirs:
        assert ours[name] == theirs[name]


@pytest.mark.parametrize("query", [b"", b"a=1&a=2&b=%20", b"?", b"&&"])
def test_an_address_is_read_as_starlette_reads_it(query: bytes) -> None:
    ours, theirs = (kind(http("/", query=query)).query_params.multi_items() for kind in (ApiRequest, Request))
    assert ours == theirs


def test_a_router_by_shape_says_what_is_not_there() -> None:
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    async def receive() -> Message:
        raise AssertionError

    loops.run(SHAPED.app({**http("/fhir/a/b/c/d/e/f/g"), "root_path": ""}, receive, send))
    assert said[0]["status"] == 404
