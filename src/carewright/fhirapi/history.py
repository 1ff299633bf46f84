"""history of one resource, newest first. https://hl7.org/fhir/R4/http.html#history"""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction
from carewright.core.fhir.dates import interval
from carewright.core.store.model import Ref
from carewright.core.store.search.query import DEFAULT_COUNT, MAX_COUNT
from carewright.fhirapi import answers, bundles
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import CONTROL, Call, Pairs, ref_of
from carewright.fhirapi.outcomes import ApiError

KNOWN = frozenset({"_count", "_since", "_after"})


async def endpoint(request: Request, call: Call) -> Response:
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in CONTROL]
    return answers.response(await perform(call, ref_of(request), pairs), base=call.base)


async def perform(call: Call, ref: Ref, pairs: Pairs) -> Answer:
    """A page of versions as a Bundle; `_after` continues behind the version it names. NotFound, AccessDenied."""
    options = dict(pairs)
    unknown = sorted(options.keys() - KNOWN)
    if unknown and call.strict:
        raise ApiError(400, "not-supported", f"A history understands {', '.join(sorted(KNOWN))}, not {unknown[0]}.")
    count = min(_number(options, "_count", DEFAULT_COUNT), MAX_COUNT)
    since = _since(options.get("_since"))
    before = _number(options, "_after", 0) or None
    async with call.store.async_reader(call.access, reason="api.history") as reader:
        call.access.require(Interaction.READ, ref.type)
        versions = await reader.history(ref, count=count + 1, before=before)
    page = [version for version in versions[:count] if since is None or version.at >= since]
    path = f"{ref}/_history"
    links = [("self", bundles.address(call.base, path, pairs))]
    if page and len(versions) > len(page) == count:
        rest = [(name, value) for name, value in pairs if name != "_after"]
        links.append(("next", bundles.address(call.base, path, [*rest, ("_after", str(page[-1].version))])))
    entries = (bundles.past(version, base=call.base) for version in page)
    return Answer(status=200, body=bundles.bundle("history", entries, links=links))


def _number(options: dict[str, str], name: str, default: int) -> int:
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
