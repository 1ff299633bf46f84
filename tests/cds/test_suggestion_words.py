"""What a suggestion would write, as lines that a person can read: whole, and in as few words as it takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.cds.model import Action
from carewright.core.cds.suggestions import SYSTEM_WORDS, shown
from carewright.core.terminology.coding import LOINC, RXNORM, UCUM

ABSENT: dict[str, Any] = {}
SAID: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"coding": [{"system": RXNORM, "code": "313782", "display": "Acetaminophen 325 MG"}], "text": "Acetaminophen"},
     [("x · coding", "Acetaminophen 325 MG (RxNorm 313782)"), ("x · text", "Acetaminophen")]),
    ({"system": LOINC, "code": "8867-4"}, [("x", "LOINC 8867-4")]),
    ({"system": "urn:x", "code": "a", "userSelected": True},
     [("x · system", "urn:x"), ("x · code", "a"), ("x · user selected", "yes")]),
    ({"value": 325, "unit": "mg", "system": UCUM, "code": "mg"}, [("x", "325 mg")]),
    ({"value": 2, "unit": "tablets", "system": UCUM, "code": "{tab}"}, [("x", "2 tablets (UCUM {tab})")]),
    ({"value": 2, "comparator": "<", "code": "mg"}, [("x", "<2 mg")]),
    ({"value": 2, "unit": "drops", "system": "urn:units"}, [("x", "2 drops (urn:units)")]),
    ({"value": 98.6}, [("x", "98.6")]),
    ({"reference": "Patient/ada", "display": "Ada Lund"}, [("x", "Ada Lund (Patient/ada)")]),
    ({"reference": "Patient/ada", "type": "Patient"}, [("x · reference", "Patient/ada"), ("x · type", "Patient")]),
    ({"start": "2026-01-01", "end": "2026-02-01"}, [("x", "2026-01-01 – 2026-02-01")]),
    ({"start": "2026-01-01"}, [("x", "2026-01-01 – …")]),
    (ABSENT, []),
    ([{"value": 1, "unit": "a"}, {"value": 2, "unit": "b"}], [("x 1", "1 a"), ("x 2", "2 b")]),
]  # fmt: skip


def lines(value: Any) -> list[tuple[str, str]]:
    action = Action(kind="create", words="", resource={"resourceType": "Basic", "x": value})
    return [(name, becomes) for name, _, becomes in shown(action, {}).lines]


@pytest.mark.parametrize(("value", "said"), SAID)
def test_a_value_is_said_in_one_line(value: Any, said: list[tuple[str, str]]) -> None:
    assert lines(value) == said


WORDS = st.text("abcxyz", min_size=1, max_size=6)
NAMES = ("system", "code", "display", "unit", "comparator", "reference", "start", "end", "version")
HOLDERS = st.fixed_dictionaries({}, optional={"value": st.integers(0, 99), **dict.fromkeys(NAMES, WORDS)})


@given(HOLDERS)
def test_nothing_is_left_out(value: dict[str, Any]) -> None:
    said = " ".join(f" {text} " for _, text in lines(value))
    assert [one for one in value.values() if SYSTEM_WORDS.get(str(one), str(one)) not in said] == []
