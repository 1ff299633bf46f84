"""read: the current version. https://hl7.org/fhir/R4/http.html#read, conditional: #cread"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from msgspec import Struct
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
    known = Known(tags=request.headers.get("if-none-match"), at=_date(request.headers.get("if-modified-since")))
    return answers.response(await _answer(call, ref, shape, known), base=call.base)


class Known(Struct, frozen=True, kw_only=True):
    """What the client has already: versions by their ETags, or whatever stood at a time."""

    tags: str | None = None
    at: datetime | None = None

    def has(self, stored: Stored) -> bool:
        """If-None-Match goes before If-Modified-Since (RFC 9110, 13.2.2)."""
        if self.tags is not None:
            tags = [tag.strip().removeprefix("W/") for tag in self.tags.split(",")]
            return "*" in tags or stored.etag.removeprefix("W/") in tags
        return self.at is not None and stored.at <= self.at


async def perform(call: Call, ref: Ref, pairs: Pairs, *, known: Known | None = None) -> Answer:
    """The stored bytes of the current version, or a part of them; 304 for what is known already. NotFound, Gone,
    AccessDenied."""
    return await _answer(call, ref, Shape.of(call, ref.type, pairs), known or Known())


async def _answer(call: Call, ref: Ref, shape: Shape, known: Known) -> Answer:
    async with call.store.async_reader(call.access, reason="api.read") as reader:
        call.access.require(Interaction.READ, ref.type)
        stored = await reader.read(ref)
    if known.has(stored):
        return Answer(status=304, etag=stored.etag, modified=stored.at)
    return answers.of_read(shape.of_stored(stored))


def _date(text: str | None) -> datetime | None:
    """The end of the second that a date of HTTP names."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None  # RFC 9110, 13.1.3: a date that cannot be read is ignored
    return found + timedelta(seconds=1, microseconds=-1) if found and found.tzinfo else None
