"""What is owed to a caller, step by step, and that nothing a page can show weighs a symptom or gives advice."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carewright.core.access.model import Role
from carewright.core.fhir.validation import validate
from carewright.core.work.model import End, Kind, Priority
from carewright.skills.calls import codes, rules
from carewright.skills.calls.fhir import from_fhir, to_fhir
from carewright.skills.calls.model import (
    CALLER_WORDS,
    ENDING_WORDS,
    EVENT_WORDS,
    OUTCOME_WORDS,
    Answer,
    Caller,
    Ending,
    Event,
    Line,
    Outcome,
    PhoneCall,
    State,
)
from carewright.skills.calls.reasons import BY_CODE, NOT_SAID, REASONS, RESULT, SYMPTOM
from carewright.skills.calls.red_flags import RED_FLAGS

AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
CALL = PhoneCall(id="c1", site="main-st", at=AT, by="Practitioner/dana", number="555-0142", place="12 Elm St")
MA, NURSE = frozenset({Role.MA}), frozenset({Role.NURSE})


def line(event: Event = Event.NOTED, outcome: Outcome | None = None, words: str = "") -> Line:
    return Line(event=event, at=AT, by="Practitioner/dana", who="Dana", words=words, outcome=outcome)


def tried(call: PhoneCall, outcome: Outcome, roles: frozenset[Role] = MA, allowed: bool = False) -> PhoneCall:
    return rules.attempted(
        call, outcome=outcome, detailed_allowed=allowed, roles=roles, line=line(Event.ATTEMPT, outcome)
    )


def sent(reason: str, **more: str) -> PhoneCall:
    return rules.sent_on(replace(CALL, **more), reason=reason, for_whom="", line=line(Event.SENT_ON))  # type: ignore[arg-type] # any field


def emergency(flag: str = "") -> PhoneCall:
    return rules.answered(CALL, answer=Answer.YES, red_flag=flag, line=line(Event.EMERGENCY))


@pytest.mark.parametrize("flag", ["", *(flag.code for flag in RED_FLAGS)])
def test_an_emergency_is_the_nurses_within_a_minute_whatever_the_hour(flag: str) -> None:
    leg = rules.leg(emergency(flag))
    assert leg is not None
    assert (leg.code, leg.kind, leg.priority) == (codes.NURSE_NOW, Kind.CRITICAL, Priority.STAT)
    assert leg.pool is not None
    assert (leg.pool.role, leg.within, leg.any_hour) == (Role.NURSE, timedelta(seconds=60), True)


@pytest.mark.parametrize(
    ("reason", "role", "code"),
    [
        ("symptom", Role.NURSE, codes.LICENSED_BACK), ("result", Role.NURSE, codes.LICENSED_BACK),
        ("refill", Role.MA, codes.CALL_BACK), ("appointment", Role.FRONT_DESK, codes.CALL_BACK),
        ("records", Role.FRONT_DESK, codes.CALL_BACK), ("billing", Role.FRONT_DESK, codes.CALL_BACK),
        ("other", Role.MA, codes.CALL_BACK), ("", Role.MA, codes.CALL_BACK), ("unheard-of", Role.MA, codes.CALL_BACK),
    ],
)  # fmt: skip
def test_each_kind_of_call_goes_to_somebody_with_a_date(reason: str, role: Role, code: object) -> None:
    leg = rules.leg(sent(reason))
    assert leg is not None
    assert leg.pool is not None
    assert (leg.pool.role, leg.code) == (role, code)
    assert timedelta(0) < leg.within <= timedelta(hours=16)


def test_a_wrong_number_is_owed_nothing() -> None:
    call = sent("wrong-number")
    assert (call.state, call.ending, rules.leg(call)) == (State.ENDED, Ending.WRONG_NUMBER, None)
    assert rules.ended_as(to_fhir(call))[0] is End.NOT_NEEDED


def test_a_page_that_was_left_is_owed_an_end() -> None:
    leg = rules.leg(CALL)
    assert leg is not None
    assert (leg.code, leg.owner) == (codes.FINISH, "Practitioner/dana")


@pytest.mark.parametrize("roles", [MA, frozenset({Role.FRONT_DESK}), frozenset({Role.LEAD_MA})])
def test_only_a_licensed_person_answers_a_symptom_or_a_result(roles: frozenset[Role]) -> None:
    for reason in (SYMPTOM, RESULT):
        with pytest.raises(rules.NotNow):
            rules.done_on_the_phone(CALL, reason=reason.code, roles=roles, line=line())
        with pytest.raises(rules.NotNow):
            tried(sent(reason.code), Outcome.REACHED, roles)
        with pytest.raises(rules.NotNow):
            rules.not_needed(sent(reason.code), roles=roles, line=line(words="She called again"))
        assert tried(sent(reason.code), Outcome.REACHED, NURSE).ending is Ending.REACHED
    with pytest.raises(rules.NotNow):
        rules.taken_over(emergency(), roles=roles, line=line(Event.TAKEN_OVER))
    with pytest.raises(rules.NotNow, match="nurse or a provider"):
        rules.hung_up(replace(CALL, reason="symptom"), line=line())


def test_an_emergency_stays_with_the_nurse_until_she_has_the_caller() -> None:
    for left in (
        rules.hung_up(emergency(), line=line()),
        rules.sent_on(emergency(), reason="appointment", for_whom="", line=line()),
        rules.sent_on(emergency(), reason="wrong-number", for_whom="", line=line()),
        rules.done_on_the_phone(emergency(), reason="refill", roles=MA, line=line()),
        rules.done_on_the_phone(emergency(), reason="wrong-number", roles=MA, line=line()),
        rules.answered(emergency(), answer=Answer.NO, red_flag="", line=line()),
    ):
        leg = rules.leg(left)
        assert leg is not None
        assert leg.code == codes.NURSE_NOW
    over = rules.taken_over(rules.hung_up(emergency(), line=line()), roles=NURSE, line=line(Event.TAKEN_OVER))
    assert over.ending is Ending.NURSE_TOOK_OVER
    early = rules.taken_over(emergency(), roles=NURSE, line=line(Event.TAKEN_OVER))
    assert early.state is State.TAKING
    assert rules.hung_up(early, line=line()).ending is Ending.NURSE_TOOK_OVER


def test_attempts_one_two_letter() -> None:
    first = sent("refill", patient="Patient/1")
    second = tried(first, Outcome.NO_ANSWER)
    letter = tried(second, Outcome.CALL_BACK_VOICEMAIL)
    legs = [leg.code for call in (first, second, letter) if (leg := rules.leg(call))]
    assert legs == [codes.CALL_BACK, codes.CALL_AGAIN, codes.LETTER]
    with pytest.raises(rules.NotNow, match="letter is next"):
        tried(letter, Outcome.NO_ANSWER)
    assert rules.letter_sent(letter, line=line(Event.LETTER)).ending is Ending.LETTER
    assert tried(letter, Outcome.REACHED).ending is Ending.REACHED
    with pytest.raises(rules.NotNow, match="two attempts"):
        rules.letter_sent(second, line=line(Event.LETTER))


def test_nobody_to_write_to_ends_after_the_second_attempt() -> None:
    assert tried(tried(sent("other"), Outcome.NO_ANSWER), Outcome.NO_ANSWER).ending is Ending.NOT_REACHED


@pytest.mark.parametrize(
    ("reason", "allowed", "ending"),
    [("refill", True, Ending.VOICEMAIL), ("result", True, Ending.VOICEMAIL), ("symptom", True, None)],
)
def test_a_detailed_voicemail(reason: str, allowed: bool, ending: Ending | None) -> None:
    call = sent(reason, patient="Patient/1")
    assert tried(call, Outcome.DETAILED_VOICEMAIL, NURSE, allowed).ending is ending
    with pytest.raises(rules.NotNow, match="has not allowed"):
        tried(call, Outcome.DETAILED_VOICEMAIL, NURSE, False)


STEPS = st.sampled_from(
    ["yes", "no", "symptom", "refill", "wrong-number", "hung-up", "answered", "take-over", "reached", "no-answer",
     "voicemail", "letter", "not-needed", "keep", "patient"]
)  # fmt: skip


def step(call: PhoneCall, name: str, roles: frozenset[Role]) -> PhoneCall:
    match name:
        case "yes" | "no":
            return rules.answered(call, answer=Answer(name), red_flag="", line=line(Event.EMERGENCY))
        case "symptom" | "refill" | "wrong-number":
            return rules.sent_on(call, reason=name, for_whom="Practitioner/lind", line=line(Event.SENT_ON))
        case "hung-up":
            return rules.hung_up(call, line=line(Event.ENDED))
        case "answered":
            return rules.done_on_the_phone(call, reason="refill", roles=roles, line=line(Event.ENDED))
        case "take-over":
            return rules.taken_over(call, roles=roles, line=line(Event.TAKEN_OVER))
        case "reached" | "no-answer":
            return tried(call, Outcome(name), roles)
        case "voicemail":
            return tried(call, Outcome.DETAILED_VOICEMAIL, roles, True)
        case "letter":
            return rules.letter_sent(call, line=line(Event.LETTER))
        case "not-needed":
            return rules.not_needed(call, roles=roles, line=line(Event.ENDED, words="Came by"))
        case "patient":
            return rules.identified(call, patient="Patient/1", line=line(Event.IDENTIFIED))
    return rules.kept(call, number="", place="")


@settings(max_examples=1_000)
@given(st.lists(st.tuples(STEPS, st.sampled_from([MA, NURSE])), max_size=12))
def test_whatever_happens_a_call_has_ended_or_is_owed_by_somebody(steps: list[tuple[str, frozenset[Role]]]) -> None:
    call = CALL
    for name, roles in steps:
        before = call
        try:
            call = step(call, name, roles)
        except rules.NotNow:
            continue
        assert call.lines[: len(before.lines)] == before.lines, "the trail only grows"
        assert call.number
        assert call.place
        leg = rules.leg(call)
        assert (leg is None) == (call.state is State.ENDED)
        assert leg is None or leg.owner or leg.pool
        assert from_fhir(to_fhir(call)) == call
        if before.rings and not call.rings:
            assert roles == NURSE
        if before.state is State.ENDED:
            assert call.state is State.ENDED


@pytest.mark.parametrize("caller", list(Caller))
@pytest.mark.parametrize("reason", ["", *BY_CODE])
def test_a_call_comes_back_and_is_valid(caller: Caller, reason: str) -> None:
    call = replace(
        CALL, caller=caller, caller_ref="RelatedPerson/ada" if caller is Caller.LISTED else "", caller_name="Ada",
        patient="Patient/1", reason=reason, words="My chest hurts", red_flag="chest", emergency=Answer.YES,
        lines=(line(), line(Event.ATTEMPT, Outcome.NO_ANSWER, words="rang out")), for_whom="Practitioner/lind",
    )  # fmt: skip
    for found in (call, *(replace(call, state=State.ENDED, ending=ending) for ending in Ending)):
        resource = to_fhir(found)
        assert from_fhir(resource) == found
        assert validate(resource) == []


def test_another_communication_is_no_call() -> None:
    assert from_fhir({"resourceType": "Communication", "status": "in-progress"}) is None
    assert rules.leg_of({"resourceType": "Communication", "status": "in-progress"}) is None


ADVICE = re.compile(
    r"\b(should|severe|severity|mild|moderate|how bad|how long|since when|scale|aspirin|rest|drink|ice|dose|wait until|"
    r"do not worry|probably|urgent care|emergency room|\bER\b|lie down|how much)\b",
    re.IGNORECASE,
)


def test_nothing_that_can_be_chosen_weighs_a_symptom_or_advises() -> None:
    """All choices and words of the skill, listed: none asks how bad it is, none says what to do about it."""
    said = [
        *(words for table in (CALLER_WORDS, ENDING_WORDS, OUTCOME_WORDS, EVENT_WORDS) for words in table.values()),
        *(reason.words for reason in (*REASONS, NOT_SAID)),
        *(reason.task_words for reason in (*REASONS, NOT_SAID)),
        *(flag.words for flag in RED_FLAGS),
        *(leg.display for leg in codes.LEGS),
    ]
    assert len(said) > 40
    assert [words for words in said if ADVICE.search(words)] == []
    assert len(REASONS) == 8
    assert all(flag.source.startswith("https://") for flag in RED_FLAGS)


@pytest.mark.parametrize(
    ("said", "born", "holds"),
    [
        ("Jonas Okafor", "2025-08-21", True), ("okafor jonas", "2025-08-21", True), ("Jonas", "2025-08-21", False),
        ("Jonas Okafor", "2025-08-22", False), ("Jona Okafor", "2025-08-21", False), ("", "2025-08-21", False),
        ("Jonas Chidi Okafor", "2025-08-21", True), ("Jonas Peter Okafor", "2025-08-21", False),
    ],
)  # fmt: skip
def test_name_and_birth_date_are_the_patients_or_they_are_not(said: str, born: str, holds: bool) -> None:
    found = rules.identity_holds(
        said_name=said, said_born=date.fromisoformat(born), names=["Okafor, Jonas Chidi", "Joni Okafor"],
        born=date(2025, 8, 21),
    )  # fmt: skip
    assert found is holds


def test_accents_and_hyphens_do_not_matter_and_an_unknown_birth_date_matches_nobody() -> None:
    said = {"said_name": "jose garcia lopez", "said_born": date(1980, 1, 2), "names": ["García-López, José"]}
    assert rules.identity_holds(**said, born=date(1980, 1, 2))  # type: ignore[arg-type] # any field
    assert not rules.identity_holds(**said, born=None)  # type: ignore[arg-type] # any field


@pytest.mark.parametrize(
    ("nurses", "fallback", "covering", "person"),
    [
        (["Practitioner/nora"], "Practitioner/lind", "Practitioner/other", ""),
        ([], "Practitioner/lind", "Practitioner/other", "Practitioner/lind"),
        ([], "", "Practitioner/other", "Practitioner/other"),
        ([], "", "", ""),
    ],
)
def test_a_symptom_goes_to_the_nurse_on_duty_or_to_somebody_named(
    nurses: list[str], fallback: str, covering: str, person: str
) -> None:
    assert rules.answers_symptoms(nurses=nurses, fallback=fallback, covering=covering) == person
