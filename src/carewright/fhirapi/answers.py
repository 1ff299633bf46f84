"""What an interaction answers, before it is an HTTP response or an entry of a response Bundle.

https://hl7.org/fhir/R4/http.html#return (Prefer), #versions (ETag, Last-Modified), #create (Location)
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

import msgspec
from starlette.responses import Response, StreamingResponse

from carewright.core.fhir.codec import encode
from carewright.core.fhir.issues import outcome
from carewright.core.store.model import Resource, Stored
from carewright.core.store.transaction import Done, Written

FHIR_JSON = "application/fhir+json"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINIMAL, REPRESENTATION, OPERATION_OUTCOME = "minimal", "representation", "OperationOutcome"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Status, body and what the headers or `Bundle.entry.response` say. `location` is relative to the base."""

    status: int
    body: bytes | None = None
    etag: str = ""
    modified: datetime | None = None
    location: str = ""
    problem: Resource | None = None
    """The OperationOutcome of an entry that failed."""

    @property
    def status_line(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}"


def of_read(stored: Stored) -> Answer:
    """The stored bytes as they are."""
    return Answer(status=200, body=stored.body, etag=stored.etag, modified=stored.at)


def of_write(written: Written) -> Answer:
    """The version that stands now, with its address; 201 where it is the first under its id."""
    stored = written.stored
    if written.done is Done.DELETED:
        return Answer(status=204, etag=stored.etag)
    return Answer(
        status=201 if written.done is Done.CREATED else 200,
        body=stored.body,
        etag=stored.etag,
        modified=stored.at,
        location=f"{stored.ref}/_history/{stored.version}",
    )


def preferred(answer: Answer, wanted: str) -> bytes | None:
    """The body of an answer to a write, as the client prefers it."""
    if answer.body is None or wanted == MINIMAL:
        return None
    return encode(outcome([])) if wanted == OPERATION_OUTCOME else answer.body


def http_date(at: datetime) -> str:
    """An instant in UTC as HTTP writes it (RFC 9110, 5.6.7): what `email.utils` says, in a quarter of its time."""
    return f"{DAYS[at.weekday()]}, {at.day:02} {MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def response(answer: Answer, *, base: str, wanted: str = REPRESENTATION) -> Response:
    """The HTTP response."""
    headers: dict[str, str] = {}
    if answer.etag:
        headers["ETag"] = answer.etag
    if answer.modified:
        headers["Last-Modified"] = http_date(answer.modified)
    if answer.location:
        headers["Location"] = f"{base}/{answer.location}"
    return fhir_response(answer.status, preferred(answer, wanted), headers=headers)


def pretty(response: Response) -> Response:
    """The same for people to read: lines and indentation, every number as it was."""
    if isinstance(response, StreamingResponse) or not response.body:
        return response
    body = msgspec.json.format(bytes(response.body), indent=2)
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, status_code=response.status_code, headers=headers)


def fhir_response(status: int, body: bytes | None, *, headers: Mapping[str, str] | None = None) -> Response:
    """A response with FHIR's media type; none where there is no body."""
    return Response(body, status_code=status, headers=dict(headers or {}), media_type=FHIR_JSON if body else None)
