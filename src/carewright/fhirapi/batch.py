"""batch: each entry is a request of its own. https://hl7.org/fhir/R4/http.html#transaction"""

import time

from carewright.core.fhir.issues import outcome
from carewright.fhirapi import (
    compartment,
    conditional,
    create,
    delete,
    history,
    operations,
    patch,
    read,
    search,
    update,
    vread,
)
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import CONTROL, Call, Pairs
from carewright.fhirapi.entries import Entry
from carewright.fhirapi.given import Given
from carewright.fhirapi.outcomes import EXPECTED, ApiError, problem

MAX_SECONDS = 60.0
"""What a batch has not begun by then is refused: a client in front of a silent connection knows nothing."""
MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""A batch is answered from memory: once its answers hold this much, what is still to be read is refused."""


async def batch(call: Call, entries: list[Entry]) -> list[Answer]:
    """The answers in the order of the entries, one after the other; an error is one entry's answer."""
    answers: list[Answer] = []
    held, over = 0, time.monotonic() + MAX_SECONDS
    for entry in entries:
        answers.append(await _one(call, entry, full=held > MAX_ANSWER_BYTES, late=time.monotonic() > over))
        held += len(answers[-1].body or b"")
    return answers


async def _one(call: Call, entry: Entry, *, full: bool, late: bool) -> Answer:
    try:
        if late:
            text = f"This batch has taken {MAX_SECONDS:g} seconds; this entry was not begun. Send it in another one."
            raise ApiError(503, "too-costly", text)
        if full and entry.method == "GET":
            raise ApiError(413, "too-costly", "The answers before this one fill the batch. Ask for it in another one.")
        return await _perform(call, entry)
    except EXPECTED as error:
        found = problem(error)
        return Answer(status=found.status, problem=outcome(found.issues))


async def _perform(call: Call, entry: Entry) -> Answer:
    if entry.path[-1].startswith("$") and entry.method in ("GET", "POST"):
        return await _operation(call, entry)
    if entry.method == "GET":
        return await _get(call, entry)
    if entry.method == "POST" and len(entry.path) == 1:
        return await create.perform(call, entry.path[0], entry.body, if_none_exist=entry.if_none_exist)
    if entry.method == "PATCH" and len(entry.path) == 2:
        return await patch.perform(call, entry.ref, patch.patch_in(entry.body), version=entry.version)
    if entry.is_conditional and entry.method == "PATCH":
        change = patch.patch_in(entry.body)
        return await conditional.patched(call, entry.path[0], change, entry.pairs, version=entry.version)
    if entry.method == "PUT" and len(entry.path) == 2:
        return await update.perform(call, entry.ref, entry.body, version=entry.version)
    if entry.is_conditional and entry.method == "PUT":
        return await conditional.update(call, entry.path[0], entry.body, entry.pairs, version=entry.version)
    if entry.is_conditional:
        return await conditional.deleted(call, entry.path[0], entry.pairs, version=entry.version)
    if entry.method == "DELETE" and len(entry.path) == 2:
        return await delete.perform(call, entry.ref, version=entry.version)
    raise ApiError(404, "not-supported", f"{entry.method} is not offered at this address.")


async def _operation(call: Call, entry: Entry) -> Answer:
    given, name = Given.of(_pairs(entry), entry.resource), entry.path[-1].removeprefix("$")
    match entry.path:
        case (resource_type, _):
            return await operations.of_type(call, resource_type, name, given)
        case (_, _, _):
            return await operations.of_instance(call, entry.ref, name, given)
    raise ApiError(404, "not-supported", "There is no operation at this address.")


def _pairs(entry: Entry) -> Pairs:
    return [(name, value) for name, value in entry.pairs if name not in CONTROL]


async def _get(call: Call, entry: Entry) -> Answer:
    pairs = _pairs(entry)
    match entry.path:
        case (resource_type,):
            return await search.perform(call, resource_type, pairs)
        case (resource_type, "_history"):
            return await history.perform_type(call, resource_type, pairs)
        case (_, _):
            return await read.perform(call, entry.ref, pairs, known=entry.known)
        case (_, _, "_history"):
            return await history.perform(call, entry.ref, pairs)
        case (_, _, "_history", version):
            return await vread.perform(call, entry.ref, version, pairs)
        case (_, _, member):
            return await compartment.perform(call, entry.ref, member, pairs)
    raise ApiError(404, "not-supported", "There is nothing to read at this address.")
