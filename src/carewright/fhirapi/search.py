"""search on one type, by GET and by POST to _search. https://hl7.org/fhir/R4/http.html#search

By POST the values stay out of addresses, and so out of logs; our own clients search that way.
"""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.access.model import Interaction
from carewright.core.fhir.codec import encode
from carewright.core.fhir.issues import Issue, outcome
from carewright.core.store.model import Ref
from carewright.core.store.search.compartment import within
from carewright.core.store.search.parse import parse
from carewright.fhirapi import answers, bundles
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call, Pairs, search_pairs, type_of
from carewright.fhirapi.conditions import values_kept_out
from carewright.fhirapi.shape import ELEMENTS, Shape


async def endpoint(request: Request, call: Call) -> Response:
    return answers.response(await perform(call, type_of(request), await search_pairs(request)), base=call.base)


async def perform(
    call: Call, resource_type: str, pairs: Pairs, *, owner: Ref | None = None, members: Iterable[str] = ()
) -> Answer:
    """One page as a searchset. SearchError for what is not understood (left out and named if lenient).

    Within the compartment of `owner`: of what refers to it by one of the parameters `members`.
    """
    ignored: list[str] = []
    shape = Shape.of(call, resource_type, pairs)
    reader = call.store.async_reader(call.access, reason="api.search")
    asked = [(name, value) for name, value in pairs if name != ELEMENTS]
    with values_kept_out(pairs):
        async with reader:
            call.access.require(Interaction.SEARCH, resource_type)
            query = parse(resource_type, asked, ignored=None if call.strict else ignored)
            query = within(query, owner=owner, members=members) if owner else query
            page = await reader.search(query)
    used = [(name, value) for name, value in pairs if name not in ignored]
    path = f"{owner}/{resource_type}" if owner else resource_type
    links = [("self", bundles.address(call.base, path, used))]
    if page.next:
        rest = [(name, value) for name, value in used if name != "_after"]
        links.append(("next", bundles.address(call.base, path, [*rest, ("_after", page.next)])))
    entries = bundles.found(shape.of_all(page.matches), base=call.base, mode="match")
    entries += bundles.found(shape.of_all(page.included), base=call.base, mode="include")
    if ignored:
        entries.append(_left_out(ignored))
    return Answer(status=200, body=bundles.bundle("searchset", entries, links=links, total=page.total))


def _left_out(names: list[str]) -> bytes:
    text = "Left out of the search, because it is not known here: {}."
    issues = [Issue("warning", "not-supported", text.format(name)) for name in names]
    return bundles.entry(resource=encode(outcome(issues)), search={"mode": "outcome"})
