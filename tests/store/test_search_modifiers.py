"""What the oracle does not know: text of codes, kinds of identifiers, identifiers of references, bare addresses, names
with hyphens, value sets, what is about a date, plain numbers. On both engines."""

from datetime import timedelta
from decimal import Decimal

import pytest

from carewright.core.clock import wall_now
from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import SearchError
from carewright.core.store.store import Store
from tests.store.people import everything, put_all

OF_TYPE = "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|"
MRN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}], "text": "Chart number"}
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
RECENT = (wall_now() - timedelta(days=100)).date().isoformat()
OLD = (wall_now() - timedelta(days=140)).date().isoformat()
CHART = (
    {"resourceType": "Patient", "id": "a", "gender": "female",
     "identifier": [{"type": MRN, "system": "urn:mrn", "value": "12"}, {"system": "urn:card", "value": "77"}]},
    {"resourceType": "Patient", "id": "b", "identifier": [{"system": "urn:mrn", "value": "12"}]},
    {"resourceType": "Observation", "id": "warm", "status": "final", "subject": {"reference": "Patient/a"},
     "code": {"coding": [{"code": "1", "display": "Body témperature"}]}, "effectiveDateTime": RECENT,
     "device": {"identifier": {"system": "urn:serial", "value": "9"}}},
    {"resourceType": "Observation", "id": "spoken", "status": "final", "code": {"text": "Temperature, by touch"},
     "effectiveDateTime": OLD, "device": {"reference": "Device/9"}},
    {"resourceType": "RiskAssessment", "id": "low", "status": "final", "subject": {"reference": "Patient/a"},
     "prediction": [{"probabilityDecimal": Decimal("0.02")}]},
    {"resourceType": "RiskAssessment", "id": "high", "status": "final", "subject": {"reference": "Patient/a"},
     "prediction": [{"probabilityDecimal": Decimal("0.20")}, {"probabilityRange": {"low": {"value": 5}}}]},
    {"resourceType": "Person", "id": "mother", "name": [{"text": "Iris de Wit-Berg"}]},
    {"resourceType": "Library", "id": "now", "status": "active", "type": {"text": "Logic"},
     "relatedArtifact": [{"type": "predecessor", "resource": "library-before"}]},
    {"resourceType": "Library", "id": "next", "status": "active", "type": {"text": "Logic"},
     "relatedArtifact": [{"type": "predecessor", "resource": "Library/now"}]},
)  # fmt: skip


@pytest.fixture
def chart(store: Store, practice: str) -> tuple[Store, str]:
    put_all(store, practice, CHART)
    return store, practice


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Observation?code:text=temperature", {"warm", "spoken"}),
        ("Observation?code:text=TÉMP", {"warm", "spoken"}),
        ("Observation?code:text=pressure", set()),
        ("Patient?identifier=12", {"a", "b"}),
        (f"Patient?{OF_TYPE}12", {"a"}),
        (f"Patient?{OF_TYPE}77", set()),
        ("Observation?device:identifier=urn:serial|9", {"warm"}),
        ("Observation?device:identifier=9", {"warm"}),
        ("Observation?device:identifier=urn:other|9", set()),
        (f"Observation?subject:Patient.{OF_TYPE}12", {"warm"}),
        ("Library?predecessor=library-before", {"now"}),
        ("Library?predecessor:Library=library-before", set()),
        ("Library?predecessor=now", {"next"}),
        ("Person?name=Wit-Berg", {"mother"}),
        ("Person?name=Iris de Wit-Berg", {"mother"}),
        ("Person?name=berg-iris", {"mother"}),
        ("Person?name=Wit-Bergen", set()),
        ("Person?name:exact=Wit-Berg", set()),
        (f"Patient?gender:in={GENDERS}", {"a"}),
        (f"Patient?gender:not-in={GENDERS}", {"b"}),
        (f"Observation?date=ap{RECENT}", {"warm"}),
        ("Observation?date=ap2000", set()),
        ("Observation?date=ap0001", set()),
        ("RiskAssessment?probability=0.2", {"high"}),
        ("RiskAssessment?probability=0.02", {"low"}),
        ("RiskAssessment?probability=gt0.02", {"high"}),
        ("RiskAssessment?probability=ge0.02", {"low", "high"}),
        ("RiskAssessment?probability=lt2e-1", {"low"}),
        ("RiskAssessment?probability=sa4", {"high"}),
        ("RiskAssessment?probability=ap0.021", {"low"}),
    ],
)  # fmt: skip
def test_what_is_found(chart: tuple[Store, str], search: str, found: set[str]) -> None:
    store, practice = chart
    resource_type, _, query = search.partition("?")
    pairs = [(part.partition("=")[0], part.partition("=")[2]) for part in query.split("&")]
    with store.reader(everything(practice), reason="test.modifiers") as reader:
        matches = reader.search(parse(resource_type, pairs)).matches
    assert {stored.ref.id for stored in matches} == found


@pytest.mark.parametrize(
    ("search", "says"),
    [
        ("Patient?gender:in=http://nobody.example/vs", "is not loaded here"),
        ("Patient?identifier:of-type=MR|12", "the code of a kind of identifier"),
        ("Patient?gender:above=x", "does not understand ':above'"),
        ("Observation?value-quantity=high", "is not a number"),
        ("Observation?value-quantity=5|mg", "is not a quantity"),
        ("Observation?value-quantity=zz5", "is not a prefix"),
        ("Observation?code-value-quantity=8480-6", "with a dollar sign"),
        ("Observation?code-value-quantity=a$b$c", "with a dollar sign"),
        ("RiskAssessment?probability=1e9999", "is not a number"),
        ("RiskAssessment?probability=NaN", "is not a number"),
    ],
)
def test_what_is_not_understood_is_said(chart: tuple[Store, str], search: str, says: str) -> None:
    store, practice = chart
    resource_type, _, query = search.partition("?")
    name, _, value = query.partition("=")
    with store.reader(everything(practice), reason="test.modifiers") as reader, pytest.raises(SearchError, match=says):
        reader.search(parse(resource_type, [(name, value)]))
