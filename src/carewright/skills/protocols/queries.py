"""Reads of protocols: the library, one protocol with its versions, and what conditions ask of a patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from carewright.core.access.model import Interaction
from carewright.core.fhir.codec import decode
from carewright.core.fhir.dates import interval
from carewright.core.store.model import Gone, NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.terminology.coding import CONDITION_CLINICAL, ICD10CM, Coding
from carewright.core.work.whom import Facts, Whom
from carewright.skills.protocols.codes import NEW_PATIENT_VISIT, VISIT_TYPE
from carewright.skills.protocols.fhir import from_fhir, id_of
from carewright.skills.protocols.model import MadeBy, Version
from carewright.skills.protocols.rules.choosing import CLAIM, Card, Subject, key_of, of_visit, offered

PROTOCOL = "protocol"
MOST_VERSIONS = 100
WHOSE = ("subject", "for", "patient")
"""Where a record says which patient it is about."""
OVER = tuple(Coding(CONDITION_CLINICAL, code) for code in ("inactive", "remission", "resolved"))


def ref_of(name: str) -> Ref:
    """Where a protocol stands in the store, whether it exists or not."""
    return Ref("PlanDefinition", id_of(name))


def cards(reader: Reader) -> list[Card]:
    """Every protocol of the practice, by title; none before any was brought in."""
    return sorted((_card(row) for row in reader.rows(PROTOCOL, where={})), key=lambda card: natural(card.title))


def natural(title: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which 2 comes before 10."""
    parts = title.casefold().replace(",", "").split()
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def current(reader: Reader, name: str) -> Version:
    """A protocol as it stands; NotFound, also for a record that is no protocol of ours."""
    ref = ref_of(name)
    try:
        found = from_fhir(reader.resource(ref))
    except Gone as gone:
        raise NotFound(f"{ref} is not here.") from gone
    if found is None:
        raise NotFound(f"{ref} is no protocol.")
    return found


def versions(reader: Reader, name: str) -> list[Version]:
    """Its versions, the newest first; those that cannot be read are left out."""
    stored = reader.history(ref_of(name), count=MOST_VERSIONS)
    return [found for entry in stored if entry.body and (found := from_fhir(decode(entry.body))) is not None]


def version(reader: Reader, name: str, number: int) -> Version:
    """One version; NotFound."""
    stored = reader.vread(ref_of(name), number)
    found = from_fhir(decode(stored.body)) if stored.body else None
    if found is None:
        raise NotFound(f"{ref_of(name)} has no version {number} that can be read.")
    return found


def facts_of(reader: Reader, patient_id: str, *, visit_type: str = "") -> Facts:
    """What conditions may ask of a patient; None for what this reader may not see."""
    patient = reader.resource(Ref("Patient", patient_id))
    born = str(patient.get("birthDate", ""))
    return Facts(
        born=date.fromisoformat(born) if len(born) == len("2026-11-23") else None,
        sex=patient.get("gender"),
        problems=_problems(reader, patient_id),
        is_new=_is_new(reader, patient_id, visit_type),
    )


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The protocols of a visit: those it has, and those that somebody may choose."""

    has: tuple[Card, ...]
    may_have: tuple[Card, ...]


def choices(reader: Reader, encounter_id: str, *, at: datetime) -> Choices:
    """Which protocols a visit has, and which others fit its kind and its patient; NotFound. `at` is the site's time."""
    ref = Ref("Encounter", encounter_id)
    subject, visit_type, _ = subject_of(reader, ref, at=at)
    facts = facts_of(reader, subject.patient.removeprefix("Patient/"), visit_type=visit_type)
    listed, on = cards(reader), subject.start.date()
    has = tuple(card for card in listed if reader.is_held(CLAIM, key_of(card.name, ref)))
    fitting = [
        *of_visit(listed, visit_type=visit_type, facts=facts, on=on),
        *offered(listed, visit_type=visit_type, facts=facts, on=on),
    ]
    return Choices(has=has, may_have=tuple(card for card in fitting if card not in has))


def subject_of(reader: Reader, ref: Ref, *, at: datetime, site: str = "") -> tuple[Subject, str, list[Resource]]:
    """What a protocol is applied to, the code of its kind of visit, and the records that it must be as sensitive as."""
    found = reader.resource(ref)
    whose = next((str(found[key].get("reference", "")) for key in WHOSE if key in found), "")
    if ref.type == "Appointment":
        whose = next(
            (actor for part in found.get("participant", ()) if (actor := _actor(part)).startswith("Patient/")), ""
        )
    starts = found.get("period", {}).get("start") if ref.type == "Encounter" else found.get("start")
    patient = reader.resource(Ref("Patient", whose.removeprefix("Patient/")))
    start = interval(starts)[0].astimezone(at.tzinfo) if starts else at
    return Subject(ref=str(ref), patient=whose, start=start, site=site), visit_type_of(found), [found, patient]


def visit_type_of(resource: Resource) -> str:
    """The kind of visit of an Encounter (type) or Appointment (serviceType, appointmentType); empty for none."""
    concepts = [*resource.get("type", ()), *resource.get("serviceType", ()), resource.get("appointmentType", {})]
    codings = (coding for concept in concepts for coding in concept.get("coding", ()))
    return next((str(c["code"]) for c in codings if c.get("system") == VISIT_TYPE and "code" in c), "")


def labels_of(resources: Sequence[Resource]) -> list[Resource]:
    """Their sensitivity labels, each once."""
    found = {(s.get("system"), s.get("code")): s for r in resources for s in r.get("meta", {}).get("security", ())}
    return list(found.values())


def _actor(participant: Resource) -> str:
    return str(participant.get("actor", {}).get("reference", ""))


def _problems(reader: Reader, patient_id: str) -> frozenset[str] | None:
    if not reader.access.may(Interaction.SEARCH, "Condition"):
        return None
    found = reader.resources(parse("Condition", [("patient", f"Patient/{patient_id}"), ("_count", "200")]))
    active = (entry for entry in found if not any(over.matches(entry.get("clinicalStatus")) for over in OVER))
    codings = (coding for entry in active for coding in entry.get("code", {}).get("coding", ()))
    return frozenset(str(c["code"]) for c in codings if c.get("system") == ICD10CM and "code" in c)


def _is_new(reader: Reader, patient_id: str, visit_type: str) -> bool | None:
    if visit_type == NEW_PATIENT_VISIT:
        return True
    if not reader.access.may(Interaction.SEARCH, "Encounter"):
        return None
    pairs = [("patient", f"Patient/{patient_id}"), ("status", "finished"), ("_count", "1")]
    return not reader.resources(parse("Encounter", pairs))


def _card(row: dict[str, object]) -> Card:
    return Card(
        name=str(row["name"]),
        title=str(row["title"]),
        about=str(row["about"]),
        active=bool(row["active"]),
        by_hand=bool(row["by_hand"]),
        visit_types=tuple(str(row["visit_types"] or "").split()),
        whom=Whom.read(str(row["whom"] or "")),
        tasks=cast(int, row["tasks"]),
        made_by=MadeBy(str(row["made_by"])),
        label=str(row["label"] or ""),
        number=cast(int, row["version"]),
        made_at=cast(datetime | None, row["made_at"]),
    )
