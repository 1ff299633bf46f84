"""The writes of registration. Each is one transaction that carries the actor and the reason."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from carewright.core.sentences import Sentence, sentence
from carewright.core.store.hooks import Move
from carewright.core.store.model import KeyTaken, Ref, Refused, Resource
from carewright.core.store.once import check_form, claim_form
from carewright.core.store.writer import Writer
from carewright.skills.registration import codes, fhir, merges, queries
from carewright.skills.registration.model import BannerFlag, Likeness, Patient, Relative
from carewright.skills.registration.rules import apart, merging
from carewright.skills.registration.rules.mrn import make_mrn

ATTEMPTS = 50
MRN = "record number"


class LooksRegistered(Refused):
    """Somebody like this is registered already; `matches` says who and why. Register again with `is_new=True`."""

    def __init__(self, matches: list[tuple[Patient, tuple[Sentence, ...]]]) -> None:
        alike = sentence("Somebody like this is registered already. Look before you go on.")
        super().__init__("registration-duplicate", alike)
        self.matches = matches


def register(writer: Writer, *, entered: Patient, is_new: bool = False, form_key: str = "") -> Ref:
    """Register a patient under the next record number.

    LooksRegistered if a likely duplicate is there and `is_new` does not say that a person has looked. KeyTaken, with
    the chart, if the form was sent before.
    """
    writer.access.require_action("registration.write")
    with writer.store.reader(writer.access, reason="registration.look-alikes") as reader:
        check_form(reader, form_key)
        if not is_new:
            likely = [(p, m.reasons) for p, m in queries.alike(reader, entered) if m.likeness is Likeness.LIKELY]
            if likely:
                raise LooksRegistered(likely)
    system = codes.mrn_system(writer.access.practice)
    for _ in range(ATTEMPTS):
        mrn = _next_mrn(writer)
        try:
            with writer.transaction(reason="registration.register") as tx:
                ref = tx.create(fhir.to_fhir(replace(entered, mrn=mrn, id=""), mrn_system=system))
                tx.move(Move(kind=MRN, key="last", delta=Decimal(1)))
                claim_form(tx, form_key, holder=ref)
            return ref
        except KeyTaken as taken:
            if taken.kind != MRN:
                raise
            _pass_over(writer)
    raise RuntimeError(f"No free record number in {ATTEMPTS} attempts.")


def assign_mrn(writer: Writer, *, patient_id: str) -> str:
    """Give a record of ours to a patient who came from elsewhere; the one there is, if there is one."""
    writer.access.require_action("registration.write")
    system = codes.mrn_system(writer.access.practice)
    for _ in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason="registration.assign-mrn") as reader:
            found, resource = queries.patient(reader, patient_id)
        if found.mrn:
            return found.mrn
        mrn = _next_mrn(writer)
        try:
            with writer.transaction(reason="registration.assign-mrn") as tx:
                tx.update(
                    fhir.to_fhir(replace(found, mrn=mrn), mrn_system=system, onto=resource),
                    version=int(resource["meta"]["versionId"]),
                )
                tx.move(Move(kind=MRN, key="last", delta=Decimal(1)))
            return mrn
        except KeyTaken:
            _pass_over(writer)
    raise RuntimeError(f"No free record number in {ATTEMPTS} attempts.")


def change(writer: Writer, *, patient: Patient, version: int) -> None:
    """Write what registration keeps of a patient; what it does not manage stays. Conflict for a stale `version`."""
    writer.access.require_action("registration.write")
    system = codes.mrn_system(writer.access.practice)
    with writer.store.reader(writer.access, reason="registration.change") as reader:
        before, resource = queries.patient(reader, patient.id)
    with writer.transaction(reason="registration.change") as tx:
        tx.update(fhir.to_fhir(replace(patient, mrn=before.mrn), mrn_system=system, onto=resource), version=version)


def merge_charts(writer: Writer, *, keep: str, retire: str, versions: Mapping[str, int], reason: str) -> None:
    """Make two charts (ids) one: `retire` is closed and leads to `keep`, under which both are found from now on.

    `versions` are those that were looked at, by reference. Conflict if either chart has changed since, Refused where
    the two cannot be merged (rules/merging.py) or no reason is given.
    """
    writer.access.require_action("registration.merge")
    kept, retired = _two(writer, keep, retire)
    if (refusal := merging.refusal(kept, retired, reason=reason)) is not None:
        raise Refused("registration-merge", refusal)
    with writer.store.reader(writer.access, reason="registration.merge-charts") as reader:
        if merges.told_apart(reader, charts=(keep, retire)):
            said = sentence("Somebody has said that these are two people. Take that back first.")
            raise Refused("registration-merge", said)
    system = codes.mrn_system(writer.access.practice)
    both = merging.merged(kept, retired, reason=reason, mrn_system=system)
    with writer.transaction(reason="registration.merge-charts") as tx:
        for resource in both:
            tx.update(resource, version=versions[f"Patient/{resource['id']}"])
        tx.merge(Ref("Patient", retire), survivor=Ref("Patient", keep))


def unmerge_charts(writer: Writer, *, retire: str, versions: Mapping[str, int], reason: str) -> None:
    """Let a merged chart stand for itself again. What was written since stays where it was written: see
    `merges.written_since`. Conflict if either chart has changed since `versions`; Refused where nothing is merged.
    """
    writer.access.require_action("registration.merge")
    with writer.store.reader(writer.access, reason="registration.unmerge-charts") as reader:
        retired = reader.resource(Ref("Patient", retire))
        keep = merging.survivor_of(retired)
        if not keep:
            raise Refused("registration-merge", sentence("This chart is not merged into another one."))
        kept = reader.resource(Ref("Patient", keep))
    if (refusal := merging.reason_refusal(reason)) is not None:
        raise Refused("registration-merge", refusal)
    system = codes.mrn_system(writer.access.practice)
    both = merging.unmerged(kept, retired, reason=reason, mrn_system=system)
    with writer.transaction(reason="registration.unmerge-charts") as tx:
        for resource in both:
            tx.update(resource, version=versions[f"Patient/{resource['id']}"])
        tx.unmerge(Ref("Patient", retire))


def tell_apart(writer: Writer, *, one: str, other: str, reason: str, at: datetime) -> None:
    """Say that two charts (ids) that look alike are two people's: the pair is offered no more, and cannot be merged
    until that is taken back. Said twice, what was said first stands. Refused (rules/apart.py), Conflict.
    """
    writer.access.require_action("registration.merge")
    if (refusal := apart.refusal(*_two(writer, one, other), reason=reason)) is not None:
        raise Refused("registration-apart", refusal)
    low, high = sorted((one, other))
    said = apart.Apart(charts=(low, high), reason=reason.strip(), by=writer.access.actor.reference, said_at=at)
    with writer.store.reader(writer.access, reason="registration.tell-apart") as reader:
        if merges.told_apart(reader, charts=(one, other)):
            return
        stored = reader.resource_or_none(Ref("Basic", said.id))
    with writer.transaction(reason="registration.tell-apart") as tx:
        resource = apart.to_fhir(said, onto=stored)
        if stored is None:
            tx.create(resource, resource_id=said.id)
        else:
            tx.update(resource, version=int(stored["meta"]["versionId"]))


def take_back_apart(writer: Writer, *, one: str, other: str, reason: str) -> None:
    """Two charts that were said to be two people's may be one person's after all: the pair is offered again.

    Refused where nothing was said of them, or no reason is given; Conflict.
    """
    writer.access.require_action("registration.merge")
    with writer.store.reader(writer.access, reason="registration.take-back-apart") as reader:
        found = merges.apart(reader, one, other)
    if not found:
        raise Refused("registration-apart", sentence("Nobody has said that these are two people."))
    if (refusal := merging.reason_refusal(reason)) is not None:
        raise Refused("registration-apart", refusal)
    by = writer.access.actor.reference
    with writer.transaction(reason="registration.take-back-apart") as tx:
        for said, stored in found:
            back = replace(said, taken_back=reason.strip(), by=by)
            tx.update(apart.to_fhir(back, onto=stored), version=int(stored["meta"]["versionId"]))


def _two(writer: Writer, keep: str, retire: str) -> tuple[Resource, Resource]:
    with writer.store.reader(writer.access, reason="registration.merge-charts") as reader:
        return reader.resource(Ref("Patient", keep)), reader.resource(Ref("Patient", retire))


def add_relative(writer: Writer, *, relative: Relative) -> Ref:
    """Say who somebody is to a patient."""
    writer.access.require_action("registration.write")
    with writer.transaction(reason="registration.add-relative") as tx:
        return tx.create(fhir.relative_to_fhir(relative, mrn_system=codes.mrn_system(writer.access.practice)))


def make_family(writer: Writer, *, members: Iterable[str], name: str) -> Ref:
    """The patients (`Patient/…`) who come together."""
    writer.access.require_action("registration.write")
    with writer.transaction(reason="registration.make-family") as tx:
        return tx.create(fhir.family_to_fhir(members, name=name))


def raise_flag(writer: Writer, *, flag: BannerFlag) -> Ref:
    """Put a flag into the banner."""
    writer.access.require_action("registration.flag")
    with writer.transaction(reason="registration.raise-flag") as tx:
        return tx.create(fhir.flag_to_fhir(replace(flag, author=flag.author or writer.access.actor.reference)))


def end_flag(writer: Writer, *, flag_id: str, version: int, on: date) -> None:
    """The flag is true no more."""
    writer.access.require_action("registration.flag")
    with writer.store.reader(writer.access, reason="registration.end-flag") as reader:
        flag = fhir.flag_from_fhir(reader.resource(Ref("Flag", flag_id)))
    with writer.transaction(reason="registration.end-flag") as tx:
        tx.update(fhir.flag_to_fhir(replace(flag, ended=on)), version=version)


def _next_mrn(writer: Writer) -> str:
    """The number after the last one given out; two people may be offered the same, and the key claim settles it."""
    with writer.store.reader(writer.access, reason="registration.next-mrn") as reader:
        return make_mrn(int(reader.on_hand(MRN, "last")) + 1)


def _pass_over(writer: Writer) -> None:
    """A number that came from elsewhere (an import) is skipped; one just given out has moved the counter already."""
    number = _next_mrn(writer)
    with writer.store.reader(writer.access, reason="registration.next-mrn") as reader:
        held = reader.is_held(MRN, number)
    if held:
        with writer.transaction(reason="registration.pass-over") as tx:
            tx.move(Move(kind=MRN, key="last", delta=Decimal(1)))
