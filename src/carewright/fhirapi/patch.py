"""patch with JSON Patch or FHIRPath Patch: a change to the version that stands. https://hl7.org/fhir/R4/http.html#patch

RFC 6902 and fhirpath_patch.py say what the operations do. The resource is read, changed and written as an update of
the version that was read, so that what somebody else writes in between is never lost: without `If-Match` it is then
read and changed anew.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import jsonpatch
import jsonpointer
from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction
from carewright.core.fhir.codec import MalformedJson, decode, encode
from carewright.core.store.model import Conflict, Ref, Resource
from carewright.fhirapi import actions, answers, fhirpath_patch
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import (
    JSON_TYPES,
    MAX_BODY_BYTES,
    Call,
    media_type,
    read_body,
    read_resource,
    ref_of,
    version_in,
)
from carewright.fhirapi.create import of_type
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.update import stale

JSON_PATCH = "application/json-patch+json"
MAX_OPERATIONS = 500
TRIES = 3
"""How often a patch is brought to a newer version before the client is told that others are faster."""
Operations = list[dict[str, Any]]
Patch = Callable[[Resource], Resource]
"""Makes of a resource what it is after the change."""


async def endpoint(request: Request, call: Call) -> Response:
    ref = ref_of(request)
    version = version_in(request.headers.get("if-match"))
    answer = await perform(call, ref, await patch_of(request, call), version=version)
    return answers.response(answer, base=call.base, wanted=call.wanted)


async def perform(call: Call, ref: Ref, patch: Patch, *, version: int | None) -> Answer:
    """The version that the change makes; 412 where `version` does not stand, 422 for a change that cannot be made."""
    for _ in range(TRIES):
        changed, current = await changed_by(call, ref, patch, version=version)
        try:
            return answers.of_write(await actions.update(call, changed, version=current))
        except Conflict as conflict:
            if version is not None:
                raise await stale(call, conflict) from conflict
    raise ApiError(409, "conflict", f"{ref} is being changed by others all the time. Try again.")


async def changed_by(call: Call, ref: Ref, patch: Patch, *, version: int | None) -> tuple[Resource, int]:
    """What a change makes of the version that stands, and which that is; 412 where it is not `version`."""
    found, current = await _current(call, ref)
    if version is not None and version != current:
        raise ApiError(412, "conflict", f"{ref} is not at version {version} any more. Read it and patch that version.")
    changed = await anyio.to_thread.run_sync(patch, found, limiter=call.writers)
    of_type(changed, ref.type)
    if changed.get("id") != ref.id:
        raise ApiError(422, "invalid", "A patch leaves the id as it is.", expressions=[f"{ref.type}.id"])
    return changed, current


async def _current(call: Call, ref: Ref) -> tuple[Resource, int]:
    async with call.store.async_reader(call.access, reason="api.patch") as reader:
        call.access.require(Interaction.READ, ref.type)  # a test in a patch tells what stands there
        call.access.require(Interaction.UPDATE, ref.type)
        stored = await reader.read(ref)
    return decode(stored.body or b"{}"), stored.version


def patch_in(body: Resource) -> Patch:
    """The change in an entry of a Bundle: a Binary that holds a JSON Patch, or Parameters. ApiError 400, 413, 415."""
    if body.get("resourceType") != "Binary":
        return lambda resource: fhirpath_patch.patched(resource, body)
    if body.get("contentType") != JSON_PATCH:
        raise ApiError(415, "not-supported", f"The Binary of a patch has the contentType {JSON_PATCH}.")
    try:
        listed = _listed(base64.b64decode(str(body.get("data", "")), validate=True))
    except binascii.Error as error:
        raise ApiError(400, "invalid", "The data of the Binary is not base64.") from error
    return lambda resource: patched(resource, listed)


async def patch_of(request: Request, call: Call) -> Patch:
    """The change in the body; ApiError 400, 413, 415."""
    if media_type(request) in JSON_TYPES:
        parameters = await read_resource(request, call)
        return lambda resource: fhirpath_patch.patched(resource, parameters)
    operations = await _operations(request)
    return lambda resource: patched(resource, operations)


async def _operations(request: Request) -> Operations:
    """The list in the body; ApiError 400, 413, 415."""
    if media_type(request) != JSON_PATCH or request.headers.get("content-encoding", "identity") != "identity":
        text = f"Send the change as {JSON_PATCH} (RFC 6902) or as Parameters, not compressed."
        raise ApiError(415, "not-supported", text)
    return _listed(await read_body(request))


def _listed(body: bytes) -> Operations:
    """The operations of a JSON Patch; ApiError 413, MalformedJson."""
    # The codec reads objects: its checks (duplicate keys, U+0000, depth) hold for a list inside one as well.
    listed = decode(b'{"patch":' + body + b"}")
    operations = listed.get("patch")
    if listed.keys() != {"patch"} or not isinstance(operations, list):
        raise MalformedJson("A JSON Patch is a list of operations, in brackets [ ].")
    if len(operations) > MAX_OPERATIONS:
        raise ApiError(413, "too-costly", f"A patch holds at most {MAX_OPERATIONS} operations. Send an update instead.")
    if not all(isinstance(operation, dict) for operation in operations):
        raise MalformedJson("Each operation of a JSON Patch is an object with op and path.")
    return operations


def patched(resource: Resource, operations: Operations) -> Resource:
    """The resource after the operations, `resource` itself included; ApiError 400, 409, 413, 422 name the operation."""
    found: Resource = resource
    for number, operation in enumerate(operations):
        try:
            made: Any = jsonpatch.apply_patch(found, [operation], in_place=True)
        except jsonpatch.JsonPatchTestFailed as error:
            raise _refused(409, "conflict", number, "what it tests for is not there") from error
        except (jsonpatch.InvalidJsonPatch, jsonpointer.JsonPointerException, TypeError, KeyError) as error:
            if isinstance(error, jsonpatch.InvalidJsonPatch):
                raise _refused(400, "invalid", number, "it is no operation of RFC 6902") from error
            raise _refused(422, "processing", number, "its path leads nowhere") from error
        except jsonpatch.JsonPatchConflict as error:
            raise _refused(422, "processing", number, "its path leads nowhere") from error
        if not isinstance(made, dict):
            raise _refused(422, "processing", number, "it would leave no resource")
        found = made
        if operation.get("op") == "copy" and len(encode(found)) > MAX_BODY_BYTES:  # copies of copies grow fast
            raise _refused(413, "too-long", number, "it makes the resource too large")
    return found


def _refused(status: int, code: str, number: int, text: str) -> ApiError:
    return ApiError(status, code, f"Operation {number} of the patch cannot be done: {text}.")
