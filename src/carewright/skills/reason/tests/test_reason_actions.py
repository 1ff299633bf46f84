"""The patient's words on the visit, on both engines."""

import pytest

from carewright.core.store.model import Conflict, Ref
from carewright.skills.reason import actions, queries
from carewright.skills.reason.model import Reason
from tests.clinic import Clinic

COUGH = Reason(words="  I can't stop coughing at night ")


@pytest.fixture
def visit(clinic: Clinic) -> Ref:
    (ref,) = clinic.have({
        "resourceType": "Encounter", "status": "in-progress", "class": {"code": "AMB"},
        "reasonCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "49727002", "display": "Cough"}]}],
    })  # fmt: skip
    return ref


def words(clinic: Clinic, visit: Ref) -> list[str]:
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        return [reason.words for reason in queries.of_visit(reader, visit.id)]


def test_the_words_are_kept_as_said_and_a_code_from_elsewhere_stays(clinic: Clinic, visit: Ref) -> None:
    actions.write_down(clinic.writer(), encounter_id=visit.id, reasons=(COUGH,))
    assert words(clinic, visit) == ["I can't stop coughing at night", "Cough"]


def test_a_visit_that_moved_on_is_no_conflict_but_another_reason_is(clinic: Clinic, visit: Ref) -> None:
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        seen = queries.of_visit(reader, visit.id)
    with clinic.writer("lena").transaction(reason="test.move-on") as tx:
        tx.update({**clinic.resource(visit), "priority": {"text": "today"}}, version=1)
    actions.write_down(clinic.writer("dana"), encounter_id=visit.id, reasons=(COUGH,), seen=seen)
    with pytest.raises(Conflict):
        actions.write_down(clinic.writer("lena"), encounter_id=visit.id, reasons=(Reason(words="Rash"),), seen=seen)
    assert words(clinic, visit)[0] == "I can't stop coughing at night"


def test_no_words_are_no_reason(clinic: Clinic, visit: Ref) -> None:
    with pytest.raises(ValueError, match="under 500"):
        actions.write_down(clinic.writer(), encounter_id=visit.id, reasons=(Reason(words="x" * 501),))
    assert words(clinic, visit) == ["Cough"]
