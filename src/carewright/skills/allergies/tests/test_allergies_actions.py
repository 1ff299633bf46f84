"""Allergies in the chart and the asking that lets a visit go on, on both engines."""

from dataclasses import replace

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import Conflict, Ref, Refused
from carewright.core.work.tasks import ALLERGIES_ASKED, of_visit
from carewright.skills.allergies import actions, queries
from carewright.skills.allergies.model import Allergy, Outcome, Reaction, Status
from tests.clinic import Clinic


@pytest.fixture
def jonas(clinic: Clinic) -> Ref:
    (ref,) = clinic.have({"resourceType": "Patient", "name": [{"family": "Okafor", "given": ["Jonas"]}]})
    return ref


def amoxicillin(jonas: Ref) -> Allergy:
    return Allergy(patient=str(jonas), substance="amoxicillin", reactions=(Reaction(words="hives"),))


def listed(clinic: Clinic, jonas: Ref) -> list[queries.Listed]:
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        return queries.listed(reader, jonas.id)


def banner_words(clinic: Clinic, jonas: Ref) -> str:
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        return str(queries.banner_of(reader, jonas.id).words)


def ask(clinic: Clinic, jonas: Ref, **more: object) -> Outcome:
    return actions.asked(clinic.writer(), patient_id=jonas.id, encounter_id=clinic.practice, at=clinic.later(), **more)  # type: ignore[arg-type] # any field


def test_never_asked_is_not_no_known_allergies(clinic: Clinic, jonas: Ref) -> None:
    before = banner_words(clinic, jonas)
    assert ask(clinic, jonas) is Outcome.NONE_KNOWN
    assert banner_words(clinic, jonas) != before
    assert clinic.resource(of_visit(clinic.practice, ALLERGIES_ASKED))["status"] == "completed"


def test_what_was_told_stands_in_the_banner_unconfirmed(clinic: Clinic, jonas: Ref) -> None:
    actions.add(clinic.writer(), allergy=replace(amoxicillin(jonas), confirmed=True), at=clinic.now)
    assert "amoxicillin (hives)" in banner_words(clinic, jonas)
    (entry,) = listed(clinic, jonas)
    assert not entry.allergy.confirmed
    assert entry.allergy.recorded_by == "Practitioner/dana"
    assert ask(clinic, jonas) is Outcome.CHANGED
    assert [row["words"] for row in clinic.rows("allergy", patient=jonas.id)] == ["amoxicillin (hives)"]


def test_the_same_substance_is_not_listed_twice(clinic: Clinic, jonas: Ref) -> None:
    actions.add(clinic.writer(), allergy=amoxicillin(jonas), at=clinic.now)
    with pytest.raises(Refused, match="listed already"):
        actions.add(clinic.writer(), allergy=replace(amoxicillin(jonas), substance="Amoxicillin"), at=clinic.now)


def test_an_entry_charted_by_mistake_leaves_the_banner_and_stays_in_the_chart(clinic: Clinic, jonas: Ref) -> None:
    actions.add(clinic.writer(), allergy=amoxicillin(jonas), at=clinic.now)
    (entry,) = listed(clinic, jonas)
    wrong = replace(entry.allergy, status=Status.BY_MISTAKE)
    actions.change(clinic.writer(), allergy=wrong, version=1)
    assert clinic.rows("allergy", patient=jonas.id) == []
    assert listed(clinic, jonas)[0].allergy.status is Status.BY_MISTAKE
    with pytest.raises(Conflict):
        actions.change(clinic.writer(), allergy=wrong, version=1)


def test_an_ma_records_and_a_licensed_person_judges(clinic: Clinic, jonas: Ref) -> None:
    actions.add(clinic.writer(), allergy=amoxicillin(jonas), at=clinic.now)
    (entry,) = listed(clinic, jonas)
    for judged in (replace(entry.allergy, confirmed=True), replace(entry.allergy, status=Status.REFUTED)):
        with pytest.raises(AccessDenied):
            actions.change(clinic.writer("dana"), allergy=judged, version=1)
    actions.change(clinic.writer("lind"), allergy=replace(entry.allergy, confirmed=True), version=1)
    assert listed(clinic, jonas)[0].allergy.confirmed


def test_could_not_ask_does_not_let_the_visit_go(clinic: Clinic, jonas: Ref) -> None:
    assert ask(clinic, jonas, could_not="Patient did not answer") is Outcome.COULD_NOT_ASK
    assert clinic.rows("task", encounter=clinic.practice) == []
