"""Search within a compartment: `Patient/p1/Observation?code=…`. https://hl7.org/fhir/R4/http.html#vsearch"""

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.fhir.compartments import compartments
from carewright.core.fhir.structures import is_resource
from carewright.core.store.model import Ref
from carewright.fhirapi import answers, search
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call, Pairs, ref_of, search_pairs
from carewright.fhirapi.outcomes import ApiError

EVERY_TYPE = "*"


async def endpoint(request: Request, call: Call) -> Response:
    owner, kind = ref_of(request), str(request.path_params["member"])
    return answers.response(await perform(call, owner, kind, await search_pairs(request)), base=call.base)


async def perform(call: Call, owner: Ref, resource_type: str, pairs: Pairs) -> Answer:
    """The page of a search among what belongs to the owner; ApiError 404 for what has no compartment."""
    known = compartments().get(owner.type)
    if known is None:
        text = f"There is no compartment of this type. There are those of {', '.join(compartments())}."
        raise ApiError(404, "not-supported", text)
    if resource_type == EVERY_TYPE:
        text = "All types at once are not searched. Ask for Patient/[id]/$everything, or for one type after the other."
        raise ApiError(404, "not-supported", text)
    if not is_resource(resource_type):
        raise ApiError(404, "not-supported", "R4 has no resource type of this name. /metadata lists what there is.")
    if resource_type not in known:
        text = f"R4 counts no {resource_type} among what belongs to a {owner.type}. Search {resource_type} itself."
        raise ApiError(404, "not-supported", text)
    return await search.perform(call, resource_type, pairs, owner=owner, members=known[resource_type])
