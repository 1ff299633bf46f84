"""Our own cards: what the practice's rules and its chart say of a patient, each with its source and a link. No advice.

Cards are in English, whoever asks: another program shows them.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta

from carewright.core.access.model import Interaction
from carewright.core.cds.model import Asked, Card, Link
from carewright.core.store.reader import Reader
from carewright.skills.allergies import queries as allergy_queries
from carewright.skills.allergies.rules import standing
from carewright.skills.previsit import queries as previsit
from carewright.skills.previsit.queries import Person
from carewright.skills.previsit.rules import gaps
from carewright.skills.registration import queries as registration
from carewright.skills.registration.queries import charts_of
from carewright.skills.results import queries as result_queries
from carewright.skills.results.model import Step

US = "Carewright"
_SAME = uuid.UUID("6f0a3c5e-6a0d-4c52-9f6c-2f0f5a2c9b11")
"""The name space of our cards' ids: what is the same card today has the same id."""


def _card(about: Asked, key: str, summary: str, **more: str) -> Card:
    link = Link(label="Open the chart", url=f"{about.base}/chart/{about.patient}")
    return Card(uuid=str(uuid.uuid5(_SAME, f"{about.patient} {key}")), summary=summary, source=more.pop("source", US),
                links=(link,), **more)  # type: ignore[arg-type] # texts by the names of the fields  # fmt: skip


def care_gaps(reader: Reader, about: Asked) -> Sequence[Card]:
    """What the declared rules find due, each with the published recommendation that it follows."""
    if not previsit.sees_chart(reader):
        return ()
    patient, _ = registration.patient(reader, about.patient)
    person = Person(id=patient.id, visit_type="", born=patient.birth_date, gender=patient.gender)
    on = about.now.date()
    found = previsit.read(reader, [person], on=on, until=about.now + timedelta(days=1))
    chart = found.booked[person.id].chart
    if chart is None:
        return ()
    return [
        _card(about, f"gap {need.key}", f"Due by the practice's rules: {need.words}", source_url=need.source,
              source=f"{US}: declared care gap")
        for need in gaps(chart, on=on)
    ]  # fmt: skip


def allergies(reader: Reader, about: Asked) -> Sequence[Card]:
    """That allergies have not been asked: none is recorded, and nobody has written down that there are none."""
    if not all(reader.access.may(Interaction.SEARCH, name) for name in ("AllergyIntolerance", "List")):
        return ()
    asked = any(one.counts for one in allergy_queries.askings(reader, about.patient))
    known = any(True for _ in standing(one.allergy for one in allergy_queries.listed(reader, about.patient)))
    return (
        () if asked or known else [_card(about, "allergies", "Allergies have not been asked yet.", indicator="warning")]
    )


def results(reader: Reader, about: Asked) -> Sequence[Card]:
    """Results that wait for a provider's review."""
    if not reader.access.may_do("results.see"):
        return ()
    _, resource = registration.patient(reader, about.patient)
    return list(_waiting(reader, about, charts_of(resource)))


def _waiting(reader: Reader, about: Asked, charts: Sequence[str]) -> Iterator[Card]:
    for entry in result_queries.of_patient(reader, charts):
        if entry.step in (Step.REVIEW, Step.CRITICAL):
            urgent = "critical" if entry.critical else "warning"
            yield _card(about, entry.ref, f"Result not reviewed yet: {entry.words}", indicator=urgent)
