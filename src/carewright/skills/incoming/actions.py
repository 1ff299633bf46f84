"""The writes of papers. The file is kept before the transaction that names it: a name without a file is worse.

What is owed for a paper follows from its state by an effect: see skill.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from carewright.core.access.model import Interaction
from carewright.core.blobs.blobs import Blobs, for_one_file
from carewright.core.sentences import sentence
from carewright.core.store.labels import labelled, labels_of
from carewright.core.store.model import KeyTaken, Ref, Resource
from carewright.core.store.once import claim_form
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.work import actions as work
from carewright.core.work import fhir as work_fhir
from carewright.core.work import lifecycle
from carewright.skills.incoming import codes, fhir, rules
from carewright.skills.incoming.model import ENDS, CameAs, NotPossible, Paper, Route, Stage
from carewright.skills.incoming.owed import OWED

SORT, SIGN = "incoming.sort", "incoming.sign"
WHOSE = "incoming.whose"


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """What became of a file: its paper, and whether it is a new one. `ref` is None where it may not be seen."""

    ref: Ref | None
    new: bool


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What a paper is and who sees to it. `kind` is our name of it (codes.TYPES); `to` the provider who signs."""

    kind: str
    route: Route
    to: str = ""
    title: str = ""


def take_in(writer: Writer, *, blobs: Blobs, sent: bytes, came_as: CameAs, at: datetime, site: str = "") -> TakenIn:
    """Make a paper of a file, once: the same bytes lead to the paper that there is. NotTaken.

    A recording is a voicemail, however it came. `site` is a Location's id.
    """
    writer.access.require_action(SORT)
    content = rules.kept(sent)
    heard = content.content_type in rules.AUDIO
    blob = blobs.put(
        for_one_file(writer.access, Interaction.CREATE), content.data, content_type=content.content_type,
        reason="incoming.take-in", origin=writer.origin,
    )  # fmt: skip
    paper = Paper(
        came_as=CameAs.VOICEMAIL if heard else came_as, came_at=at, content_type=content.content_type, size=blob.size,
        digest=blob.digest, site=site,
    )  # fmt: skip
    try:
        with writer.transaction(reason="incoming.take-in") as tx:
            ref = tx.create(fhir.to_fhir(paper))
            tx.claim(codes.CLAIM, sha256(sent).hexdigest(), holder=ref)
    except KeyTaken as taken:
        return TakenIn(ref=taken.holder, new=False)
    return TakenIn(ref=ref, new=True)


def match(
    writer: Writer, *, paper_id: str, version: int, patient_id: str, naming: Naming | None = None, form_key: str = ""
) -> None:
    """Put a paper into a patient's chart, after the look at name and birth date. Conflict, NotPossible, KeyTaken."""
    writer.access.require_action(SORT)

    def matched(paper: Paper) -> Paper:
        if paper.stage is not Stage.MATCH:
            raise NotPossible(sentence("This paper is in a chart already. Look whose, and move it from there."))
        return _named(replace(paper, patient=f"Patient/{patient_id}"), naming)

    _change(
        writer, paper_id, matched, version=version, reason="incoming.match", form_key=form_key,
        labels=labels_of(writer, patient_id, reason=WHOSE),
    )  # fmt: skip


def name_and_route(writer: Writer, *, paper_id: str, version: int, naming: Naming, form_key: str = "") -> None:
    """Say what a paper is and who sees to it, or give it to somebody else. Conflict, NotPossible."""
    writer.access.require_action(SORT)

    def named(paper: Paper) -> Paper:
        if paper.stage not in (Stage.NAME, Stage.SIGN, Stage.ACT):
            raise NotPossible(sentence("This paper is not waiting for that any more. Look at it again."))
        return _named(paper, naming)

    _change(writer, paper_id, named, version=version, reason="incoming.route", form_key=form_key)


def finish(writer: Writer, *, paper_id: str, version: int, at: datetime, note: str = "", form_key: str = "") -> None:
    """Sign a paper (a provider), or say that it was seen to. It is final then. Conflict, NotPossible, AccessDenied."""
    writer.access.require_action(SORT)

    def done(paper: Paper) -> Paper:
        if paper.stage not in (Stage.SIGN, Stage.ACT):
            raise NotPossible(sentence("This paper is not waiting for that any more. Look at it again."))
        if paper.stage is Stage.SIGN:
            writer.access.require_action(SIGN)
        return replace(paper, final=True, done_by=writer.access.actor.reference, done_at=at, note=note.strip())

    _change(writer, paper_id, done, version=version, reason="incoming.finish", form_key=form_key)


