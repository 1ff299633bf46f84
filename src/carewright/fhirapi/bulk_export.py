"""$export: asks for many records at once, as files. https://hl7.org/fhir/uv/bulkdata/STU2/export.html

The answer is an address at which to ask how far it is (bulk_status.py); the worker writes the files.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Access, AccessDenied
from carewright.core.bulk import jobs
from carewright.core.bulk.asked import Asked, Level, filters_in
from carewright.core.bulk.jobs import TooMany
from carewright.core.fhir.codec import encode
from carewright.core.fhir.issues import Issue, outcome
from carewright.core.fhir.structures import is_resource
from carewright.core.store.bulk_jobs import Job, Kind
from carewright.core.store.model import Ref
from carewright.core.store.search.parse import parse
from carewright.fhirapi.answers import fhir_response
from carewright.fhirapi.bulk_access import exportable, exporting, files_of, require_async
from carewright.fhirapi.calls import CONTROL, ID, Call, Pairs, read_resource
from carewright.fhirapi.outcomes import ApiError

NDJSON = "application/fhir+ndjson"
FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
UNDERSTOOD = frozenset({"_outputFormat", "_since", "_type", "_typeFilter", "patient"})
LISTED_AT_ONCE = 200
"""Ids of patients that are looked up by one search."""
MOST_PATIENTS = 10_000
BUSY_SECONDS = "60"


async def system_endpoint(request: Request, call: Call) -> Response:
    return await _kick_off(request, call, Level.SYSTEM)


async def patient_endpoint(request: Request, call: Call) -> Response:
    return await _kick_off(request, call, Level.PATIENT)


async def group_endpoint(request: Request, call: Call) -> Response:
    group = str(request.path_params["id"])
    if not ID.fullmatch(group):
        raise ApiError(404, "not-found", "An id has 1 to 64 letters, digits, hyphens and dots.")
    return await _kick_off(request, call, Level.GROUP, group=group)


async def _kick_off(request: Request, call: Call, level: Level, *, group: str = "") -> Response:
    files_of(request)
    require_async(request)
    access = exporting(call)
    pairs = await _pairs(request, call)
    asked = asked_for(pairs, access, url=str(request.url), level=level, group=group, lenient=not call.strict)
    await _check_people(call, access, asked)
    detail = {"level": level, "group": group, "types": list(asked.types), "since": asked.since,
              "filters": len(asked.filters), "patients": len(asked.patients)}  # fmt: skip
    return await accepted(call, access, Kind.EXPORT, asked=asked.as_json(), detail=detail)


async def accepted(call: Call, access: Access, kind: Kind, **more: Any) -> Response:
    """Put a job into the line and answer where to ask for it; ApiError 429 where the line is long enough."""

    def ask() -> Job:
        return jobs.ask(call.store, access, kind, **more)

    with throttled():
        job = await anyio.to_thread.run_sync(ask, limiter=call.writers)
    where = f"{call.base}/bulk/{job.id}"
    said = Issue("information", "informational", f"The {kind} has been accepted. Ask {where} how far it is.")
    return fhir_response(202, encode(outcome([said])), headers={"Content-Location": where})


@contextmanager
def throttled() -> Iterator[None]:
    """ApiError 429 where the line is long enough."""
    try:
        yield
    except TooMany as error:
        raise ApiError(429, "throttled", str(error), headers={"Retry-After": BUSY_SECONDS}) from error


def asked_for(pairs: Pairs, access: Access, *, url: str, level: Level, group: str = "", lenient: bool = False) -> Asked:
    """What the parameters ask for. ApiError 400, SearchError; AccessDenied for a type that may not be exported."""
    unknown = sorted({name for name, _ in pairs} - UNDERSTOOD)
    if unknown and not lenient:
        text = f"An export understands {', '.join(sorted(UNDERSTOOD))}, not {unknown[0]}."
        raise ApiError(400, "not-supported", text)
    listed: dict[str, list[str]] = {name: [] for name in UNDERSTOOD}
    for name, value in pairs:
        listed.setdefault(name, []).append(value)
    if bad := [text for text in listed["_outputFormat"] if text.replace(" ", "+") not in FORMATS]:
        raise ApiError(400, "not-supported", f"Files are written as {NDJSON}; {bad[0][:40]} is not offered.")
    types = _types(listed["_type"], access, lenient=lenient)
    filters = filters_in(listed["_typeFilter"])
    if outside := [name for name, _ in filters if types and name not in types]:
        if not lenient:
            raise ApiError(400, "invalid", f"_typeFilter names {outside[0]}, which is not among _type.")
        filters = tuple(one for one in filters if one[0] in types)
    _allowed([name for name, _ in filters], access)
    return Asked(
        url=url, level=level, group=group, types=types, filters=filters, since=_since(listed["_since"]),
        patients=_patients(listed["patient"], level),
    )  # fmt: skip


def _types(values: Sequence[str], access: Access, *, lenient: bool) -> tuple[str, ...]:
    types = tuple(dict.fromkeys(name for value in values for name in value.split(",") if name))
    if lenient:
        kept = tuple(name for name in types if is_resource(name) and name in exportable(access))
        if types and not kept:
            raise AccessDenied("Your sign-on allows to export none of these types.")
        return kept
    if strange := [name for name in types if not is_resource(name)]:
        raise ApiError(400, "invalid", f"_type is a list of resource types of R4; {strange[0][:40]} is none.")
    _allowed(types, access)
    return types


def _allowed(types: Sequence[str], access: Access) -> None:
    if closed := [name for name in types if name not in exportable(access)]:
        raise AccessDenied(f"Your sign-on does not allow to export {closed[0]} records. Leave the type out.")


def _since(values: Sequence[str]) -> str:
    if not values:
        return ""
    try:
        at = datetime.fromisoformat(values[-1].strip().replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or "T" not in values[-1]:
        raise ApiError(400, "invalid", "_since is an instant with its zone, like 2026-11-23T16:40:00Z.")
    return at.isoformat()


def _patients(values: Sequence[str], level: Level) -> tuple[str, ...]:
    """The ids in `patient`, which are references or ids."""
    ids = tuple(dict.fromkeys(value.removeprefix("Patient/") for value in values))
    if ids and level is Level.SYSTEM:
        raise ApiError(400, "invalid", "patient is understood by Patient/$export and Group/[id]/$export.")
    if len(ids) > MOST_PATIENTS:
        raise ApiError(400, "too-costly", f"patient names at most {MOST_PATIENTS} charts. Make a Group of them.")
    if not all(map(ID.fullmatch, ids)):
        raise ApiError(400, "invalid", "patient is a reference of the form Patient/[id].")
    return ids


async def _pairs(request: Request, call: Call) -> Pairs:
    """The parameters, of the address and of posted Parameters."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in CONTROL]
    if request.method != "POST":
        if any(name == "patient" for name, _ in pairs):
            raise ApiError(400, "invalid", "patient is sent by POST, so that it stands in no log.")
        return pairs
    posted = await read_resource(request, call)
    if posted.get("resourceType") != "Parameters" or not isinstance(posted.get("parameter", []), list):
        raise ApiError(400, "structure", "Post Parameters with a list of parameters.")
    return pairs + [_pair(number, one) for number, one in enumerate(posted.get("parameter", []))]


