"""The writes of a call for help. Nothing stands in their way: an answer that meets another one is tried again."""

from dataclasses import replace
from datetime import datetime

from carewright.core.access.model import WRITE, Access
from carewright.core.store.model import Conflict, NotFound, Ref
from carewright.core.store.writer import Writer
from carewright.skills.emergency import rules
from carewright.skills.emergency.codes import JOBS
from carewright.skills.emergency.fhir import from_fhir, to_fhir
from carewright.skills.emergency.model import Call, Event, Line

CALL = "emergency.call"
ATTEMPTS = 20
"""Each attempt loses to one other answer; more people than that do not answer in the same moment."""


def call_for_help(writer: Writer, *, site: str, room: str, room_name: str, job: str, at: datetime) -> Ref:
    """Call to `room` (both ids of Locations); `job` is one of `codes.JOBS`. ValueError for a job we do not know."""
    if job not in {known.code for known in JOBS}:
        raise ValueError(f"'{job}' is no job to call for.")
    called = _line(writer, Event.CALLED, at=at)
    call = Call(site=site, room=room, room_name=room_name, job=job, lines=(called,))
    with _calling(writer).transaction(reason=CALL) as tx:
        return tx.create(to_fhir(call))


def answer(writer: Writer, *, call_id: str, at: datetime) -> Call:
    """I'm coming. The call as it stands now; NotFound."""
    return _add(writer, call_id, _line(writer, Event.COMING, at=at), reason="emergency.answer")


def note(writer: Writer, *, call_id: str, words: str, at: datetime) -> Call:
    """Write a line into the record, also after it was over. ValueError for an empty line."""
    if not words.strip():
        raise ValueError("A line of the record says something.")
    return _add(writer, call_id, _line(writer, Event.NOTED, at=at, words=words.strip()), reason="emergency.note")


def end(writer: Writer, *, call_id: str, at: datetime) -> Call:
    """It is over: the call leaves the screens, the record stays."""
    return _add(writer, call_id, _line(writer, Event.OVER, at=at), reason="emergency.end")


def _add(writer: Writer, call_id: str, line: Line, *, reason: str) -> Call:
    writer = _calling(writer)
    ref = Ref("Task", call_id)
    for attempt in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason=reason) as reader:
            task = reader.resource(ref)
        call = from_fhir(task)
        if call is None:
            raise NotFound(f"{ref} is no call for help.")
        after = rules.added(call, line)
        if after == call:
            return call
        try:
            with writer.transaction(reason=reason) as tx:
                tx.update(to_fhir(after, onto=task), version=int(task["meta"]["versionId"]))
            return after
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _calling(writer: Writer) -> Writer:
    """The same person with what a call needs, and only here: a biller calls for help, and writes no other Task."""
    writer.access.require_action(CALL)
    access: Access = replace(writer.access, grants={**writer.access.grants, "Task": WRITE})
    return Writer(writer.store, access, origin=writer.origin)


def _line(writer: Writer, event: Event, *, at: datetime, words: str = "") -> Line:
    actor = writer.access.actor
    return Line(event=event, at=at, by=actor.reference, who=actor.display, words=words)
