"""vread: one version. https://hl7.org/fhir/R4/http.html#vread"""

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction
from carewright.core.store.model import NotFound, Ref
from carewright.fhirapi import answers
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call, Pairs, ref_of
from carewright.fhirapi.shape import Shape

MAX_DIGITS = 18


async def endpoint(request: Request, call: Call) -> Response:
    version, pairs = str(request.path_params["version"]), request.query_params.multi_items()
    return answers.response(await perform(call, ref_of(request), version, pairs), base=call.base)


async def perform(call: Call, ref: Ref, version: str, pairs: Pairs) -> Answer:
    """The stored bytes of a version, or a part; NotFound, Gone where it is the deletion, AccessDenied."""
    if not (version.isascii() and version.isdigit() and len(version) <= MAX_DIGITS):
        raise NotFound(f"{ref} has no version of this name; versions are numbers.")
    shape = Shape.of(call, ref.type, pairs)
    async with call.store.async_reader(call.access, reason="api.vread") as reader:
        call.access.require(Interaction.READ, ref.type)
        return answers.of_read(shape.of_stored(await reader.vread(ref, int(version))))