def _pair(number: int, one: Any) -> tuple[str, str]:
    value = next((v for k, v in one.items() if k.startswith("value")), None) if isinstance(one, dict) else None
    if isinstance(value, dict):
        value = value.get("reference")
    if not isinstance(value, str) or not isinstance(one.get("name"), str):
        raise ApiError(
            400, "structure", "A parameter has a name and a text, an instant or a reference.",
            expressions=[f"Parameters.parameter[{number}]"],
        )  # fmt: skip
    return one["name"], value


async def _check_people(call: Call, access: Access, asked: Asked) -> None:
    """NotFound for a group that may not be seen; ApiError 400 where a patient is not here, or not in the group."""
    if asked.level is Level.SYSTEM:
        return
    if "Patient" not in exportable(access):
        raise AccessDenied("Your sign-on does not allow to export Patient records.")
    async with call.store.async_reader(access, reason="bulk.export") as reader:
        if asked.level is Level.GROUP:
            await reader.read(Ref("Group", asked.group))
        known: set[str] = set()
        for start in range(0, len(asked.patients), LISTED_AT_ONCE):
            ids = asked.patients[start : start + LISTED_AT_ONCE]
            pairs = [("_id", ",".join(ids)), ("_count", str(len(ids)))]
            if asked.level is Level.GROUP:
                pairs.append(("_has:Group:member:_id", asked.group))
            known |= {stored.ref.id for stored in (await reader.search(parse("Patient", pairs))).matches}
    if missing := set(asked.patients) - known:
        where = " in this group" if asked.level is Level.GROUP else ""
        text = f"{len(missing)} of the {len(asked.patients)} patients are not here{where}, or not for you."
        raise ApiError(400, "not-found", text)
