"""One request as the interactions see it: who asks, what is preferred, and the body within its bounds.

https://hl7.org/fhir/R4/http.html#mime-type, #prefer; bearer tokens: https://www.rfc-editor.org/rfc/rfc6750
"""

import re
from functools import lru_cache
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread
from msgspec import Struct
from starlette.requests import Request

from carewright.core.access.model import Access
from carewright.core.access.recent import Known
from carewright.core.access.sessions import TOUCH_INTERVAL, Session, revoke, token_async, touch
from carewright.core.access.tenure import still_holds
from carewright.core.fhir.codec import decode
from carewright.core.fhir.structures import is_resource
from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.store import Store
from carewright.fhirapi.answers import MINIMAL, OPERATION_OUTCOME, REPRESENTATION
from carewright.fhirapi.outcomes import ApiError

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_FORM_BYTES = 64 * 1024
BODY_SECONDS = 60.0
"""A body has to be here by then: one that trickles in would hold its connection for ever."""
DECODE_IN_THREAD_BYTES = 64 * 1024
"""A larger body is read in a thread, so that others are answered meanwhile."""
WRITERS = 8
"""Writes at the same time; more wait for their turn."""
JSON_TYPES = frozenset({"application/fhir+json", "application/json", "text/json"})
FORM = "application/x-www-form-urlencoded"
FORMATS = JSON_TYPES | {"json"}
CONTROL = ("_format", "_pretty")
CHALLENGE = 'Bearer realm="Carewright"'
ID = re.compile(r"[A-Za-z0-9.\-]{1,64}", re.ASCII)
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"', re.ASCII)
_ACCEPTED = re.compile(r"(?:application|\*)/(?:fhir\+json|json|\*)|text/(?:json|\*)", re.ASCII)

Pairs = list[tuple[str, str]]


class Call(Struct, frozen=True, kw_only=True):
    """What every interaction needs. `base` is the address of the API without a slash at its end."""

    store: Store
    access: Access
    base: str
    writers: anyio.CapacityLimiter
    wanted: str = REPRESENTATION
    strict: bool = True
    scopes: str = ""
    """The scopes of the token as they were granted."""


async def open_call(request: Request, *, negotiated: bool = False) -> Call:
    """Negotiate the format, find out who asks and what they may do. ApiError 401, 403, 406; AccessDenied.

    `negotiated`: what is answered is not JSON, and the client has been told its format.
    """
    if not negotiated:
        accept_json(request)
    store: Store = request.app.state.store
    writers: anyio.CapacityLimiter = request.app.state.writers
    known = await _known(request, store)
    session = known.session
    request.app.state.rate.spend(session.secret_hash)
    practice = request.path_params.get("practice", session.practice)
    if practice != session.practice:
        raise ApiError(403, "forbidden", "This token is for another practice. Use the one made for this address.")
    due = store.clock.wall() - session.seen_at >= TOUCH_INTERVAL
    if due and not await anyio.to_thread.run_sync(_used, store, session, limiter=writers):
        raise _invalid_token()
    preferences = _preferences(request)
    return Call(
        store=store,
        access=known.access,
        base=base_of(request),
        writers=writers,
        wanted=next((p for p in (MINIMAL, OPERATION_OUTCOME) if f"return={p}" in preferences), REPRESENTATION),
        strict="handling=lenient" not in preferences,
        scopes=session.scopes,
    )


def base_of(request: Request) -> str:
    """The address that the client uses, by the path of the request."""
    practice = request.path_params.get("practice")
    path = f"/p/{practice}/fhir" if practice else "/fhir"
    host = request.headers.get("host") or request.url.netloc  # making a URL of it all costs more than finding a record
    return f"{request.scope['scheme']}://{host}{request.scope.get('root_path', '')}{path}"


def accept_json(request: Request) -> None:
    """ApiError 406 unless the client takes JSON. `_format` goes before Accept."""
    wanted = request.query_params.get("_format")
    if wanted is not None:
        good = wanted.partition(";")[0].strip().replace(" ", "+").lower() in FORMATS
    else:
        good = _takes_json(request.headers.get("accept", "*/*"))
    if not good:
        raise ApiError(406, "not-supported", "Answers are JSON only. Ask for application/fhir+json.")


@lru_cache(maxsize=64)
def _takes_json(accept: str) -> bool:
    """A program sends the same with every request."""
    return any(_ACCEPTED.fullmatch(offer.partition(";")[0].strip()) for offer in accept.lower().split(","))


