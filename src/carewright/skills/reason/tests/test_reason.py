"""The patient's words stay the patient's words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.model import Resource
from carewright.core.fhir.validation import validate
from carewright.skills.reason import codes, fhir, rules
from carewright.skills.reason.model import MAX_WORDS, Reason

AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
ENCOUNTER: Resource = {"resourceType": "Encounter", "status": "in-progress"}
REASONS = st.builds(
    Reason,
    words=st.text(min_size=1, max_size=60).filter(str.strip),
    told_by=st.sampled_from([None, *codes.TOLD_BY]),
    recorded_by=st.sampled_from([None, "Practitioner/cole"]),
    asked_at=st.sampled_from([None, AT]),
)


@given(st.lists(REASONS, max_size=3).map(tuple))
def test_reasons_come_back_as_told(reasons: tuple[Reason, ...]) -> None:
    encounter = fhir.to_fhir(reasons, onto=ENCOUNTER)
    assert fhir.from_fhir(encounter) == reasons
    assert ("reasonCode" in encounter) == bool(reasons)
    assert "Condition" not in str(encounter)


def test_a_coded_reason_from_elsewhere_is_kept_and_shown() -> None:
    coded = {"coding": [{"system": "http://snomed.info/sct", "code": "444814009", "display": "Viral sinusitis"}]}
    first = fhir.to_fhir((Reason(words="My face hurts"),), onto={**ENCOUNTER, "reasonCode": [coded]})
    again = fhir.to_fhir((Reason(words="My face hurts since Friday"),), onto=first)
    assert [reason.words for reason in fhir.from_fhir(again)] == ["My face hurts since Friday", "Viral sinusitis"]


@pytest.mark.parametrize("words", ["", "  \n"])
def test_no_words_no_reason(words: str) -> None:
    with pytest.raises(ValueError, match="Write what"):
        rules.tidy(words)
    with pytest.raises(ValueError, match="has words"):
        Reason(words=words)


def test_words_are_only_trimmed() -> None:
    assert rules.tidy("  he “pulls” his ear,  2 days\n") == "he “pulls” his ear,  2 days"
    assert rules.tidy("x" * MAX_WORDS) == "x" * MAX_WORDS
    with pytest.raises(ValueError, match="under 500"):
        rules.tidy("x" * (MAX_WORDS + 1))


@pytest.mark.parametrize(
    "words", ["Chest pain since this morning", "she can’t breathe well", "I want to die", "se desmayó en casa"]
)
def test_a_warning_sign_asks_to_tell_somebody(words: str) -> None:
    prompt = rules.tell_now(words)
    assert prompt is not None
    assert str(prompt).endswith("Tell the provider or nurse now.")


@pytest.mark.parametrize("words", ["Shots", "sports physical", "INR check", "cough for 3 days"])
def test_an_ordinary_reason_asks_nothing(words: str) -> None:
    assert rules.tell_now(words) is None


def test_what_is_written_is_valid() -> None:
    encounter: Resource = {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    }
    told = Reason(words="Shots", told_by=codes.PARENT, recorded_by="Practitioner/cole", asked_at=AT)
    assert validate(fhir.to_fhir((told, Reason(words="Ear")), onto=encounter)) == []
