"""read: the current version. https://hl7.org/fhir/R4/http.html#read, conditional: #cread"""

from datetime import datetime
from email.utils import parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction
from carewright.core.store.model import Ref, Stored
from carewright.fhirapi import answers
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call, Pairs, ref_of
from carewright.fhirapi.shape import Shape


async def endpoint(request: Request, call: Call) -> Response:
    ref = ref_of(request)
    shape = Shape.of(call, ref.type, request.query_params.multi_items())
    stored = await _read(call, ref)
    if _unchanged(request, stored):
        return answers.response(Answer(status=304, etag=stored.etag, modified=stored.at), base=call.base)
    return answers.response(answers.of_read(shape.of_stored(stored)), base=call.base)


async def perform(call: Call, ref: Ref, pairs: Pairs) -> Answer:
    """The stored bytes of the current version, or a part of them; NotFound, Gone, AccessDenied."""
    shape = Shape.of(call, ref.type, pairs)
    return answers.of_read(shape.of_stored(await _read(call, ref)))


async def _read(call: Call, ref: Ref) -> Stored:
    async with call.store.async_reader(call.access, reason="api.read") as reader:
        call.access.require(Interaction.READ, ref.type)
        return await reader.read(ref)


def _unchanged(request: Request, stored: Stored) -> bool:
    """Whether the client has this version already. If-None-Match goes before If-Modified-Since (RFC 9110, 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
        return "*" in tags or stored.etag.removeprefix("W/") in tags
    since = _date(request.headers.get("if-modified-since"))
    return since is not None and stored.at.replace(microsecond=0) <= since


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None  # RFC 9110, 13.1.3: a date that cannot be read is ignored
    return found if found and found.tzinfo else None
