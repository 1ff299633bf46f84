"""update, and create under an id of the client's. https://hl7.org/fhir/R4/http.html#update, #concurrency"""

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction
from carewright.core.fhir.codec import decode, same_value
from carewright.core.fhir.subset import is_subsetted
from carewright.core.store.model import Conflict, Ref, Resource, StoreError
from carewright.fhirapi import actions, answers
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call, read_resource, ref_of, version_in
from carewright.fhirapi.create import of_type
from carewright.fhirapi.outcomes import ApiError


async def endpoint(request: Request, call: Call) -> Response:
    ref = ref_of(request)
    if "if-none-match" in request.headers:
        raise ApiError(400, "not-supported", "If-None-Match is not understood on an update. Use If-Match, or create.")
    resource = await read_resource(request, call)
    answer = await perform(call, ref, resource, version=version_in(request.headers.get("if-match")))
    return answers.response(answer, base=call.base, wanted=call.wanted)


async def perform(call: Call, ref: Ref, resource: Resource, *, version: int | None) -> Answer:
    """A new version; 412 naming the elements that changed meanwhile if `version` is not the current one."""
    of_type(resource, ref.type)
    whole(resource)
    if resource.get("id") != ref.id:
        where = [f"{ref.type}.id"]
        raise ApiError(400, "invalid", "The id in the body is not the one in the address.", expressions=where)
    try:
        return answers.of_write(await actions.update(call, resource, version=version))
    except Conflict as conflict:
        raise await stale(call, conflict) from conflict


def whole(resource: Resource) -> None:
    """ApiError 422 for what is marked as a part of a resource: written back, it would take away all the rest."""
    if any(is_subsetted(tag) for tag in _tags(resource)):
        where = [f"{resource['resourceType']}.meta.tag"]
        text = "This is a part of a resource (tag SUBSETTED). Read it without _summary and _elements, and change that."
        raise ApiError(422, "business-rule", text, expressions=where)


def _tags(resource: Resource) -> list[object]:
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    return tags if isinstance(tags, list) else []


async def stale(call: Call, conflict: Conflict) -> ApiError:
    """The answer to a write on an old version: which version stands now, and which elements differ from the old one."""
    if conflict.expected is None:
        return ApiError(409, "conflict", f"{conflict.ref} was written by somebody else at the same moment. Try again.")
    if conflict.current is None:
        return ApiError(412, "conflict", f"{conflict.ref} has no version {conflict.expected}.")
    names = await _changed(call, conflict)
    text = (
        f"{conflict.ref} has been changed since version {conflict.expected}; version {conflict.current.version} "
        "stands now. Read it, bring your change into it and send that with its ETag."
    )
    return ApiError(412, "conflict", text, expressions=[f"{conflict.ref.type}.{name}" for name in names])


async def _changed(call: Call, conflict: Conflict) -> list[str]:
    """The elements (names, not values) in which the current version differs from the expected one."""
    if conflict.current is None or conflict.current.body is None or conflict.expected is None:
        return []
    if not call.access.may(Interaction.READ, conflict.ref.type):
        return []
    try:
        async with call.store.async_reader(call.access, reason="api.update") as reader:
            old = decode((await reader.vread(conflict.ref, conflict.expected)).body or b"{}")
    except StoreError:
        return []
    new = decode(conflict.current.body)
    names = [*new, *(name for name in old if name not in new)]
    return [name for name in names if name != "meta" and not same_value(old.get(name), new.get(name))]
