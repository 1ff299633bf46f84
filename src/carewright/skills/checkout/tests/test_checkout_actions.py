"""Check-out in the chart, on both engines."""

from datetime import date

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.skills.checkout import actions, queries
from carewright.skills.checkout.model import ExcuseNote, NextVisit
from tests.clinic import Clinic


@pytest.fixture
def jonas(clinic: Clinic) -> Ref:
    (ref,) = clinic.have({"resourceType": "Patient", "name": [{"family": "Okafor", "given": ["Jonas"]}]})
    return ref


def request(jonas: Ref) -> NextVisit:
    return NextVisit(
        patient=str(jonas),
        provider="Practitioner/lind",
        on=date(2026, 11, 30),
        amount=3,
        span="months",
        type=Coding("urn:test:visit-type", "well-child", "Well child"),
    )


def test_a_next_visit_asked_for_waits_to_be_booked(clinic: Clinic, jonas: Ref) -> None:
    actions.ask_for_next_visit(clinic.writer("fay"), request=request(jonas))
    with clinic.store.reader(clinic.access("fay"), reason="test.read") as reader:
        (asked,) = queries.next_visits_asked(reader, jonas.id)
    assert asked["description"] == "Well child in 3 months"
    assert asked["status"] == "proposed"


def test_the_summary_is_given_once_or_again(clinic: Clinic, jonas: Ref) -> None:
    for _ in range(2):
        actions.give_summary(clinic.writer("fay"), patient=str(jonas), encounter_id=clinic.practice, at=clinic.later())
    with clinic.store.reader(clinic.access("fay"), reason="test.read") as reader:
        assert queries.summary_given(reader, clinic.practice)
        assert not queries.summary_given(reader, "another-visit")


def test_a_note_is_kept_as_given(clinic: Clinic, jonas: Ref) -> None:
    note = ExcuseNote(
        patient=str(jonas),
        patient_name="Jonas Okafor",
        kind="school",
        seen_on=date(2026, 11, 23),
        excused_from=date(2026, 11, 23),
        excused_through=date(2026, 11, 24),
        provider="Practitioner/lind",
        provider_name="Dr. Lind",
        written_at=clinic.now,
    )
    ref = actions.write_note(clinic.writer("dana"), note=note)
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        assert [found["id"] for found in queries.notes(reader, jonas.id)] == [ref.id]


def test_the_biller_does_not_check_out(clinic: Clinic, jonas: Ref) -> None:
    with pytest.raises(AccessDenied):
        actions.ask_for_next_visit(clinic.writer("bill"), request=request(jonas))
