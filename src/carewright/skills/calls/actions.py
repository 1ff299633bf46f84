"""The writes of phone calls. What is owed follows from the call by an effect: see skill.py.

A page keeps what is typed while it is typed, so two writes of one page may meet: each is a step on what stands then,
and is taken again on what stands now.
"""

from collections.abc import Callable
from datetime import datetime

from carewright.core.access.model import AccessDenied
from carewright.core.sentences import sentence
from carewright.core.store.model import Conflict, NotFound, Ref, Resource
from carewright.core.store.once import check_form, claim_form
from carewright.core.store.writer import Writer
from carewright.skills.calls import rules
from carewright.skills.calls.fhir import from_fhir, to_fhir
from carewright.skills.calls.model import Answer, Caller, Event, Line, Outcome, PhoneCall
from carewright.skills.calls.rules import NotNow

TAKE, LICENSED = "calls.take", "calls.licensed"
ATTEMPTS = 10
"""Each attempt loses to one other write of the same call; more than this do not meet."""
Step = Callable[[PhoneCall], PhoneCall]


def keep(
    writer: Writer, *, call_id: str, site: str, number: str = "", place: str = "", words: str = "", at: datetime
) -> PhoneCall:
    """Keep what is being typed; the first time, the call is there from then on. Only of a call of one's own.

    `call_id` is made by the page, so that however often it is sent there is one call.
    """
    return _own(
        writer, call_id, site, at, lambda call: rules.kept(call, number=number, place=place, words=words), "calls.keep"
    )


def answer_emergency(
    writer: Writer, *, call_id: str, site: str, answer: Answer, red_flag: str = "", for_whom: str = "", at: datetime
) -> PhoneCall:
    """The emergency question was answered; with yes, the nurse has the task in the same transaction, or `for_whom`
    where none is on duty."""
    event = Event.EMERGENCY if answer is Answer.YES else Event.NO_EMERGENCY
    line = _line(writer, event, at)
    return _own(
        writer, call_id, site, at,
        lambda call: rules.answered(call, answer=answer, red_flag=red_flag, line=line, for_whom=for_whom),
        "calls.emergency",
    )  # fmt: skip


def identify(writer: Writer, *, call_id: str, site: str, patient: str, at: datetime) -> PhoneCall:
    """Name and birth date were said and match `patient` (`Patient/…`); the caller checks that by `identity_holds`."""
    line = _line(writer, Event.IDENTIFIED, at)
    return _own(
        writer, call_id, site, at, lambda call: rules.identified(call, patient=patient, line=line), "calls.identify"
    )


def who_calls(
    writer: Writer, *, call_id: str, site: str, caller: Caller, name: str = "", reference: str = "", at: datetime
) -> PhoneCall:
    """Who is on the phone."""
    line = _line(writer, Event.CALLER, at, words=name.strip())
    return _own(
        writer, call_id, site, at,
        lambda call: rules.caller_known(call, caller=caller, name=name, reference=reference, line=line),
        "calls.caller",
    )  # fmt: skip


def send_on(writer: Writer, *, call_id: str, site: str, reason: str, for_whom: str = "", at: datetime) -> PhoneCall:
    """The caller will be called back; NotNow if that was decided before."""
    line = _line(writer, Event.SENT_ON, at)
    return _own(
        writer, call_id, site, at, lambda call: rules.sent_on(call, reason=reason, for_whom=for_whom, line=line),
        "calls.send-on",
    )  # fmt: skip


def answer_now(writer: Writer, *, call_id: str, site: str, reason: str, at: datetime) -> PhoneCall:
    """It was answered while they were on the line."""
    line, roles = _line(writer, Event.ENDED, at), writer.access.roles
    return _own(
        writer, call_id, site, at,
        lambda call: rules.done_on_the_phone(call, reason=reason, roles=roles, line=line), "calls.answered",
    )  # fmt: skip


def hang_up(writer: Writer, *, call_id: str, reason: str = "", at: datetime) -> PhoneCall:
    """They are gone, and nothing is owed to them; `reason` is what they had said by then."""
    line = _line(writer, Event.ENDED, at)
    return _change(writer, call_id, lambda call: rules.hung_up(call, reason=reason, line=line), reason="calls.hung-up")


def take_over(writer: Writer, *, call_id: str, at: datetime) -> PhoneCall:
    """A nurse or a provider has the emergency caller; NotNow for anybody else."""
    line, roles = _line(writer, Event.TAKEN_OVER, at), writer.access.roles
    return _change(
        writer, call_id, lambda call: rules.taken_over(call, roles=roles, line=line), reason="calls.take-over"
    )