def drop(writer: Writer, *, paper_id: str, version: int, why: str, form_key: str = "") -> None:
    """An unmatched paper is no patient's (advertising, a wrong number): it ends with the reason."""
    writer.access.require_action(SORT)
    reason = _reason(why)

    def dropped(paper: Paper) -> Paper:
        if paper.stage is not Stage.MATCH:
            raise NotPossible(sentence("This paper is in a chart already. Look whose, and move it from there."))
        return replace(paper, by_mistake=True, why=reason)

    _change(writer, paper_id, dropped, version=version, reason="incoming.drop", form_key=form_key)


def move(writer: Writer, *, paper_id: str, version: int, why: str, patient_id: str = "", form_key: str = "") -> Ref:
    """A paper is in the wrong chart: put it into another, or (no `patient_id`) back among those nobody has matched.

    The wrong chart keeps a record that something stood there by mistake, without the file. Whoever was to see to the
    paper sees to it again, for whoever saw it believed it to be somebody else's. Conflict, NotPossible.
    """
    writer.access.require_action(SORT)
    reason = _reason(why)
    stored = _read(writer, paper_id)
    paper = _paper(stored)
    with writer.store.reader(writer.access, reason=WHOSE) as reader:
        is_there = reader.are_one(paper.patient.removeprefix("Patient/"), patient_id)
    if not paper.patient or paper.by_mistake or is_there:
        raise NotPossible(sentence("This paper is not in another chart. Look at it again."))
    trace = replace(paper, by_mistake=True, moved_away=True, why=reason, digest="", size=0, title="", note="")
    moved = replace(
        paper, id="", patient=f"Patient/{patient_id}" if patient_id else "", final=False, done_by="", done_at=None,
        moved_here=reason,
    )  # fmt: skip
    moved = moved if patient_id else replace(moved, route=None, to="", type=None, type_words="", title="")
    labels = labels_of(writer, patient_id, reason=WHOSE)
    with writer.transaction(reason="incoming.move") as tx:
        tx.update(fhir.to_fhir(trace, onto=stored), version=version)
        ref = tx.create(labelled(fhir.to_fhir(moved), labels))
        claim_form(tx, form_key, holder=ref)
    return ref


def _change(
    writer: Writer, paper_id: str, step: Callable[[Paper], Paper], *, version: int, reason: str, form_key: str,
    labels: Sequence[Resource] = (),
) -> None:  # fmt: skip
    """Read, take the step, write over the version that was shown."""
    stored = _read(writer, paper_id)
    before = _paper(stored)
    after = step(before)
    with writer.transaction(reason=reason) as tx:
        ref = tx.update(labelled(fhir.to_fhir(after, onto=stored), labels), version=version)
        claim_form(tx, form_key, holder=ref)
        _hand_over(tx, writer, before, after)


def _hand_over(tx: Transaction, writer: Writer, before: Paper, after: Paper) -> None:
    """The task of a leg that goes on for somebody else is theirs now; of another leg the effect makes a new one."""
    same_leg = before.stage is after.stage and after.stage not in ENDS
    if not same_leg or (before.to, before.route) == (after.to, after.route):
        return
    code = codes.SIGN if after.stage is Stage.SIGN else codes.ACT
    ref = OWED.task_of(Ref("DocumentReference", after.id), code)
    with writer.store.reader(writer.access, reason="incoming.hand-over") as reader:
        stored = reader.resource_or_none(ref)
    if stored is not None and work_fhir.from_fhir(stored).is_open:
        given = lifecycle.hand_over(work_fhir.from_fhir(stored), to=after.to, pool=rules.pool_for(after))
        work.plan_change(tx, stored, given, at=writer.store.clock.now())


def _named(paper: Paper, naming: Naming | None) -> Paper:
    if naming is None:
        return paper
    coding, words = rules.kind_named(naming.kind)
    to = naming.to if naming.route is Route.SIGN else ""
    return replace(paper, type=coding, type_words=words, title=naming.title.strip(), route=naming.route, to=to)


def _reason(why: str) -> str:
    if not why.strip():
        raise NotPossible(sentence("Say why, in a few words."))
    return why.strip()


def _read(writer: Writer, paper_id: str) -> Resource:
    with writer.store.reader(writer.access, reason="incoming.read") as reader:
        return reader.resource(Ref("DocumentReference", paper_id))


def _paper(stored: Resource) -> Paper:
    paper = fhir.from_fhir(stored)
    if paper is None:
        raise NotPossible(sentence("This document did not come in as a paper."))
    return paper
