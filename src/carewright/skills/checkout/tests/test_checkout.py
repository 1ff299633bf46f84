"""What is left, when to come again, what the papers say and what they do not."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.validation import validate
from carewright.core.sentences import quoted
from carewright.core.terminology.coding import Coding, own_system
from carewright.skills.checkout import codes, fhir, rules
from carewright.skills.checkout.model import ExcuseNote, NextVisit, Span, State, VisitFacts

WELL_CHILD = Coding(own_system("visit-type"), "well-child", "Well child")
MONDAY = date(2026, 11, 23)
REQUEST = NextVisit(
    patient="Patient/1", provider="Practitioner/lind", on=MONDAY, amount=3, span="months", type=WELL_CHILD
)
NOTE = ExcuseNote(
    patient="Patient/1", patient_name="Jonas Okafor", kind="school", seen_on=MONDAY, excused_from=MONDAY,
    excused_through=date(2026, 11, 24), provider="Practitioner/lind", provider_name="Dr. Lind",
    written_at=datetime(2026, 11, 23, 16, 5, tzinfo=UTC), encounter="Encounter/2", limits="no gym until Monday",
)  # fmt: skip
FACTS = VisitFacts(
    patient="Jonas Okafor", visited_on="11/23/2026", provider="Dr. Lind", site="Main St Clinic",
    site_phone="(555) 010-0100", reason="Shots", vitals=("Weight 8 lb 3 oz",), allergies=quoted("amoxicillin (hives)"),
    instructions=("Rest and drink",), next_visit="Well child in 3 months",
)  # fmt: skip


def test_what_is_left_comes_safety_first_and_money_last() -> None:
    state = State(
        waits_running=(quoted("After-shot watch until 10:57 AM"),), orders_open=(quoted("Rapid strep"),),
        rooming_open=(quoted("Go over medicines"),), forms_owed=(quoted("Sports form"),),
        next_visit_asked=quoted("Well child in 3 months"), copay_open="$25",
    )  # fmt: skip
    left = rules.left_to_do(state)
    assert [item.code for item in left] == list(codes.ORDER)
    assert str(left[0].words) == "After-shot watch until 10:57 AM"
    assert str(left[-1].words) == "Copay: $25"


def test_nothing_left_is_an_empty_list() -> None:
    done = State(next_visit_asked=quoted("Follow-up in 2 weeks"), next_visit_booked=True, summary_given=True)
    assert rules.left_to_do(done) == ()


@pytest.mark.parametrize(
    ("on", "amount", "span", "target"),
    [
        (MONDAY, 3, "months", date(2027, 2, 23)), (MONDAY, 2, "weeks", date(2026, 12, 7)),
        (MONDAY, 2, "days", date(2026, 11, 25)), (date(2026, 8, 31), 6, "months", date(2027, 2, 28)),
        (date(2027, 8, 31), 6, "months", date(2028, 2, 29)), (date(2028, 2, 29), 1, "years", date(2029, 2, 28)),
        (date(2026, 12, 31), 1, "months", date(2027, 1, 31)),
    ],
)  # fmt: skip
def test_when_the_next_visit_should_be(on: date, amount: int, span: Span, target: date) -> None:
    assert rules.window(replace(REQUEST, on=on, amount=amount, span=span)).target == target


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.integers(1, 60),
    st.sampled_from(["days", "weeks", "months", "years"]),
)
def test_a_window_lies_in_the_future_around_its_day(on: date, amount: int, span: Span) -> None:
    found = rules.window(replace(REQUEST, on=on, amount=amount, span=span))
    assert on < found.earliest <= found.target <= found.latest
    assert found.latest - found.earliest <= timedelta(days=60)


def test_the_request_is_a_proposed_appointment() -> None:
    appointment = fhir.next_visit_to_fhir(replace(REQUEST, reason="15-month shots"))
    assert appointment["status"] == "proposed"
    assert "start" not in appointment
    assert appointment["requestedPeriod"] == [{"start": "2027-02-16", "end": "2027-03-02"}]
    assert appointment["description"] == "Well child in 3 months"
    assert appointment["reasonCode"] == [{"text": "15-month shots"}]
    assert str(rules.next_visit_words("Well child", amount=1, span="years")) == "Well child in 1 year"
    with pytest.raises(ValueError, match="in the future"):
        replace(REQUEST, amount=0)


@given(st.integers(1, 60), st.sampled_from(["days", "weeks", "months", "years"]))
def test_what_was_asked_for_can_be_said_in_any_language(amount: int, span: Span) -> None:
    appointment = fhir.next_visit_to_fhir(replace(REQUEST, amount=amount, span=span))
    asked = fhir.asked_words(appointment)
    assert (str(asked), asked.count) == (appointment["description"], amount)


def test_what_was_asked_for_elsewhere_stays_as_it_is_described() -> None:
    assert str(fhir.asked_words({"resourceType": "Appointment", "description": "In 100 % of cases"})) == (
        "In 100 % of cases"
    )
    assert str(fhir.asked_words({"resourceType": "Appointment"})) == ""


def test_the_summary_leaves_out_what_is_empty_but_never_allergies() -> None:
    headings = [str(section.heading) for section in rules.summary(FACTS)]
    assert headings == [
        "Your visit", "Why you came", "Measured today", "What to do now", "Your allergies", "Next visit", "Questions",
    ]  # fmt: skip
    bare = rules.summary(
        replace(FACTS, allergies=None, reason="", vitals=(), instructions=(), next_visit="", site_phone="")
    )
    assert [(str(section.heading), str(section.lines[0])) for section in bare][-1] == (
        "Your allergies", "Not asked today",
    )  # fmt: skip


def test_the_note_says_when_and_never_why() -> None:
    assert rules.excuse_words(NOTE) == (
        "Jonas Okafor was seen in our office on 11/23/2026.",
        "Please excuse the absence from school from 11/23/2026 through 11/24/2026.",
        "On return: no gym until Monday",
        "Dr. Lind",
    )
    one_day = replace(NOTE, kind="work", excused_through=MONDAY, limits="")
    assert rules.excuse_words(one_day)[1] == "Please excuse the absence from work on 11/23/2026."
    assert not {"reason", "diagnosis", "vitals"} & set(vars(NOTE))


def test_the_note_is_kept_as_it_was_given() -> None:
    document = fhir.note_to_fhir(NOTE)
    text = b64decode(document["content"][0]["attachment"]["data"]).decode()
    assert text.splitlines() == list(rules.excuse_words(NOTE))
    assert document["context"] == {"encounter": [{"reference": "Encounter/2"}]}
    assert document["type"]["coding"][0]["code"] == "school-excuse"


def test_a_note_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="ends after"):
        replace(NOTE, excused_through=date(2026, 11, 22))


def test_what_is_written_is_valid() -> None:
    for resource in (fhir.next_visit_to_fhir(replace(REQUEST, reason="Shots")), fhir.note_to_fhir(NOTE)):
        assert validate(resource) == []
