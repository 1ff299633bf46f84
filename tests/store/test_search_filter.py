"""`_filter` beside the oracle: how it is written, what it refuses, and names in any order. On both engines."""

import re

import pytest

from carewright.core.store.model import TooDeep
from carewright.core.store.search.filter import MAX_DEPTH, MAX_TESTS, Comparison, Group, read
from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import SearchError
from carewright.core.store.store import Store
from tests.store.people import everything, put_all

CHART = (
    {"resourceType": "Patient", "id": "jose", "gender": "male", "birthDate": "1990-02-03", "active": True,
     "name": [{"family": "García Ruiz", "given": ["José", "María"]}],
     "identifier": [{"system": "urn:card", "value": "a|b,c"}]},
    {"resourceType": "Patient", "id": "ann", "gender": "female", "birthDate": "1990",
     "name": [{"text": "Mary-Ann  O'Neil, RN"}]},
    {"resourceType": "Observation", "id": "warm", "status": "final", "subject": {"reference": "Patient/jose"},
     "code": {"coding": [{"system": "urn:x", "code": "t"}]}, "effectiveDateTime": "2026-01-05"},
    {"resourceType": "Observation", "id": "cold", "status": "amended", "subject": {"reference": "Patient/ann"},
     "code": {"coding": [{"system": "urn:x", "code": "t"}]}, "effectiveDateTime": "2026-02-05"},
)  # fmt: skip


@pytest.fixture
def chart(store: Store, practice: str) -> tuple[Store, str]:
    put_all(store, practice, CHART)
    return store, practice


def found(chart: tuple[Store, str], kind: str, *pairs: tuple[str, str]) -> set[str]:
    store, practice = chart
    with store.reader(everything(practice), reason="test.filter") as reader:
        page = reader.search(parse(kind, [*pairs, ("_total", "accurate")]))
    assert page.total == len(page.matches)
    return {one.ref.id for one in page.matches}


@pytest.mark.parametrize(
    ("kind", "text", "ids"),
    [
        ("Patient", "gender eq male", {"jose"}),
        ("Patient", 'family eq "garcia  RUIZ"', {"jose"}),
        ("Patient", "family eq garcia", set()),
        ("Patient", "given eq MARIA", {"jose"}),
        ("Patient", "birthdate eq 1990", {"jose", "ann"}),
        ("Patient", "birthdate eq 1990-02-03 or gender eq female", {"jose", "ann"}),
        ("Patient", "(gender eq male and active eq true) or _id eq ann", {"jose", "ann"}),
        ("Patient", "gender eq male and (active eq false or birthdate eq 1990)", {"jose"}),
        ("Patient", r'identifier eq "urn:card|a\\|b,c"', {"jose"}),
        ("Patient", "identifier eq c", set()),
        ("Observation", "subject.gender eq male or status eq amended", {"warm", "cold"}),
        ("Observation", 'subject:Patient.name eq "mary-ann o\'neil, rn" and code eq urn:x|t', {"cold"}),
        ("Observation", "patient eq Patient/jose and date eq 2026-01", {"warm"}),
        ("Observation", "patient eq jose or patient eq ann", {"warm", "cold"}),
        ("Observation", "(((status eq final)))", {"warm"}),
    ],
)
def test_a_filter_finds(chart: tuple[Store, str], kind: str, text: str, ids: set[str]) -> None:
    assert found(chart, kind, ("_filter", text)) == ids


