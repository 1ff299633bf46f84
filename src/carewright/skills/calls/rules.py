"""What is owed to a caller, which step may follow which, and whether the name and birth date said are the patient's.

Plain Python. Nothing here weighs a symptom: an emergency answer or a listed red flag goes to the nurse, every other
symptom to a licensed person, and the rest by the table of reasons.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta

from carewright.core.access.model import Role
from carewright.core.fhir.model import Resource
from carewright.core.fhir.text import fold
from carewright.core.sentences import Sentence, sentence
from carewright.core.work.legs import Leg
from carewright.core.work.model import End, Kind, Pool, Priority
from carewright.skills.calls import codes, red_flags
from carewright.skills.calls.fhir import from_fhir
from carewright.skills.calls.model import Answer, Caller, Ending, Line, Outcome, PhoneCall, State
from carewright.skills.calls.reasons import BY_CODE, NOT_SAID, SYMPTOM, WRONG_NUMBER, Reason

RING = timedelta(seconds=60)
"""How long the nurse has to take an emergency caller before the covering provider is called."""
FINISH_WITHIN = timedelta(minutes=10)
"""A page of a call that was left open or closed: whoever answered is reminded after this long."""
AGAIN_WITHIN = timedelta(hours=4)
"""Open hours between an attempt that did not reach anybody and the next."""
LETTER_WITHIN = timedelta(hours=8)
MOST_ATTEMPTS = 2
"""After two attempts a letter: attempts 1, 2, letter."""
LICENSED = frozenset({Role.NURSE, Role.PROVIDER})


class NotNow(Exception):
    """The call cannot take this step; the sentence says why."""

    def __init__(self, words: Sentence) -> None:
        super().__init__(str(words))
        self.words = self.reason = words  # a page answers with what stands in `reason`


def reason_of(call: PhoneCall) -> Reason:
    """Why they call; "did not say" where nothing was said."""
    return BY_CODE.get(call.reason, NOT_SAID)


def leg_of(resource: Resource) -> Leg | None:
    """What is owed next; None for a Communication that is no phone call, and for a call that has ended."""
    call = from_fhir(resource)
    return leg(call) if call else None


def leg(call: PhoneCall) -> Leg | None:
    """Who does what next, and by when."""
    if call.state is State.ENDED:
        return None
    if call.rings:
        return Leg(
            code=codes.NURSE_NOW, pool=Pool(role=Role.NURSE), owner=call.for_whom, within=RING, any_hour=True,
            kind=Kind.CRITICAL, priority=Priority.STAT,
        )  # fmt: skip
    if call.state is State.TAKING:
        return Leg(
            code=codes.FINISH, pool=Pool(role=Role.MA), owner=call.by, within=FINISH_WITHIN, any_hour=True,
            kind=Kind.CLINICAL, priority=Priority.URGENT,
        )  # fmt: skip
    return _call_back(call)


def _call_back(call: PhoneCall) -> Leg:
    reason = reason_of(call)
    made = len(call.attempts)
    if made >= MOST_ATTEMPTS:
        return Leg(code=codes.LETTER, pool=Pool(role=Role.MA), within=LETTER_WITHIN, kind=reason.kind)
    first, again = (
        (codes.LICENSED_BACK, codes.LICENSED_AGAIN) if reason.licensed else (codes.CALL_BACK, codes.CALL_AGAIN)
    )
    return Leg(
        code=again if made else first,
        pool=Pool(role=reason.role),
        owner=call.for_whom,
        within=AGAIN_WITHIN if made else reason.within,
        any_hour=reason.any_hour and not made,
        kind=reason.kind,
        priority=reason.priority,
        words=reason.task_words,
    )


def ended_as(resource: Resource) -> tuple[End, str]:
    """How the open task of a call that has ended is closed."""
    call = from_fhir(resource)
    if call is None or call.ending is None or call.ending not in _NOT_DONE:
        return End.DONE, ""
    return End.NOT_NEEDED, call.ending.value


_NOT_DONE = frozenset({Ending.WRONG_NUMBER, Ending.HUNG_UP, Ending.NOT_NEEDED})


# -- the steps --------------------------------------------------------------------------------------------------------


def kept(call: PhoneCall, *, number: str, place: str, words: str = "") -> PhoneCall:
    """What is being typed. Number and place are never emptied by a page that has forgotten them."""
    if call.state is State.ENDED and not _is_emergency(call):
        raise NotNow(sentence("This call has ended."))
    return replace(
        call, number=number.strip() or call.number, place=place.strip() or call.place,
        words=words.strip() or call.words,
    )  # fmt: skip


def answered(call: PhoneCall, *, answer: Answer, red_flag: str, line: Line, for_whom: str = "") -> PhoneCall:
    """The emergency question was answered. Yes stays yes: nobody at the phone takes an emergency back.

    `for_whom` is who has an emergency caller while no nurse is on duty (`Practitioner/…`), "" for the nurses.
    """
    if red_flag and red_flag not in red_flags.BY_CODE:
        raise ValueError(f"'{red_flag}' is no red flag that we know.")
    if call.state is State.ENDED:
        raise NotNow(sentence("This call has ended."))
    if answer is Answer.NOT_ASKED or call.emergency is Answer.YES:
        return call if not red_flag or call.red_flag else replace(call, red_flag=red_flag)
    whom = for_whom if answer is Answer.YES else call.for_whom
    return replace(call, emergency=answer, red_flag=red_flag or call.red_flag, for_whom=whom, lines=(*call.lines, line))


def identified(call: PhoneCall, *, patient: str, line: Line) -> PhoneCall:
    """Name and birth date were said and match this patient (`Patient/…`)."""
    if call.state is State.ENDED:
        raise NotNow(sentence("This call has ended."))
    if call.patient == patient:
        return call
    return replace(call, patient=patient, caller=Caller.UNKNOWN, caller_ref="", lines=(*call.lines, line))


def caller_known(call: PhoneCall, *, caller: Caller, name: str, reference: str, line: Line) -> PhoneCall:
    """Who is on the phone; `reference` for somebody on the patient's list."""
    if caller is Caller.LISTED and not reference:
        raise ValueError("Somebody on the list is named by their record.")
    after = replace(call, caller=caller, caller_name=name.strip(), caller_ref=reference)
    return call if after == call else replace(after, lines=(*call.lines, line))


