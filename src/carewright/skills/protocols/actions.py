"""The writes of protocols: bringing the product's in, a manager's new version, going back, and applying one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from carewright.core.sentences import sentence
from carewright.core.store.model import Conflict, KeyTaken, Ref, Refused, Resource
from carewright.core.store.once import check_form, claim_form
from carewright.core.store.reader import Reader
from carewright.core.store.writer import Writer
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import WorkTask
from carewright.core.work.tasks import labelled
from carewright.skills.protocols import fhir, library, queries
from carewright.skills.protocols.model import MadeBy, Protocol, Version
from carewright.skills.protocols.rules import choosing, schema
from carewright.skills.protocols.rules.choosing import CLAIM, key_of

EDIT, APPLY = "protocols.edit", "protocols.apply"
ATTEMPTS = 3


def seed(writer: Writer, *, at: datetime) -> int:
    """Bring the product's protocols in, or up to date; how many were written.

    What somebody here has changed or retired stays as it is, and a second time nothing is written.
    """
    writer.access.require_action(EDIT)
    with writer.store.reader(writer.access, reason="protocols.seed") as reader:
        before = {name: reader.resource_or_none(queries.ref_of(name)) for name in library.protocols()}
    with writer.transaction(reason="protocols.seed") as tx:
        for name, stored in before.items():
            made = _seeded(library.protocols()[name], library.texts()[name], stored, at=at)
            if made is not None:
                tx.put(fhir.to_fhir(made), version=int(stored["meta"]["versionId"]) if stored else None)
    return len(tx.results)


def save(
    writer: Writer, *, name: str, text: str, version: int, at: datetime, note: str = "", form_key: str = ""
) -> Protocol:
    """A new version of a protocol from its text. BadText with every fault and its line, Conflict if somebody else has
    saved one since `version`, KeyTaken if this form was saved before; in each case nothing is written."""
    writer.access.require_action(EDIT)
    protocol = schema.protocol_of(text, name=name)
    with writer.store.reader(writer.access, reason="protocols.save") as reader:
        check_form(reader, form_key)
        before = queries.current(reader, name)
    made = _next(writer, before, at=at, protocol=protocol, text=text, note=note)
    with writer.transaction(reason="protocols.save") as tx:
        claim_form(tx, form_key, holder=tx.update(fhir.to_fhir(made), version=version))
    return protocol


def begin(writer: Writer, *, text: str, at: datetime, note: str = "", form_key: str = "") -> Protocol:
    """A protocol of the practice's own, under the name that its text gives. BadText with every fault and its line, a
    name that another one has among them; KeyTaken if this form was saved before."""
    writer.access.require_action(EDIT)
    protocol = schema.protocol_of(text, name_of_new=True)
    with writer.store.reader(writer.access, reason="protocols.begin") as reader:
        check_form(reader, form_key)
        if reader.rows(queries.PROTOCOL, where={"name": protocol.name}):
            raise schema.name_is_taken(text)
    made = Version(
        protocol=protocol, number=0, text=text, made_by=MadeBy.PRACTICE, label="1", note=note,
        by=writer.access.actor.reference, made_at=at.replace(microsecond=0),
    )  # fmt: skip
    try:
        with writer.transaction(reason="protocols.begin") as tx:
            claim_form(tx, form_key, holder=tx.create(fhir.to_fhir(made), resource_id=fhir.id_of(protocol.name)))
    except Conflict as taken:
        raise schema.name_is_taken(text) from taken
    return protocol


def roll_back(writer: Writer, *, name: str, to: int, version: int, at: datetime) -> None:
    """A new version that says what version `to` said. NotFound, Conflict."""
    writer.access.require_action(EDIT)
    with writer.store.reader(writer.access, reason="protocols.roll-back") as reader:
        earlier, before = queries.version(reader, name, to), queries.current(reader, name)
    note = str(sentence("Back to version %(label)s.", label=earlier.label))
    made = _next(writer, before, at=at, protocol=earlier.protocol, text=earlier.text, note=note)
    with writer.transaction(reason="protocols.roll-back") as tx:
        tx.update(fhir.to_fhir(made), version=version)


def use(writer: Writer, *, name: str, active: bool, version: int, at: datetime) -> None:
    """Use a protocol, or use it no longer: visits stop getting it, what it has brought stays. Conflict."""
    writer.access.require_action(EDIT)
    with writer.store.reader(writer.access, reason="protocols.use") as reader:
        before = queries.current(reader, name)
    note = str(sentence("In use again.") if active else sentence("No longer used."))
    made = _next(writer, before, at=at, protocol=before.protocol, text=before.text, note=note)
    with writer.transaction(reason="protocols.use") as tx:
        tx.update(fhir.to_fhir(replace(made, active=active)), version=version)


def apply(writer: Writer, *, name: str, subject: Ref, at: datetime, site: str = "") -> list[Ref]:
    """The tasks of a protocol for a visit, an appointment or a request; made once, whoever asks and however often.

    `subject` is an Encounter, Appointment or another record about one patient, `site` a Location's id. NotFound for a
    protocol or subject that is not here, Refused for a protocol that is no longer used. The tasks that there are now.
    """
    writer.access.require_action(APPLY)
    for _ in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason="protocols.apply") as reader:
            found = queries.current(reader, name)
            if not found.active:
                raise Refused("protocol-retired", sentence("This protocol is no longer used. Choose another one."))
            tasks, labels = _tasks(reader, found, subject, at=at, site=site, by=writer.access.actor.reference)
            there = _there(reader, tasks)
            if reader.is_held(CLAIM, key_of(name, subject)):
                return there
        try:
            return [*there, *_write(writer, name, subject, [t for t in tasks if _ref(t) not in there], labels)]
        except (Conflict, KeyTaken):
            continue  # somebody else applies this one, or another one with the same task, at this moment
    raise Refused("protocol-busy", sentence("Others are working on this visit. Try again in a moment."))


def apply_to_visit(writer: Writer, *, encounter_id: str, at: datetime, site: str = "") -> list[str]:
    """Apply every protocol that a visit gets by itself, as far as that has not been done; their names.

    Called where a visit begins and again where somebody rooms: who rooms may know more than who checked in.
    """
    writer.access.require_action(APPLY)
    ref = Ref("Encounter", encounter_id)
    with writer.store.reader(writer.access, reason="protocols.of-visit") as reader:
        cards = queries.cards(reader)
        if not cards:
            return []
        subject, visit_type, _ = queries.subject_of(reader, ref, at=at, site=site)
        facts = queries.facts_of(reader, subject.patient.removeprefix("Patient/"), visit_type=visit_type)
        due = choosing.of_visit(cards, visit_type=visit_type, facts=facts, on=subject.start.date())
        names = [card.name for card in due if not reader.is_held(CLAIM, key_of(card.name, ref))]
    for name in names:
        apply(writer, name=name, subject=ref, at=at, site=site)
    return names


def _tasks(
    reader: Reader, found: Version, ref: Ref, *, at: datetime, site: str, by: str
) -> tuple[list[WorkTask], list[Resource]]:
    subject, visit_type, sensitive_as = queries.subject_of(reader, ref, at=at, site=site)
    facts = queries.facts_of(reader, subject.patient.removeprefix("Patient/"), visit_type=visit_type)
    now = at.replace(microsecond=0)
    return choosing.tasks_of(found, subject, facts=facts, now=now, by=by), queries.labels_of(sensitive_as)


def _there(reader: Reader, tasks: Sequence[WorkTask]) -> list[Ref]:
    ids = tuple(task.id for task in tasks)
    known = {str(row["id"]) for row in reader.rows("task", where={"id": ids})} if ids else set()
    return [_ref(task) for task in tasks if task.id in known]


def _write(writer: Writer, name: str, subject: Ref, tasks: Sequence[WorkTask], labels: Sequence[Resource]) -> list[Ref]:
    with writer.transaction(reason="protocols.apply") as tx:
        made = [tx.create(labelled(work_fhir.to_fhir(task), labels), resource_id=task.id) for task in tasks]
        tx.claim(CLAIM, key_of(name, subject), holder=queries.ref_of(name))
    return made


def _ref(task: WorkTask) -> Ref:
    return Ref("Task", task.id)


def _seeded(protocol: Protocol, text: str, stored: Resource | None, *, at: datetime) -> Version | None:
    """The version to write; None where what stands is right, or is the practice's own."""
    fresh = Version(protocol=protocol, number=0, text=text, made_by=MadeBy.PRODUCT, label="1", made_at=at)
    if stored is None:
        return fresh
    before = fhir.from_fhir(stored)
    if before is None or before.made_by is MadeBy.PRACTICE or (before.protocol, before.text) == (protocol, text):
        return None
    return replace(fresh, label=_after(before.label), active=before.active)


def _next(writer: Writer, before: Version, *, at: datetime, protocol: Protocol, text: str, note: str) -> Version:
    return replace(
        before,
        protocol=protocol,
        text=text,
        made_by=MadeBy.PRACTICE,
        label=_after(before.label),
        note=note,
        by=writer.access.actor.reference,
        made_at=at.replace(microsecond=0),
    )


def _after(label: str) -> str:
    return str(int(label) + 1) if label.isdigit() else "1"
