"""Whom may I tell: what may be said to whom, the Consent there and back, and the write on both engines."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import AccessDenied
from carewright.core.fhir.validation import validate
from carewright.core.store.model import Conflict, KeyTaken, Ref
from carewright.skills.contacts import actions, fhir, queries, rules
from carewright.skills.contacts.model import Contacts, Person, Topic, Voicemail
from tests.clinic import Clinic

AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
ADA = Person(
    name="Ada Okafor", relationship="mother", reference="RelatedPerson/ada",
    may_hear=frozenset({Topic.APPOINTMENTS, Topic.CARE}),
)  # fmt: skip
PAT = Person(name="Pat Okafor", relationship="father", reference="RelatedPerson/pat")
SAID = Contacts(patient="Patient/1", people=(ADA, PAT), voicemail=Voicemail.DETAILED, said_by="the patient", at=AT)


@pytest.mark.parametrize(
    ("reference", "stop", "words"),
    [
        ("RelatedPerson/ada", False, "Ada Okafor may be told: Appointments, Results and care."),
        ("RelatedPerson/pat", True, "Not on the list: do not say whether they are a patient here."),
        ("RelatedPerson/who", True, "Not on the list: do not say whether they are a patient here."),
        ("", True, "Not on the list: do not say whether they are a patient here."),
    ],
)
def test_what_may_be_said_to_whom(reference: str, stop: bool, words: str) -> None:
    verdict = rules.to_somebody(SAID, reference=reference)
    assert (verdict.stop, str(verdict.words[0])) == (stop, words)


@given(st.frozensets(st.sampled_from(list(Topic))), st.sampled_from(["", "RelatedPerson/ada", "RelatedPerson/x"]))
def test_nobody_is_told_anything_that_was_not_named(topics: frozenset[Topic], reference: str) -> None:
    said = replace(SAID, people=(replace(ADA, may_hear=topics), PAT))
    verdict = rules.to_somebody(said, reference=reference)
    assert verdict.stop == (reference != "RelatedPerson/ada" or not topics)


@pytest.mark.parametrize(
    ("born", "number", "teens"),
    [
        (date(2009, 1, 1), "555-0177", True), (date(2008, 11, 24), "555-0177", True),
        (date(2008, 11, 23), "555-0177", False), (date(2009, 1, 1), "", False), (None, "555-0177", False),
    ],
)  # fmt: skip
def test_a_teens_own_number(born: date | None, number: str, teens: bool) -> None:
    assert rules.is_teens_own(replace(SAID, own_number=number), born=born, on=date(2026, 11, 23)) is teens


def test_a_number_of_ones_own_is_not_the_familys_to_hear() -> None:
    said = replace(SAID, own_number="555-0177")
    assert any("555-0177" in str(words) for words in rules.to_the_patient(said).words)
    told = " ".join(map(str, rules.to_somebody(said, reference="RelatedPerson/ada").words))
    assert "came for alone" in told
    assert "555-0177" not in told


@pytest.mark.parametrize("voicemail", list(Voicemail))
def test_only_yes_is_yes(voicemail: Voicemail) -> None:
    assert rules.detailed_voicemail(replace(SAID, voicemail=voicemail)) is (voicemail is Voicemail.DETAILED)


@pytest.mark.parametrize("voicemail", list(Voicemail))
@pytest.mark.parametrize("people", [(), (ADA,)])
@pytest.mark.parametrize("own", ["", "555-0177"])
def test_the_answer_comes_back(voicemail: Voicemail, people: tuple[Person, ...], own: str) -> None:
    said = replace(SAID, id="whom-1", people=people, voicemail=voicemail, own_number=own, by="Practitioner/dana")
    resource = fhir.to_fhir(said)
    assert validate(resource) == []
    again = fhir.from_fhir(resource)
    assert again == replace(said, people=tuple(replace(p, relationship="") for p in people))


def test_a_consent_about_something_else_is_not_this() -> None:
    assert fhir.from_fhir({"resourceType": "Consent", "status": "active", "category": [{"text": "Research"}]}) is None
    withdrawn = fhir.to_fhir(SAID) | {"status": "inactive"}
    assert fhir.from_fhir(withdrawn) is None


def test_a_new_relative_is_valid() -> None:
    resource = fhir.relative_to_fhir(replace(ADA, phone="555-0100"), patient="Patient/1")
    assert validate(resource) == []
    back = fhir.relative_from_fhir({**resource, "id": "ada"})
    assert back == replace(ADA, phone="555-0100", may_hear=frozenset())
    assert len(fhir.id_of("p" * 64)) <= fhir.MAX_ID


@pytest.fixture
def jonas(clinic: Clinic) -> Ref:
    (ref,) = clinic.have({"resourceType": "Patient", "name": [{"family": "Okafor", "given": ["Jonas"]}]})
    return ref


def answer(clinic: Clinic, patient: Ref) -> queries.Answer:
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        return queries.answer(reader, patient.id)


def test_before_anybody_asked_nobody_may_be_told(clinic: Clinic, jonas: Ref) -> None:
    clinic.have({"resourceType": "RelatedPerson", "id": "ada", "patient": {"reference": str(jonas)},
                 "name": [{"family": "Okafor", "given": ["Ada"]}]})  # fmt: skip
    found = answer(clinic, jonas)
    assert (found.version, [p.name for p in found.contacts.people]) == (0, ["Ada Okafor"])
    assert rules.to_somebody(found.contacts, reference="RelatedPerson/ada").stop


def test_an_answer_is_kept_with_those_newly_named_and_every_answer_before(clinic: Clinic, jonas: Ref) -> None:
    new = Person(name="Ada Okafor", relationship="mother", phone="555-0100", may_hear=frozenset({Topic.CARE}))
    said = Contacts(patient=str(jonas), people=(new,), voicemail=Voicemail.DETAILED, said_by="the patient")
    actions.save(clinic.writer(), contacts=said, version=0, at=clinic.later(), form_key="k1")
    first = answer(clinic, jonas)
    (ada,) = first.contacts.people
    assert (ada.name, ada.relationship, ada.phone, ada.may_hear) == (
        "Ada Okafor", "mother", "555-0100", frozenset({Topic.CARE}),
    )  # fmt: skip
    with pytest.raises((KeyTaken, Conflict)):
        actions.save(clinic.writer(), contacts=said, version=0, at=clinic.later(), form_key="k1")
    later = replace(first.contacts, people=(replace(ada, may_hear=frozenset()),), own_number="555-0177")
    actions.save(clinic.writer("fay"), contacts=later, version=first.version, at=clinic.later())
    now = answer(clinic, jonas)
    assert now.contacts.own_number == "555-0177"
    assert [p.may_hear for p in now.contacts.people] == [frozenset()]
    with pytest.raises(Conflict):
        actions.save(clinic.writer(), contacts=later, version=first.version, at=clinic.later())
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        earlier = queries.history(reader, now.contacts)
    assert [entry.contacts.by for entry in earlier] == ["Practitioner/fay", "Practitioner/dana"]
    assert earlier[1].contacts.people[0].may_hear == {Topic.CARE}


@pytest.mark.parametrize("name", ["bill", "mona", "audra"])
def test_who_may_not_write_it_down(clinic: Clinic, jonas: Ref, name: str) -> None:
    with pytest.raises(AccessDenied):
        actions.save(clinic.writer(name), contacts=Contacts(patient=str(jonas)), version=0, at=clinic.later())