def sent_on(call: PhoneCall, *, reason: str, for_whom: str, line: Line) -> PhoneCall:
    """The caller will be called back, by `for_whom` or the pool of the reason. A wrong number ends at once."""
    chosen = BY_CODE.get(reason, NOT_SAID)
    _require_taking(call)
    if call.emergency is Answer.YES:
        return _after_emergency(replace(call, reason=SYMPTOM.code if chosen is NOT_SAID else chosen.code), line)
    if chosen is WRONG_NUMBER:
        return ended(replace(call, reason=chosen.code), ending=Ending.WRONG_NUMBER, line=line)
    return replace(
        call, reason=chosen.code, for_whom=for_whom if chosen.licensed else "", state=State.OWED,
        lines=(*call.lines, line),
    )  # fmt: skip


def done_on_the_phone(call: PhoneCall, *, reason: str, roles: Iterable[Role], line: Line) -> PhoneCall:
    """Answered while they were on the line. A symptom or a result is answered by a nurse or a provider only; an
    emergency stays with the nurse."""
    _require_taking(call)
    chosen = BY_CODE.get(reason, NOT_SAID)
    if call.emergency is Answer.YES:
        return _after_emergency(replace(call, reason=SYMPTOM.code if chosen is NOT_SAID else chosen.code), line)
    if chosen.ends_at_once:
        return ended(replace(call, reason=chosen.code), ending=Ending.WRONG_NUMBER, line=line)
    if chosen.licensed and not LICENSED & set(roles):
        raise NotNow(sentence("A nurse or a provider answers this. Send it on."))
    if chosen is NOT_SAID:
        raise NotNow(sentence("Choose why they call first."))
    return ended(replace(call, reason=chosen.code), ending=Ending.ANSWERED, line=line)


def hung_up(call: PhoneCall, *, line: Line, reason: str = "") -> PhoneCall:
    """The caller is gone and nothing is owed to them. An emergency stays with the nurse; a symptom is called back."""
    _require_taking(call)
    call = replace(call, reason=reason if reason in BY_CODE else call.reason)
    if call.emergency is Answer.YES:
        return _after_emergency(call, line)
    if reason_of(call).licensed:
        raise NotNow(sentence("A nurse or a provider calls back about this. Send it on."))
    return ended(call, ending=Ending.HUNG_UP, line=line)


def taken_over(call: PhoneCall, *, roles: Iterable[Role], line: Line) -> PhoneCall:
    """A nurse or a provider has the emergency caller."""
    if not LICENSED & set(roles):
        raise NotNow(sentence("A nurse or a provider takes this caller."))
    if not call.rings:
        raise NotNow(sentence("Somebody has this caller already."))
    after = replace(call, lines=(*call.lines, line))
    return after if call.state is State.TAKING else replace(after, state=State.ENDED, ending=Ending.NURSE_TOOK_OVER)


def picked_up(call: PhoneCall, *, by: str, line: Line) -> PhoneCall:
    """Somebody else goes on with a call that was left before anything was decided: it is theirs from then on."""
    if call.state is not State.TAKING:
        raise NotNow(sentence("This call was decided already. Look what is owed."))
    return call if call.by == by else replace(call, by=by, lines=(*call.lines, line))


