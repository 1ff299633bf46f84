"""$meta: the profiles, tags and labels of one resource. https://hl7.org/fhir/R4/resource-operation-meta.html"""

from carewright.core.access.model import Interaction
from carewright.core.fhir.codec import decode, encode
from carewright.core.store.model import Ref
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call
from carewright.fhirapi.given import Given


async def perform(call: Call, ref: Ref, given: Given) -> Answer:
    """The meta of the version that stands; NotFound, Gone, AccessDenied."""
    given.only((), strict=call.strict)
    async with call.store.async_reader(call.access, reason="api.meta") as reader:
        call.access.require(Interaction.READ, ref.type)
        stored = await reader.read(ref)
    found = decode(stored.body or b"{}").get("meta", {})
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": found}]}
    return Answer(status=200, body=encode(parameters))