def pick_up(writer: Writer, *, call_id: str, at: datetime) -> PhoneCall:
    """Go on with a call that whoever answered it has left; NotNow once it was decided what is owed."""
    line, by = _line(writer, Event.PICKED_UP, at), writer.access.actor.reference
    return _change(writer, call_id, lambda call: rules.picked_up(call, by=by, line=line), reason="calls.pick-up")


def attempt(
    writer: Writer,
    *,
    call_id: str,
    outcome: Outcome,
    detailed_allowed: bool,
    words: str = "",
    at: datetime,
    form_key: str = "",
) -> PhoneCall:
    """Somebody called back; `detailed_allowed` is what the patient has said about voicemail.

    KeyTaken if the form with `form_key` was sent before: pressed twice, it is one attempt.
    """
    line = _line(writer, Event.ATTEMPT, at, words=words, outcome=outcome)
    roles = writer.access.roles
    return _change(
        writer, call_id,
        lambda call: rules.attempted(call, outcome=outcome, detailed_allowed=detailed_allowed, roles=roles, line=line),
        reason="calls.attempt", form_key=form_key,
    )  # fmt: skip


def send_letter(writer: Writer, *, call_id: str, at: datetime) -> PhoneCall:
    """The letter after two attempts is on its way."""
    line = _line(writer, Event.LETTER, at)
    return _change(writer, call_id, lambda call: rules.letter_sent(call, line=line), reason="calls.letter")


def not_needed(writer: Writer, *, call_id: str, words: str, at: datetime) -> PhoneCall:
    """Nobody has to call back any more, and why."""
    line, roles = _line(writer, Event.ENDED, at, words=words), writer.access.roles
    return _change(writer, call_id, lambda call: rules.not_needed(call, roles=roles, line=line), reason="calls.end")


def note(writer: Writer, *, call_id: str, words: str, at: datetime) -> PhoneCall:
    """Write a line into the trail."""
    if not words.strip():
        raise NotNow(sentence("Write what happened."))
    line = _line(writer, Event.NOTED, at, words=words)
    return _change(writer, call_id, lambda call: rules.noted(call, line=line), reason="calls.note")


def _own(writer: Writer, call_id: str, site: str, at: datetime, step: Step, reason: str) -> PhoneCall:
    """A step on the call that this page has begun; the call is begun where it is not there yet."""
    by = writer.access.actor.reference

    def mine(call: PhoneCall) -> PhoneCall:
        if call.by != by:
            raise AccessDenied("Somebody else answered this call.")
        return step(call)

    begun = PhoneCall(
        id=call_id, site=site, at=at.replace(microsecond=0), by=by, lines=(_line(writer, Event.RECEIVED, at),)
    )
    return _change(writer, call_id, mine, reason=reason, begun=begun)


def _change(
    writer: Writer, call_id: str, step: Step, *, reason: str, begun: PhoneCall | None = None, form_key: str = ""
) -> PhoneCall:
    """Read, take the step, write over what was read; again where somebody else has written meanwhile."""
    writer.access.require_action(TAKE)
    for attempts_left in reversed(range(ATTEMPTS)):
        stored, before = _standing(writer, call_id, begun=begun, reason=reason, form_key=form_key)
        after = step(before)
        if after == before and stored is not None:
            return after
        try:
            _write(writer, after, stored, reason=reason, form_key=form_key)
            return after
        except Conflict:
            if not attempts_left:
                raise
    raise AssertionError("unreachable")


def _standing(
    writer: Writer, call_id: str, *, begun: PhoneCall | None, reason: str, form_key: str
) -> tuple[Resource | None, PhoneCall]:
    ref = Ref("Communication", call_id)
    with writer.store.reader(writer.access, reason=reason) as reader:
        check_form(reader, form_key)
        stored = reader.resource_or_none(ref)
    if stored is None and begun is not None:
        return None, begun
    call = from_fhir(stored) if stored is not None else None
    if call is None:
        raise NotFound(f"{ref} is no phone call.")
    return stored, call


def _write(writer: Writer, call: PhoneCall, stored: Resource | None, *, reason: str, form_key: str) -> None:
    with writer.transaction(reason=reason) as tx:
        if stored is None:
            ref = tx.create(to_fhir(call), resource_id=call.id)
        else:
            ref = tx.update(to_fhir(call, onto=stored), version=int(stored["meta"]["versionId"]))
        claim_form(tx, form_key, holder=ref)


def _line(writer: Writer, event: Event, at: datetime, *, words: str = "", outcome: Outcome | None = None) -> Line:
    actor = writer.access.actor
    return Line(
        event=event, at=at.replace(microsecond=0), by=actor.reference, who=actor.display, words=words.strip(),
        outcome=outcome,
    )  # fmt: skip