def attempted(
    call: PhoneCall, *, outcome: Outcome, detailed_allowed: bool, roles: Iterable[Role], line: Line
) -> PhoneCall:
    """Somebody called back. A detailed voicemail only where the patient has allowed it."""
    reason = reason_of(call)
    if call.state is not State.OWED or call.rings:
        raise NotNow(sentence("Nobody is owed a call here."))
    if len(call.attempts) >= MOST_ATTEMPTS and outcome is not Outcome.REACHED:
        raise NotNow(sentence("Two attempts were made. A letter is next."))
    if reason.licensed and not LICENSED & set(roles):
        raise NotNow(sentence("A nurse or a provider calls back about this."))
    if outcome is Outcome.DETAILED_VOICEMAIL and not detailed_allowed:
        raise NotNow(sentence("No detailed voicemail: this patient has not allowed it."))
    after = replace(call, lines=(*call.lines, line))
    if outcome is Outcome.REACHED:
        return replace(after, state=State.ENDED, ending=Ending.REACHED)
    if outcome is Outcome.DETAILED_VOICEMAIL and reason.by_voicemail:
        return replace(after, state=State.ENDED, ending=Ending.VOICEMAIL)
    if len(after.attempts) >= MOST_ATTEMPTS and not call.patient:
        return replace(after, state=State.ENDED, ending=Ending.NOT_REACHED)
    return after


def letter_sent(call: PhoneCall, *, line: Line) -> PhoneCall:
    """The letter is on its way."""
    if call.state is not State.OWED or len(call.attempts) < MOST_ATTEMPTS:
        raise NotNow(sentence("A letter follows two attempts to call."))
    return ended(call, ending=Ending.LETTER, line=line)


def not_needed(call: PhoneCall, *, roles: Iterable[Role], line: Line) -> PhoneCall:
    """They have called again, or came by. What a licensed person answers, a licensed person ends."""
    if call.state is not State.OWED or call.rings:
        raise NotNow(sentence("Nobody is owed a call here."))
    if not line.words.strip():
        raise NotNow(sentence("Say why nobody has to call back."))
    if reason_of(call).licensed and not LICENSED & set(roles):
        raise NotNow(sentence("A nurse or a provider answers this. Send it on."))
    return ended(call, ending=Ending.NOT_NEEDED, line=line)


def noted(call: PhoneCall, *, line: Line) -> PhoneCall:
    """A line of the trail; the truth can always be written."""
    return replace(call, lines=(*call.lines, line))


def ended(call: PhoneCall, *, ending: Ending, line: Line) -> PhoneCall:
    return replace(call, state=State.ENDED, ending=ending, lines=(*call.lines, line))


def _after_emergency(call: PhoneCall, line: Line) -> PhoneCall:
    """The page is left: the nurse's task stays until a nurse has the caller."""
    after = replace(call, state=State.OWED, lines=(*call.lines, line))
    return after if call.rings else replace(after, state=State.ENDED, ending=Ending.NURSE_TOOK_OVER)


def _require_taking(call: PhoneCall) -> None:
    if call.state is not State.TAKING:
        raise NotNow(sentence("This call was sent on already."))


def _is_emergency(call: PhoneCall) -> bool:
    return call.emergency is Answer.YES


# -- identity ---------------------------------------------------------------------------------------------------------


def identity_holds(*, said_name: str, said_born: date, names: Iterable[str], born: date | None) -> bool:
    """Whether what the caller said is this patient: the birth date, and at least two parts of a name, or all there are.

    `names` are the patient's names as written (legal, preferred, earlier). A part is said if it begins one of them.
    """
    parts = _parts(said_name)
    if born is None or born != said_born or not parts:
        return False
    return any(_is_said(parts, _parts(name)) for name in names)


def _is_said(said: list[str], known: list[str]) -> bool:
    if not known or len(said) < min(2, len(known)):
        return False
    return all(part in known for part in said)


def _parts(name: str) -> list[str]:
    words = "".join(letter if letter.isalnum() else " " for letter in fold(name.replace("'", "").replace("’", "")))
    return words.split()


# -- who answers a symptom --------------------------------------------------------------------------------------------


def answers_symptoms(*, nurses: Iterable[str], fallback: str, covering: str, away: Collection[str] = ()) -> str:
    """Whom a symptom or a result goes to by name; "" for the pool of nurses, which has it while a nurse is on duty.

    `nurses` are those on duty, `fallback` the setting, `covering` the provider who covers (`Practitioner/…`), `away`
    those who are not here today. With nobody to name, the pool of nurses keeps it, and the clock sends it on.
    """
    return "" if any(True for _ in nurses) else ("" if fallback in away else fallback) or covering
