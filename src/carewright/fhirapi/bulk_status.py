"""How an export or import stands, its files, and its end before its time.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request. All of this is for the actor who asked for
the job, and for nobody else: to others there is nothing at the address. A file asks for what its records ask for.
"""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from carewright.core.access.model import AccessDenied
from carewright.core.bulk import jobs
from carewright.core.bulk.files import BulkFiles
from carewright.core.bulk.frozen import covers, thawed
from carewright.core.bulk.jobs import Found
from carewright.core.clock import wall_now
from carewright.core.store import bulk_jobs
from carewright.core.store.bulk_jobs import File, Job, Kind, Part, State
from carewright.fhirapi.answers import fhir_response
from carewright.fhirapi.bulk_access import exporting, files_of
from carewright.fhirapi.bulk_export import NDJSON
from carewright.fhirapi.bundles import instant
from carewright.fhirapi.calls import Call
from carewright.fhirapi.outcomes import ApiError

REFUSED = "refused.ndjson"
"""The file of an import that says which lines were refused, and why."""
COUNTS = "counts"
"""The extension of an import's manifest: what became of its lines."""
SOONEST_SECONDS, LATEST_SECONDS, SHARE = 1, 30, 10
"""A client is asked to come back after a tenth of the time that the job has taken, within these bounds."""


async def status_endpoint(request: Request, call: Call) -> Response:
    found = await _found(request, call)
    job = found.job
    if job.is_open:
        headers = {"X-Progress": progress(job), "Retry-After": str(retry_after(job, wall_now()))}
        return Response(status_code=202, headers=headers)
    expires = {"Expires": format_datetime(job.expires_at, usegmt=True)} if job.expires_at else {}
    if job.state is State.FAILED:
        raise ApiError(500, "exception", str(job.place.get("error", "The job failed.")), headers=expires)
    body = json.dumps(manifest(found, base=call.base), ensure_ascii=False).encode()
    return Response(body, media_type="application/json", headers=expires)


async def cancel_endpoint(request: Request, call: Call) -> Response:
    found, files = await _found(request, call), files_of(request)
    await anyio.to_thread.run_sync(jobs.cancel, call.store, files, call.access, found.job, limiter=call.writers)
    return fhir_response(202, None)


async def file_endpoint(request: Request, call: Call) -> Response:
    found, files = await _found(request, call), files_of(request)
    name = str(request.path_params["file"])
    if found.job.state is not State.DONE:
        raise _nothing()
    if name == REFUSED and found.job.kind is Kind.IMPORT:
        await _audit(call, found.job, {"file": name, "records": found.refused})
        return StreamingResponse(_lines(call, found.job), media_type=NDJSON)
    file = next((one for one in found.files if one.name == name), None)
    if file is None:
        raise _nothing()
    if not covers(exporting(call), thawed(call.access.practice, found.job.access), file.type):
        raise AccessDenied(f"Your sign-on no longer allows to export these {file.type} records.")
    await _audit(call, found.job, {"file": name, "type": file.type, "records": file.records})
    content = _frames(files, found.job, file)
    return StreamingResponse(content, media_type=NDJSON, headers={"Content-Length": str(file.size)})


def manifest(found: Found, *, base: str) -> dict[str, Any]:
    """The manifest of a finished job."""
    job, where = found.job, f"{base}/bulk/{found.job.id}"
    said: dict[str, Any] = {
        "transactionTime": instant(job.transaction_at or job.created_at),
        "request": job.asked["url"],
        "requiresAccessToken": True,
        "output": [_listed(file, file.type, where) for file in found.files if file.part is Part.OUTPUT],
        "deleted": [_listed(file, "Bundle", where) for file in found.files if file.part is Part.DELETED],
        "error": [],
    }
    if found.refused:
        said["error"] = [{"type": "OperationOutcome", "url": f"{where}/{REFUSED}", "count": found.refused}]
    if job.kind is Kind.IMPORT:
        said["extension"] = {COUNTS: dict(job.place.get("counts", {}))}
    return said


def progress(job: Job) -> str:
    """How far a job is, in at most 100 characters."""
    if job.state is State.WAITING:
        return "waiting for its turn"
    if job.total == 0:
        return "choosing records"
    unit = "records" if job.kind is Kind.EXPORT else "bytes"
    return f"{job.done * 100 // job.total} % ({job.done} of {job.total} {unit})"


def retry_after(job: Job, now: datetime) -> int:
    return max(SOONEST_SECONDS, min(LATEST_SECONDS, int((now - job.created_at).total_seconds()) // SHARE))


def _listed(file: File, resource_type: str, where: str) -> dict[str, Any]:
    return {"type": resource_type, "url": f"{where}/{file.name}", "count": file.records}


async def _found(request: Request, call: Call) -> Found:
    job_id = str(request.path_params["job"])
    found = await anyio.to_thread.run_sync(jobs.find, call.store, call.access, job_id, limiter=call.writers)
    if found is None:
        raise _nothing()
    return found


def _nothing() -> ApiError:
    return ApiError(404, "not-found", "There is no such export or import of yours: it was cancelled, or has expired.")


async def _audit(call: Call, job: Job, detail: dict[str, object]) -> None:
    audit = jobs.audit_of(call.access, "bulk.file", {"job": job.id, **detail})
    await anyio.to_thread.run_sync(call.store.write_audit, audit, limiter=call.writers)


async def _frames(files: BulkFiles, job: Job, file: File) -> AsyncIterator[bytes]:
    """The file a frame at a time, read and opened in a thread."""
    with files.reading(job.practice, job.id, file.kept_as, size=file.size) as reader:
        frames = reader.frames()
        while frame := await anyio.to_thread.run_sync(next, frames, b""):
            yield frame


async def _lines(call: Call, job: Job) -> AsyncIterator[bytes]:
    """The outcomes of what was refused, a batch at a time."""

    def batch(behind: int) -> list[tuple[int, str]]:
        with call.store.driver.reading(job.practice) as connection:
            return bulk_jobs.refusals(connection, job.practice, job.id, behind=behind)

    behind = -1
    while listed := await anyio.to_thread.run_sync(batch, behind):
        yield b"".join(outcome.encode() + b"\n" for _, outcome in listed)
        behind = listed[-1][0]
