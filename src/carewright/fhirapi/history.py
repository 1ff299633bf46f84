"""history of one resource, of a type, or of all of them, newest first. https://hl7.org/fhir/R4/http.html#history"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction
from carewright.core.fhir.dates import interval
from carewright.core.store.model import Ref, Stored
from carewright.core.store.search.query import DEFAULT_COUNT, MAX_COUNT
from carewright.fhirapi import answers, bundles
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import CONTROL, Call, Pairs, ref_of, type_of
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.shape import ELEMENTS, SUMMARY, Shape

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_POSITION = re.compile(r"(\d{1,17})\.(\d{1,9})\.([A-Za-z]{1,64})/([A-Za-z0-9.\-]{1,64})", re.ASCII)
KNOWN = frozenset({"_count", "_since", "_after", SUMMARY, ELEMENTS})


async def endpoint(request: Request, call: Call) -> Response:
    return answers.response(await perform(call, ref_of(request), _pairs(request)), base=call.base)


async def type_endpoint(request: Request, call: Call) -> Response:
    return answers.response(await perform_type(call, type_of(request), _pairs(request)), base=call.base)


async def system_endpoint(request: Request, call: Call) -> Response:
    return answers.response(await perform_system(call, _pairs(request)), base=call.base)


def _pairs(request: Request) -> Pairs:
    return [(name, value) for name, value in request.query_params.multi_items() if name not in CONTROL]


async def perform(call: Call, ref: Ref, pairs: Pairs) -> Answer:
    """A page of versions as a Bundle; `_after` continues behind the version it names. NotFound, AccessDenied."""
    options, count, since = _options(call, pairs)
    before = number(options, "_after", 0) or None
    async with call.store.async_reader(call.access, reason="api.history") as reader:
        call.access.require(Interaction.READ, ref.type)
        versions = await reader.history(ref, count=count + 1, before=before)
    recent = [version for version in versions if since is None or version.at >= since]
    shape = Shape.of(call, ref.type, pairs)
    listed = shape.of_all(recent)
    return _page(call, f"{ref}/_history", pairs, listed, count=count, position=lambda last: str(last.version))


async def perform_type(call: Call, resource_type: str, pairs: Pairs) -> Answer:
    """A page of the versions of all resources of a type. AccessDenied."""
    call.access.require(Interaction.READ, resource_type)
    shape = Shape.of(call, resource_type, pairs)
    return await _of_types(call, f"{resource_type}/_history", {resource_type}, pairs, shape)


async def perform_system(call: Call, pairs: Pairs) -> Answer:
    """A page of the versions of everything that may be read. A part of each resource is not asked for here."""
    if {SUMMARY, ELEMENTS} & dict(pairs).keys():
        text = "_summary and _elements belong to the history of a type: [type]/_history."
        raise ApiError(400, "not-supported", text)
    return await _of_types(call, "_history", call.access.predicate(Interaction.READ).types, pairs, Shape())


async def _of_types(call: Call, path: str, types: Collection[str], pairs: Pairs, shape: Shape) -> Answer:
    options, count, since = _options(call, pairs)
    before = _position(options.get("_after"))
    async with call.store.async_reader(call.access, reason="api.history") as reader:
        versions = await reader.histories(types, count=count + 1, before=before, since=since)
    return _page(call, path, pairs, shape.of_all(versions), count=count, position=_position_text)


def _page(
    call: Call, path: str, pairs: Pairs, versions: Sequence[Stored], *, count: int, position: Callable[[Stored], str]
) -> Answer:
    """The first `count` versions as a Bundle, with a link to the rest where there is one."""
    page = versions[:count]
    links = [("self", bundles.address(call.base, path, pairs))]
    if len(versions) > count:
        rest = [(name, value) for name, value in pairs if name != "_after"]
        links.append(("next", bundles.address(call.base, path, [*rest, ("_after", position(page[-1]))])))
    entries = (bundles.past(version, base=call.base) for version in page)
    return Answer(status=200, body=bundles.bundle("history", entries, links=links))


def _options(call: Call, pairs: Pairs) -> tuple[dict[str, str], int, datetime | None]:
    """The options by name, how many versions a page holds, and since when; ApiError 400."""
    options = dict(pairs)
    unknown = sorted(options.keys() - KNOWN)
    if unknown and call.strict:
        raise ApiError(400, "not-supported", f"A history understands {', '.join(sorted(KNOWN))}, not {unknown[0]}.")
    return options, min(number(options, "_count", DEFAULT_COUNT), MAX_COUNT), _since(options.get("_since"))


def _position_text(last: Stored) -> str:
    """Where a page of the history of many resources ended: time in microseconds since 1970, version, resource."""
    return f"{(last.at - EPOCH) // MICROSECOND}.{last.version}.{last.ref}"


def _position(text: str | None) -> tuple[datetime, Ref, int] | None:
    if text is None:
        return None
    found = _POSITION.fullmatch(text)
    if not found:
        raise ApiError(400, "invalid", "The link to the next page is damaged. Start again.")
    return EPOCH + int(found[1]) * MICROSECOND, Ref(found[3], found[4]), int(found[2])


def number(options: dict[str, str], name: str, default: int) -> int:
    """A whole number above 0; ApiError 400."""
    text = options.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise ApiError(400, "invalid", f"{name} is a whole number above 0.")
    return int(text)


def _since(text: str | None) -> datetime | None:
    try:
        return interval(text)[0] if text else None
    except ValueError as error:
        raise ApiError(400, "invalid", "_since is an instant: 2026-11-23T10:42:00Z.") from error
