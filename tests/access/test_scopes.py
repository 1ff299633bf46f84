"""SMART scopes: what is understood, what is refused, and that a scope only ever narrows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import Interaction, Predicate
from carewright.core.access.scopes import Scope, ScopeError, grantable, limits, narrow, parse, unlimited

C, R, U, D, S = Interaction
LETTERS = ["".join(letter for bit, letter in enumerate("cruds") if number >> bit & 1) for number in range(1, 32)]
TYPES = ["*", "Patient", "Observation", "Location"]


@given(st.sampled_from(["patient", "user", "system"]), st.sampled_from(TYPES), st.sampled_from(LETTERS))
def test_every_scope_is_read_and_written_back_the_same(level: str, resource_type: str, letters: str) -> None:
    text = f"{level}/{resource_type}.{letters}"
    (scope,) = parse(text)
    assert str(scope) == text
    assert (scope.level, scope.type, len(scope.interactions)) == (level, resource_type, len(letters))


def test_the_query_of_a_scope_is_read() -> None:
    (scope,) = parse("user/Observation.rs?category=vital-signs")
    assert scope.query == "category=vital-signs"
    assert str(scope) == "user/Observation.rs?category=vital-signs"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("openid", "not understood"),
        ("user/Observation", "not understood"),
        ("user/Observation.", "not understood"),
        ("user/Observation.sr", "in that order"),
        ("user/Observation.rr", "not understood"),
        ("User/Observation.r", "not understood"),
        ("user/Elephant.r", "no resource type Elephant"),
        ("user/observation.r", "not understood"),
        ("user/Observation.read", "version 1"),
        ("patient/*.*", "version 1"),
        ("user/Observation.rs user/Patient.x", "user/Patient.x"),
    ],
)
def test_what_is_not_a_scope_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(ScopeError, match=says):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "user/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs",
        "user/Observation.rs?category=vital-signs&status=final,amended&date=ge2026-01-01",
        "user/Condition.cruds?category=http%3A%2F%2Fterminology.hl7.org%2FCodeSystem%2Fcondition-category%7Cproblem-list-item",
        "user/Observation.rs?_tag=x&value-quantity=gt5.4|http://unitsofmeasure.org|mg",
    ],
)
def test_a_scope_is_granted_with_its_query(text: str) -> None:
    assert " ".join(map(str, grantable(text, patient=None))) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("user/Observation.rs?category", "is no search"),
        ("user/Observation.rs?category=", "is no search"),
        ("user/Observation.rs?colour=red", "cannot be searched by"),
        ("user/Observation.rs?category=a&_count=5", "more than the record"),
        ("user/Observation.rs?subject:Patient.name=x", "more than the record"),
        ("user/Patient.rs?_has:Observation:subject:code=x", "more than the record"),
        ("user/Observation.rs?_include=Observation:subject", "more than the record"),
        ("user/Observation.rs?date=yesterday", "date"),
        ("user/*.rs?_tag=x", "names one type"),
        ("user/Provenance.rs?patient=x", "without one"),
    ],
)
def test_a_query_that_cannot_be_held_to_is_refused(text: str, says: str) -> None:
    with pytest.raises(ScopeError, match=says):
        grantable(text, patient=None)


def test_a_limit_is_the_search_of_every_scope_that_allows_the_same() -> None:
    held = limits(["Observation", "Patient"], parse("user/Observation.rs?code=a user/Observation.s?code=b user/*.r"))
    assert held == {"Observation": {S: ("code=a", "code=b")}}
    assert unlimited({"Observation": frozenset({R, S})}, held) == {"Observation": frozenset({R})}


def test_a_patient_scope_needs_a_patient_and_a_token_a_scope() -> None:
    with pytest.raises(ScopeError, match="name the patient"):
        grantable("patient/Observation.rs", patient=None)
    with pytest.raises(ScopeError, match="at least one"):
        grantable("  ", patient=None)
    assert len(grantable("patient/Observation.rs user/Location.r", patient="ada")) == 2


GRANTS = st.dictionaries(
    st.sampled_from(TYPES[1:]), st.sets(st.sampled_from(list(Interaction))).map(frozenset), max_size=3
)
SCOPES = st.lists(
    st.builds(
        lambda level, resource_type, letters: parse(f"{level}/{resource_type}.{letters}")[0],
        st.sampled_from(["patient", "user", "system"]),
        st.sampled_from(TYPES),
        st.sampled_from(LETTERS),
    )
)


@given(GRANTS, SCOPES)
def test_an_interaction_is_left_exactly_if_role_and_scope_allow_it(
    grants: dict[str, frozenset[Interaction]], scopes: list[Scope]
) -> None:
    left = narrow(grants, scopes)
    for resource_type in TYPES[1:]:
        for interaction in Interaction:
            by_role = interaction in grants.get(resource_type, frozenset())
            by_scope = any(s.type in ("*", resource_type) and interaction in s.interactions for s in scopes)
            assert (interaction in left.get(resource_type, frozenset())) == (by_role and by_scope)


def test_what_may_be_seen_groups_listeners_by_its_limits_too() -> None:
    held = {"Observation": ("code=a",)}
    one, same, other = (Predicate(types=frozenset({"Observation"}), limits=limits) for limits in (held, dict(held), {}))
    assert {one: 1}[same] == 1
    assert one != other
