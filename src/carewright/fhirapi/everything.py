"""Patient/$everything: a chart as one searchset, in pages. https://hl7.org/fhir/R4/operation-patient-everything.html"""

from datetime import datetime
from uuid import UUID

from carewright.core.access.model import Interaction
from carewright.core.fhir.dates import interval
from carewright.core.fhir.structures import is_resource
from carewright.core.store.model import Ref
from carewright.core.store.search.query import DEFAULT_COUNT, MAX_COUNT
from carewright.core.store.whole_chart import Wanted
from carewright.fhirapi import bundles
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call
from carewright.fhirapi.given import Given
from carewright.fhirapi.history import number
from carewright.fhirapi.outcomes import ApiError

KNOWN = ("start", "end", "_since", "_type", "_count", "_after")


async def perform(call: Call, ref: Ref, given: Given) -> Answer:
    """A page of the chart; NotFound, Gone, AccessDenied, ApiError 400."""
    given.only(KNOWN, strict=call.strict)
    pairs = given.pairs
    wanted = _wanted(ref.id, given.values)
    async with call.store.async_reader(call.access, reason="api.everything") as reader:
        call.access.require(Interaction.READ, ref.type)
        await reader.read(ref)
        page = await reader.everything(wanted)
    path = f"{ref}/$everything"
    links = [("self", bundles.address(call.base, path, pairs))]
    if page.next:
        rest = [(name, value) for name, value in pairs if name != "_after"]
        links.append(("next", bundles.address(call.base, path, [*rest, ("_after", page.next)])))
    entries = bundles.found(page.matches, base=call.base, mode="match")
    entries += bundles.found(page.included, base=call.base, mode="include")
    return Answer(status=200, body=bundles.bundle("searchset", entries, links=links))


def _wanted(patient: str, options: dict[str, str]) -> Wanted:
    types = frozenset(name for name in options.get("_type", "").split(",") if name)
    if not all(map(is_resource, types)):
        raise ApiError(400, "invalid", "_type is a list of resource types of R4: Observation,Condition.")
    since, start, end = (_range(name, options.get(name)) for name in ("_since", "start", "end"))
    return Wanted(
        patient=patient, types=types, since=since and since[0], start=start and start[0], end=end and end[1],
        count=min(number(options, "_count", DEFAULT_COUNT), MAX_COUNT), after=_after(options.get("_after")),
    )  # fmt: skip


def _range(name: str, text: str | None) -> tuple[datetime, datetime] | None:
    try:
        return interval(text) if text else None
    except ValueError as error:
        raise ApiError(400, "invalid", f"{name} is a date or an instant: 2026-11-23.") from error


def _after(text: str | None) -> UUID | None:
    try:
        return UUID(hex=text) if text else None
    except ValueError as error:
        raise ApiError(400, "invalid", "The link to the next page is damaged. Start again.") from error