async def _known(request: Request, store: Store) -> Known:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        text = "Send a bearer token in the Authorization header."
        raise ApiError(401, "login", text, headers={"WWW-Authenticate": CHALLENGE})
    known = await token_async(store, secret.strip())
    if known is None:
        raise _invalid_token()
    return known


def _used(store: Store, session: Session) -> bool:
    """Note that the token is used; False, and revoked, where its person's roles have ended since it was made."""
    touch(store, session)
    if still_holds(store, session):
        return True
    revoke(store, session)
    return False


def _invalid_token() -> ApiError:
    text = "This token is not valid: it is unknown, has ended or was revoked. Ask for a new one."
    return ApiError(401, "login", text, headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'})


def _preferences(request: Request) -> frozenset[str]:
    return _preferred(",".join(request.headers.getlist("prefer")))


@lru_cache(maxsize=64)
def _preferred(listed: str) -> frozenset[str]:
    return frozenset(part.strip().replace(" ", "") for part in re.split(r"[,;]", listed))


async def read_body(request: Request, *, most: int = MAX_BODY_BYTES) -> bytes:
    """The body; ApiError 413 as soon as it is more than `most` bytes, 408 if it is not here in time."""
    announced = request.headers.get("content-length", "0")
    try:
        with anyio.fail_after(BODY_SECONDS):
            body = await _taken_in(request, most) if announced.isdigit() and int(announced) <= most else None
    except TimeoutError:
        text = f"The request was not here within {BODY_SECONDS:g} seconds. Send it again, in parts if it is large."
        raise ApiError(408, "timeout", text) from None
    if body is None:
        raise ApiError(413, "too-long", f"A request of this kind holds at most {most // 1024} KiB. Send it in parts.")
    return body


async def _taken_in(request: Request, most: int) -> bytes | None:
    """The body; None as soon as it is more than that."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


async def read_resource_body(request: Request, *, most: int) -> Resource:
    """The JSON object in the body, of at most so many bytes; ApiError 413, 415, MalformedJson."""
    if media_type(request) not in JSON_TYPES:
        raise ApiError(415, "not-supported", "Send JSON.")
    return await anyio.to_thread.run_sync(decode, await read_body(request, most=most))


async def read_resource(request: Request, call: Call) -> Resource:
    """The resource in the body; ApiError 413, 415, MalformedJson."""
    if media_type(request) not in JSON_TYPES or request.headers.get("content-encoding", "identity") != "identity":
        raise ApiError(415, "not-supported", "Send JSON as application/fhir+json, not compressed.")
    body = await read_body(request)
    if len(body) > DECODE_IN_THREAD_BYTES:
        return await anyio.to_thread.run_sync(decode, body, limiter=call.writers)
    return decode(body)


async def search_pairs(request: Request) -> Pairs:
    """Names and values of a search: of the address and, for POST, of the form; without what only sets the format."""
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        if media_type(request) != FORM:
            raise ApiError(415, "not-supported", f"Send the search as {FORM}.")
        try:
            pairs += parse_qsl((await read_body(request, most=MAX_FORM_BYTES)).decode(), keep_blank_values=True)
        except (UnicodeDecodeError, ValueError) as error:
            raise ApiError(400, "invalid", "The search form cannot be read.") from error
    return [(name, value) for name, value in pairs if name not in CONTROL]


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def type_of(request: Request) -> str:
    """The resource type in the address; ApiError 404 if R4 has none of this name."""
    resource_type = str(request.path_params["type"])
    if not is_resource(resource_type):
        raise ApiError(404, "not-supported", "R4 has no resource type of this name. /metadata lists what there is.")
    return resource_type


def ref_of(request: Request) -> Ref:
    """The resource in the address."""
    ref = Ref(type_of(request), str(request.path_params["id"]))
    if not ID.fullmatch(ref.id):
        raise NotFound("An id has 1 to 64 letters, digits, hyphens and dots.")
    return ref


def version_in(etag: str | None, *, where: str = "If-Match") -> int | None:
    """The version that an ETag names; None for no ETag, ApiError 400 for what is none of ours."""
    if etag is None:
        return None
    found = _ETAG.fullmatch(etag.strip())
    if not found:
        raise ApiError(400, "invalid", f'{where} names a version as its ETag does: W/"3".')
    return int(found[1])