def test_it_stands_beside_other_criteria_and_other_filters(chart: tuple[Store, str]) -> None:
    both = ("_filter", "status eq final or status eq amended")
    assert found(chart, "Observation", both, ("date", "lt2026-02")) == {"warm"}
    assert found(chart, "Observation", both, ("_filter", "subject.gender eq female")) == {"cold"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "ends where a test"),
        ("gender", "ends where 'eq'"),
        ("gender eq", "ends where a value"),
        ("gender eq male and", "ends where a test"),
        ("gender eq male gender eq female", "behind its end"),
        ("(gender eq male", "not closed"),
        ("gender eq male)", "behind its end"),
        ('family eq "gar', "not closed"),
        ('family eq "\\q"', "no JSON string"),
        ("gender ne male", "'ne' is not searched"),
        ("family co gar", "'co' is not searched"),
        ("birthdate ge 2000", "'ge' is not searched"),
        ("gender is male", "it is none"),
        ("not (gender eq male)", "'not'"),
        ("related[type eq x].target eq y", "stands first"),
        ("gender eq male and active eq true or active eq false", "parentheses"),
        ("birthdate eq ge2000", "without a prefix"),
        ("gender:not eq male", "stands first"),
        ("shoe-size eq 44", "cannot be searched by 'shoe-size'"),
        ("gender.name eq x", "not a reference"),
        ("general-practitioner.shoe eq x", "can be searched by 'shoe'"),
        ("(" * (MAX_DEPTH + 2) + "gender eq male" + ")" * (MAX_DEPTH + 2), "inside one another"),
        (" or ".join(["gender eq male"] * (MAX_TESTS + 1)), "at most"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_to_do(text: str, says: str) -> None:
    with pytest.raises(SearchError, match=re.escape(says)):
        parse("Patient", [("_filter", text)] if text else [("_filter", " ")])


def test_a_lenient_client_is_told_which_name_was_left_out() -> None:
    ignored: list[str] = []
    query = parse("Patient", [("_filter", "shoe-size eq 44"), ("gender", "male")], ignored=ignored)
    assert ignored == ["_filter"]
    assert [criterion.param for criterion in query.criteria] == ["gender"]


def test_what_all_must_hold_stands_beside_the_other_criteria() -> None:
    query = parse("Observation", [("_filter", "patient eq p1 and (code eq a and status eq final)")])
    assert [criterion.param for criterion in query.criteria] == ["patient", "code", "status"]


def test_the_deepest_filter_runs(chart: tuple[Store, str]) -> None:
    text = "has-member:Observation.subject:Patient.general-practitioner:Practitioner.name eq x"
    for n in range(MAX_DEPTH):
        text = f"({text} {('and', 'or')[n % 2]} subject:Patient.general-practitioner:Practitioner.name eq x{n})"
    assert found(chart, "Observation", ("_filter", text)) == set()


CHAIN = "has-member:Observation.subject:Patient.general-practitioner:Practitioner.name"
BACK = "_has:Observation:patient:has-member:Observation._has:Observation:has-member:status"


@pytest.mark.parametrize("confined", [None, "jose"])
@pytest.mark.parametrize("lead", [(), (("_lastUpdated", "gt2000"), ("_sort", "-_lastUpdated"))])
@pytest.mark.parametrize(("kind", "name"), [("Observation", CHAIN), ("Patient", BACK)])
def test_the_longest_chains_are_read_whoever_asks(
    chart: tuple[Store, str], kind: str, name: str, lead: tuple[tuple[str, str], ...], confined: str | None
) -> None:
    """For somebody confined to one patient a chain of three was too deep for SQLite."""
    store, practice = chart
    with store.reader(everything(practice, patient=confined, sensitive=0), reason="test.chain") as reader:
        assert reader.search(parse(kind, [(name, "x"), *lead])).matches == ()


def test_what_leads_on_too_far_is_told(chart: tuple[Store, str]) -> None:
    text = f"{CHAIN} eq x"
    for n in range(MAX_DEPTH):
        text = f"({text} {('and', 'or')[n % 2]} subject:Patient.general-practitioner:Practitioner.name eq x{n})"
    store, practice = chart
    with store.reader(everything(practice, patient="jose", sensitive=0), reason="test.chain") as reader:
        if store.driver.dialect.name == "postgresql":
            assert reader.search(parse("Observation", [("_filter", text)])).matches == ()
            return
        with pytest.raises(TooDeep, match="shorter chain"):
            reader.search(parse("Observation", [("_filter", text)]))


def test_a_filter_is_read_as_a_tree() -> None:
    either = Group(every=False, parts=(Comparison(path="gender", value="a b"), Comparison(path="name", value="f")))
    both = Group(every=True, parts=(either, Comparison(path="active", value="true")))
    assert read('( gender eq "a b"or name eq f)and active eq true') == both


@pytest.mark.parametrize("text", ["jose garcia", "GARCIA José", "ruiz maria jose", "gar jo", "Garci\u0301a  ruiz"])
def test_a_name_is_found_whatever_the_order_case_and_accents_of_its_words(chart: tuple[Store, str], text: str) -> None:
    assert found(chart, "Patient", ("name", text)) == {"jose"}
    assert found(chart, "Observation", ("subject:Patient.name", text)) == {"warm"}
    assert found(chart, "Patient", ("name", f"{text},nobody else")) == {"jose"}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ann", {"ann"}),
        ("ann mary", {"ann"}),
        ("o'neil mary-ann", {"ann"}),
        ("jose,ann mary", {"jose", "ann"}),
        ("jose nobody", set()),
        ("arcia", set()),
        ("jose ann", set()),
    ],
)
def test_every_word_of_a_name_begins_a_word_of_the_persons(chart: tuple[Store, str], text: str, ids: set[str]) -> None:
    assert found(chart, "Patient", ("name", text)) == ids
