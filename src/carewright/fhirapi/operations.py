"""Operations: what is asked of the API by a name with a dollar sign. https://hl7.org/fhir/R4/operations.html

None of these changes anything, so that each may be asked by GET, with simple values in the address, and by POST, with
Parameters or the resource that it is about.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.store.model import Ref
from carewright.fhirapi import answers, everything, last, meta, subscriptions, terminology, validate
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import CONTROL, Call, read_resource, ref_of, type_of
from carewright.fhirapi.given import Given
from carewright.fhirapi.outcomes import ApiError

OfType = Callable[[Call, str, Given], Awaitable[Answer]]
OfInstance = Callable[[Call, Ref, Given], Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is offered of `types` (all where it is empty), as a whole and of one resource."""

    name: str
    definition: str
    types: tuple[str, ...] = ()
    of_type: OfType | None = None
    of_instance: OfInstance | None = None

    def is_offered_of(self, resource_type: str) -> bool:
        return not self.types or resource_type in self.types


_R4 = "http://hl7.org/fhir/OperationDefinition/"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(name="everything", definition=f"{_R4}Patient-everything", types=("Patient",),
                  of_instance=everything.perform),
        Operation(name="lastn", definition=f"{_R4}Observation-lastn", types=("Observation",), of_type=last.perform),
        Operation(name="meta", definition=f"{_R4}Resource-meta", of_instance=meta.perform),
        Operation(name="validate", definition=f"{_R4}Resource-validate", of_type=validate.of_type,
                  of_instance=validate.of_instance),
        Operation(name="expand", definition=f"{_R4}ValueSet-expand", types=("ValueSet",),
                  of_type=terminology.expand, of_instance=terminology.expand_stored),
        Operation(name="lookup", definition=f"{_R4}CodeSystem-lookup", types=("CodeSystem",),
                  of_type=terminology.lookup),
        Operation(name="status", definition=f"{_BACKPORT}status", types=("Subscription",),
                  of_type=subscriptions.status_of_many, of_instance=subscriptions.status_of_one),
        Operation(name="events", definition=f"{_BACKPORT}events", types=("Subscription",),
                  of_instance=subscriptions.events),
    )
}  # fmt: skip


async def type_endpoint(request: Request, call: Call) -> Response:
    answer = await of_type(call, type_of(request), str(request.path_params["operation"]), await _given(request, call))
    return answers.response(answer, base=call.base)


async def instance_endpoint(request: Request, call: Call) -> Response:
    ref, name = ref_of(request), str(request.path_params["operation"])
    return answers.response(await of_instance(call, ref, name, await _given(request, call)), base=call.base)


async def of_type(call: Call, resource_type: str, name: str, given: Given) -> Answer:
    """ApiError 404 for an operation that there is not."""
    found = _named(name, resource_type).of_type
    if found is None:
        raise ApiError(404, "not-supported", f"${name} is asked of one resource: {resource_type}/[id]/${name}.")
    return await found(call, resource_type, given)


async def of_instance(call: Call, ref: Ref, name: str, given: Given) -> Answer:
    """ApiError 404 for an operation that there is not."""
    found = _named(name, ref.type).of_instance
    if found is None:
        raise ApiError(404, "not-supported", f"${name} is asked of a type: {ref.type}/${name}.")
    return await found(call, ref, given)


def _named(name: str, resource_type: str) -> Operation:
    found = OPERATIONS.get(name)
    if found is None or not found.is_offered_of(resource_type):
        offered = ", ".join(f"${one.name}" for one in OPERATIONS.values() if one.is_offered_of(resource_type))
        raise ApiError(
            404, "not-supported", f"This operation is not offered of {resource_type}. Offered are {offered}."
        )
    return found


async def _given(request: Request, call: Call) -> Given:
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in CONTROL]
    return Given.of(pairs, await read_resource(request, call) if request.method == "POST" else None)
