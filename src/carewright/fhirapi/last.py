"""$lastn: the last observations of each kind. https://hl7.org/fhir/R4/observation-operation-lastn.html"""

from dataclasses import replace

from carewright.core.access.model import Interaction
from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import MAX_COUNT, Criterion, SearchError
from carewright.fhirapi import bundles
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call
from carewright.fhirapi.conditions import values_kept_out
from carewright.fhirapi.given import Given
from carewright.fhirapi.history import number
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.shape import ELEMENTS, Shape

OPTIONS = ("max", ELEMENTS)
OPEN = frozenset({"missing", "not", "not-in"})
"""Modifiers with which a parameter does not say of whom or of what."""
NOT_BY_MISTAKE = Criterion(param="status", modifier="not", values=("entered-in-error",))
"""What was charted by mistake is nobody's last value, unless a client asks for a status itself."""


async def perform(call: Call, resource_type: str, given: Given) -> Answer:
    """The newest `max` (1) of each kind among what a search finds; it names a patient, and a category or a code."""
    most = min(number(given.values, "max", 1), MAX_COUNT)
    shape = Shape.of(call, resource_type, given.pairs)
    asked = [(name, value) for name, value in given.pairs if name not in OPTIONS]
    async with call.store.async_reader(call.access, reason="api.lastn") as reader:
        call.access.require(Interaction.SEARCH, resource_type)
        with values_kept_out(asked):
            query = parse(resource_type, asked, ignored=None if call.strict else [])
            if query.sort or query.includes or query.after or query.total or query.summary_count:
                raise SearchError("$lastn has an order and an end of its own. Leave out _sort, _include and _total.")
        named = {criterion.param for criterion in query.criteria if criterion.values and criterion.modifier not in OPEN}
        if not (named & {"patient", "subject"} and named & {"category", "code"}):
            text = "$lastn needs to know of whom and of what: patient, and category or code."
            raise ApiError(400, "required", text)
        if "status" not in {criterion.param for criterion in query.criteria}:
            query = replace(query, criteria=(*query.criteria, NOT_BY_MISTAKE))
        page = await reader.last_of_code(query, most=most)
    entries = bundles.found(shape.of_all(page.matches), base=call.base, mode="match")
    links = [("self", bundles.address(call.base, f"{resource_type}/$lastn", given.pairs))]
    return Answer(status=200, body=bundles.bundle("searchset", entries, links=links))
