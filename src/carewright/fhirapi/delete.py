"""delete: 405 for records of care (they are retracted), 409 with what refers to it, else a tombstone.

https://hl7.org/fhir/R4/http.html#delete
"""

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.store.model import Conflict, Gone, Ref
from carewright.fhirapi import actions, answers
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call, ref_of, version_in
from carewright.fhirapi.update import stale


async def endpoint(request: Request, call: Call) -> Response:
    answer = await perform(call, ref_of(request), version=version_in(request.headers.get("if-match")))
    return answers.response(answer, base=call.base)


async def perform(call: Call, ref: Ref, *, version: int | None) -> Answer:
    """204, also for what has been deleted before. Refused, Referenced, NotFound."""
    try:
        return answers.of_write(await actions.delete(call, ref, version=version))
    except Gone:
        return Answer(status=204)
    except Conflict as conflict:
        raise await stale(call, conflict) from conflict
