"""Conditional update, patch and delete: the address is a search that means one resource.

https://hl7.org/fhir/R4/http.html#cond-update, #3.1.0.7.1 (delete), #patch. What is found is written as an update of the
version that was found, and what is not found is created only while nothing meets the condition: what somebody else does
in between is never overwritten, the condition is then looked up anew.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.store.model import Conflict, Resource, Stored
from carewright.core.store.search.query import SearchQuery
from carewright.fhirapi import actions, answers, patch
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import CONTROL, Call, Pairs, read_resource, type_of, version_in
from carewright.fhirapi.conditions import only_match, query_from, values_kept_out
from carewright.fhirapi.create import of_type
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.patch import Patch
from carewright.fhirapi.update import whole

TRIES = 3
"""How often a condition is looked up anew before the client is told that others are faster."""


async def update_endpoint(request: Request, call: Call) -> Response:
    resource_type, resource = type_of(request), await read_resource(request, call)
    answer = await update(call, resource_type, resource, _pairs(request), version=_version(request))
    return answers.response(answer, base=call.base, wanted=call.wanted)


async def patch_endpoint(request: Request, call: Call) -> Response:
    resource_type, change = type_of(request), await patch.patch_of(request, call)
    answer = await patched(call, resource_type, change, _pairs(request), version=_version(request))
    return answers.response(answer, base=call.base, wanted=call.wanted)


async def delete_endpoint(request: Request, call: Call) -> Response:
    answer = await deleted(call, type_of(request), _pairs(request), version=_version(request))
    return answers.response(answer, base=call.base)


async def update(call: Call, resource_type: str, resource: Resource, pairs: Pairs, *, version: int | None) -> Answer:
    """Update the one that is meant, or create it; ApiError 400 for another id in the body, 412 for several."""
    of_type(resource, resource_type)
    whole(resource)

    async def write(found: Stored | None, query: SearchQuery) -> Answer:
        if found is None:
            return answers.of_write(await actions.create_if_none(call, resource, query=query))
        meant = with_id(resource, found)
        return answers.of_write(await actions.update(call, meant, version=found.version))

    return await _looked_up(call, resource_type, pairs, write, version=version)


async def patched(call: Call, resource_type: str, change: Patch, pairs: Pairs, *, version: int | None) -> Answer:
    """Patch the one that is meant; ApiError 404 for none, 412 for several."""

    async def write(found: Stored | None, query: SearchQuery) -> Answer:
        if found is None:
            raise ApiError(404, "not-found", f"No {query.type} meets the condition.")
        return await patch.perform(call, found.ref, change, version=version)

    return await _looked_up(call, resource_type, pairs, write, version=version)


async def deleted(call: Call, resource_type: str, pairs: Pairs, *, version: int | None) -> Answer:
    """Delete the one that is meant; 204 for none as well, ApiError 412 for several."""

    async def write(found: Stored | None, query: SearchQuery) -> Answer:
        del query
        if found is None:
            return Answer(status=204)
        return answers.of_write(await actions.delete(call, found.ref, version=found.version))

    return await _looked_up(call, resource_type, pairs, write, version=version)


def with_id(resource: Resource, found: Stored) -> Resource:
    """The body under the id of what was found; ApiError 400 where it names another."""
    named = resource.get("id", found.ref.id)
    if named != found.ref.id:
        text = "The id in the body is not that of the resource that meets the condition. Leave it out."
        raise ApiError(400, "invalid", text, expressions=[f"{found.ref.type}.id"])
    return {"resourceType": resource["resourceType"], "id": found.ref.id, **resource}


def id_taken(resource_type: str) -> ApiError:
    """What a conditional create under an id of the client's is answered where the id is not free."""
    text = "There is a resource of this id, and it does not meet the condition. Leave the id out."
    return ApiError(409, "conflict", text, expressions=[f"{resource_type}.id"])


async def _looked_up(
    call: Call,
    resource_type: str,
    pairs: Pairs,
    write: Callable[[Stored | None, SearchQuery], Awaitable[Answer]],
    *,
    version: int | None,
) -> Answer:
    """`write` what the condition means; again, looked up anew, where somebody else was faster."""
    with values_kept_out(pairs):
        query = query_from(resource_type, pairs)
        for _ in range(TRIES):
            found = await only_match(call, query)
            if version is not None and (found is None or found.version != version):
                raise ApiError(412, "conflict", f"What meets the condition is not at version {version}. Read it anew.")
            try:
                return await write(found, query)
            except Conflict as conflict:
                if conflict.expected == 0:
                    raise id_taken(resource_type) from conflict
    raise ApiError(409, "conflict", f"This {resource_type} is being changed by others all the time. Try again.")


def _pairs(request: Request) -> Pairs:
    return [(name, value) for name, value in request.query_params.multi_items() if name not in CONTROL]


def _version(request: Request) -> int | None:
    return version_in(request.headers.get("if-match"))
