"""$import: takes in NDJSON, one resource per line, of whichever types and in any order.

There is no finished specification for this direction; https://github.com/smart-on-fhir/bulk-import lists proposals. Of
these the simplest is offered: the records are the body of the request. Nothing is ever fetched from an address that a
client names. The status is asked as for an export; the manifest's `error` lists what was refused, line by line.
"""

import zlib
from collections.abc import AsyncIterator

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Access
from carewright.core.bulk import jobs
from carewright.core.bulk.files import BulkFiles, FrameWriter
from carewright.core.bulk.manifest import IMPORT_MEGABYTES
from carewright.core.settings import values
from carewright.core.store.bulk_jobs import Kind
from carewright.fhirapi.bulk_access import files_of, importing, require_async
from carewright.fhirapi.bulk_export import FORMATS, NDJSON, accepted, throttled
from carewright.fhirapi.calls import BODY_SECONDS, Call, media_type
from carewright.fhirapi.outcomes import ApiError

SENT = "sent.ndjson"
"""The name under which what was sent is kept until it is imported."""
WRITTEN_AT_ONCE = 256 * 1024
UNPACKED_AT_ONCE = 1024 * 1024


async def endpoint(request: Request, call: Call) -> Response:
    files = files_of(request)
    require_async(request)
    access = importing(call)
    packed = _packing(request)
    with throttled():
        await anyio.to_thread.run_sync(jobs.check_room, call.store, access, Kind.IMPORT, limiter=call.writers)
    job_id = jobs.new_id()
    try:
        size = await _keep(request, call, files, access, job_id=job_id, packed=packed)
        asked = {"url": str(request.url), "size": size}
        return await accepted(call, access, Kind.IMPORT, asked=asked, detail={"bytes": size}, job_id=job_id, total=size)
    except BaseException:
        files.remove(access.practice, job_id)
        raise


def _packing(request: Request) -> bool:
    """Whether the body is compressed; ApiError 415."""
    if media_type(request) not in FORMATS:
        text = f"Send the records as {NDJSON}, one resource per line. Addresses to fetch from are not taken."
        raise ApiError(415, "not-supported", text)
    packing = request.headers.get("content-encoding", "identity")
    if packing not in ("identity", "gzip"):
        raise ApiError(415, "not-supported", "Send the records as they are, or compressed with gzip.")
    return packing == "gzip"


async def _keep(request: Request, call: Call, files: BulkFiles, access: Access, *, job_id: str, packed: bool) -> int:
    """Write the body to a file as it comes; how many bytes it says. ApiError 400, 413."""
    most = 1_000_000 * await anyio.to_thread.run_sync(values.get, call.store, IMPORT_MEGABYTES, access)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed else None
    with files.writing(access.practice, job_id, SENT) as writer:
        pending = bytearray()
        async for chunk in _in_time(request):
            pending += chunk
            if len(pending) >= WRITTEN_AT_ONCE:
                await anyio.to_thread.run_sync(_take, writer, bytes(pending), unpacker, most, limiter=call.writers)
                pending.clear()
        await anyio.to_thread.run_sync(_take, writer, bytes(pending), unpacker, most, limiter=call.writers)
        if unpacker is not None and not unpacker.eof:
            raise ApiError(400, "structure", "The compressed body is cut off. Send it again.")
        if writer.size == 0:
            raise ApiError(400, "required", "There is nothing in the body: send one resource per line.")
        return writer.size


async def _in_time(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; ApiError 408 where nothing comes for a while."""
    chunks = request.stream()
    while True:
        try:
            with anyio.fail_after(BODY_SECONDS):
                chunk = await anext(chunks, None)
        except TimeoutError:
            text = f"Nothing was sent for {BODY_SECONDS:g} seconds. Send it again, in parts if it is large."
            raise ApiError(408, "timeout", text) from None
        if chunk is None:
            return
        yield chunk


def _take(writer: FrameWriter, data: bytes, unpacker: "zlib._Decompress | None", most: int) -> None:
    """Write a piece of the body, unpacked; never more of it at once than is bounded."""
    while data:
        try:
            text = unpacker.decompress(data, UNPACKED_AT_ONCE) if unpacker else data
        except zlib.error as error:
            raise ApiError(400, "structure", "The compressed body is damaged. Send it again.") from error
        if writer.size + len(text) > most:
            raise ApiError(413, "too-long", f"An import takes at most {most // 1_000_000} MB. Send it in parts.")
        writer.write(text)
        if unpacker and unpacker.eof:
            if unpacker.unused_data:
                raise ApiError(400, "structure", "Something follows the compressed body. Send one gzip member.")
            return
        data = unpacker.unconsumed_tail if unpacker else b""
