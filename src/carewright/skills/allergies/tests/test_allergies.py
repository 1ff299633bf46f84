"""The banner's words, asked or not asked, and both resources there and back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carewright.core.fhir.validation import validate
from carewright.core.terminology.coding import RXNORM, Coding
from carewright.skills.allergies import codes, fhir, rules
from carewright.skills.allergies.model import Allergy, Asked, Outcome, Reaction, Status

AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
HIVES = Allergy(
    id="a1", patient="Patient/1", substance="amoxicillin", reactions=(Reaction(words="hives", severity="moderate"),),
    kind="allergy", category="medication", criticality="low", recorded_at=AT, recorded_by="Practitioner/cole",
    told_by="RelatedPerson/ada",
)  # fmt: skip
PEANUT = Allergy(id="a2", patient="Patient/1", substance="peanut", criticality="high", category="food")
ASKED = Asked(patient="Patient/1", encounter="Encounter/2", at=AT, by="Practitioner/cole", outcome=Outcome.SAME)


@pytest.mark.parametrize(
    ("allergies", "asked", "words", "alert"),
    [
        ([HIVES], ASKED, "Allergy: amoxicillin (hives)", True),
        ([HIVES, PEANUT], None, "Allergies: peanut (severe), amoxicillin (hives)", True),
        ([], None, "Allergies not asked yet", False),
        ([], ASKED, "No known allergies", False),
        ([], replace(ASKED, outcome=Outcome.COULD_NOT_ASK), "Allergies not asked yet", False),
        ([replace(HIVES, status=Status.REFUTED)], ASKED, "No known allergies", False),
        ([replace(HIVES, status=Status.BY_MISTAKE)], None, "Allergies not asked yet", False),
    ],
)
def test_the_banner(allergies: list[Allergy], asked: Asked | None, words: str, alert: bool) -> None:
    found = rules.banner(allergies, asked)
    assert (str(found.words), found.alert) == (words, alert)


def test_a_severe_reaction_is_said_and_comes_before_a_mild_one() -> None:
    sulfa = replace(
        HIVES, id="a3", substance="sulfa", criticality="low", reactions=(Reaction(words="rash", severity="severe"),)
    )
    assert str(rules.banner([HIVES, sulfa], None).words) == "Allergies: sulfa (rash, severe), amoxicillin (hives)"


def test_many_are_counted() -> None:
    many = [replace(PEANUT, id=str(i), substance=f"food {i}", criticality=None) for i in range(7)]
    assert str(rules.banner(many, ASKED).words) == "Allergies: food 0, food 1, food 2, food 3, food 4 +2"


def test_asked_counts_for_its_visit_only() -> None:
    assert rules.asked_at_visit([ASKED], encounter="Encounter/2")
    assert not rules.asked_at_visit([ASKED], encounter="Encounter/3")
    assert not rules.asked_at_visit([replace(ASKED, outcome=Outcome.COULD_NOT_ASK)], encounter="Encounter/2")


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ([], [], Outcome.NONE_KNOWN), ([HIVES], [HIVES], Outcome.SAME), ([HIVES], [PEANUT, HIVES], Outcome.CHANGED),
        ([HIVES], [replace(HIVES, status=Status.RESOLVED)], Outcome.CHANGED),
        ([HIVES], [replace(HIVES, criticality="high")], Outcome.CHANGED),
        ([replace(HIVES, status=Status.RESOLVED)], [], Outcome.NONE_KNOWN),
    ],
)  # fmt: skip
def test_what_asking_came_to(before: list[Allergy], after: list[Allergy], outcome: Outcome) -> None:
    assert rules.outcome_of(before, after) is outcome


def test_the_same_substance_is_not_listed_twice() -> None:
    assert rules.already_listed(" Amoxicillin ", [PEANUT, HIVES]) == HIVES
    assert rules.already_listed("amoxicillin", [replace(HIVES, status=Status.REFUTED)]) is None


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("coding", [None, Coding(RXNORM, "723", "amoxicillin")])
def test_an_allergy_comes_back(status: Status, coding: Coding | None) -> None:
    allergy = replace(HIVES, status=status, coding=coding, note="as an infant")
    resource = fhir.to_fhir(allergy)
    assert fhir.from_fhir(resource) == allergy
    assert ("clinicalStatus" in resource) == (status is not Status.BY_MISTAKE)


def test_confirmed_is_kept_and_so_is_what_is_unknown() -> None:
    stored = fhir.to_fhir(HIVES) | {"onsetString": "age 3"}
    again = fhir.to_fhir(replace(HIVES, confirmed=True), onto=stored)
    assert again["onsetString"] == "age 3"
    back = fhir.from_fhir(again)
    assert back is not None
    assert back.confirmed


def test_an_allergy_from_elsewhere_without_a_status_counts() -> None:
    found = fhir.from_fhir(
        {
            "resourceType": "AllergyIntolerance",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "300916003", "display": "Latex allergy"}]},
            "patient": {"reference": "Patient/1"},
            "reaction": [{"manifestation": [{"coding": [{"display": "Wheal"}]}]}, {"manifestation": [{}]}],
        }
    )
    assert found is not None
    assert str(rules.in_words(found)) == "Latex allergy (Wheal, reaction not named)"
    assert found.status is Status.ACTIVE


def test_no_known_allergy_from_elsewhere_is_no_allergy() -> None:
    resource = {
        "resourceType": "AllergyIntolerance",
        "code": codes.NO_KNOWN_ALLERGY.concept(),
        "patient": {"reference": "Patient/1"},
    }
    assert fhir.from_fhir(resource) is None


@pytest.mark.parametrize("outcome", list(Outcome))
def test_asking_comes_back(outcome: Outcome) -> None:
    listed = () if outcome is Outcome.NONE_KNOWN else ("AllergyIntolerance/a1",)
    asked = replace(ASKED, outcome=outcome, listed=listed, words="mother on the phone")
    assert fhir.asked_from_fhir(fhir.asked_to_fhir(asked)) == asked


def test_an_empty_list_says_why() -> None:
    none_known = fhir.asked_to_fhir(replace(ASKED, outcome=Outcome.NONE_KNOWN))
    assert none_known["emptyReason"]["coding"][0]["code"] == "nilknown"
    not_asked = fhir.asked_to_fhir(replace(ASKED, outcome=Outcome.COULD_NOT_ASK))
    assert not_asked["emptyReason"]["coding"][0]["code"] == "notasked"
    assert fhir.asked_from_fhir({"resourceType": "List", "code": {"text": "Shopping"}}) is None


def test_no_known_allergies_cannot_be_said_over_a_list() -> None:
    with pytest.raises(ValueError, match="cannot be said"):
        replace(ASKED, outcome=Outcome.NONE_KNOWN, listed=("AllergyIntolerance/a1",))
    with pytest.raises(ValueError, match="names what"):
        Allergy(patient="Patient/1", substance=" ")


@pytest.mark.parametrize("status", list(Status))
def test_what_is_written_is_valid(status: Status) -> None:
    assert validate(fhir.to_fhir(replace(HIVES, status=status, note="as an infant"))) == []


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_list_is_valid(outcome: Outcome) -> None:
    assert validate(fhir.asked_to_fhir(replace(ASKED, outcome=outcome, words="by phone"))) == []
