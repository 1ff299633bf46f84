"""create, also conditional. https://hl7.org/fhir/R4/http.html#create, #ccreate"""

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.store.model import Resource
from carewright.fhirapi import actions, answers
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call, read_resource, type_of
from carewright.fhirapi.conditions import pairs_of, query_of, values_kept_out
from carewright.fhirapi.outcomes import ApiError

VIRTUAL = frozenset({"AuditEvent"})
"""Written by the store alone."""


async def endpoint(request: Request, call: Call) -> Response:
    resource_type = type_of(request)
    resource = await read_resource(request, call)
    answer = await perform(call, resource_type, resource, if_none_exist=request.headers.get("if-none-exist"))
    return answers.response(answer, base=call.base, wanted=call.wanted)


async def perform(call: Call, resource_type: str, resource: Resource, *, if_none_exist: str | None) -> Answer:
    """Create under a new id; an id in the body is not kept. 200 where the condition finds the resource there is."""
    of_type(resource, resource_type)
    with values_kept_out(pairs_of(if_none_exist)):
        query = None if if_none_exist is None else query_of(resource_type, if_none_exist)
        return answers.of_write(await actions.create(call, resource, if_none_exist=query))


def of_type(resource: Resource, resource_type: str) -> None:
    """ApiError 400 unless the body is of the type in the address; 405 for a type that nobody else writes."""
    if resource.get("resourceType") != resource_type:
        where = [f"{resource_type}.resourceType"]
        raise ApiError(400, "invalid", f"This address takes a {resource_type}; the body is another.", expressions=where)
    if resource_type in VIRTUAL:
        text = f"{resource_type} records are made by the store and by nobody else."
        raise ApiError(405, "not-supported", text, headers={"Allow": "GET"})
