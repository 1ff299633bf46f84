"""How a standing order stands, who may use it for whom, and the ActivityDefinition there and back."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import Role
from carewright.core.fhir import codec
from carewright.core.fhir.validation import validate
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import TASK_CODE
from carewright.core.work.whom import Age, AgeUnit, Facts, Whom
from carewright.skills.standing_orders import fhir, rules
from carewright.skills.standing_orders.model import Standing, StandingOrder

TODAY = date(2026, 11, 23)
FLU = StandingOrder(
    id="flu", name="flu", allows=Coding(TASK_CODE, "vaccine-give", "Give the vaccine"),
    words="One dose of this season’s flu vaccine.", signer="Practitioner/lind", signer_name="Dr. Lind",
    first_day=date(2026, 9, 1), last_day=date(2027, 6, 30), roles=frozenset({Role.MA, Role.LEAD_MA, Role.NURSE}),
    competency="immunization", exclusions=("A severe reaction to an earlier dose", "Fever today"),
    whom=Whom(age_from=Age(6, AgeUnit.MONTHS)), signed_on=date(2026, 8, 28),
)  # fmt: skip
ADA = Facts(born=date(1980, 3, 2), sex="female")
HELD = {"roles": {Role.MA}, "competencies": {"immunization"}}


@pytest.mark.parametrize(
    ("order", "on", "standing", "words"),
    [
        (FLU, TODAY, Standing.IN_FORCE, "In force through 06/30/2027"),
        (FLU, date(2027, 6, 1), Standing.ENDING, "Ends in 29 days"),
        (FLU, date(2027, 5, 31), Standing.IN_FORCE, "In force through 06/30/2027"),
        (FLU, date(2027, 6, 29), Standing.ENDING, "Ends in 1 day"),
        (FLU, date(2027, 6, 30), Standing.ENDING, "Ends today"),
        (FLU, date(2027, 7, 1), Standing.ENDED, "Ended on 06/30/2027"),
        (FLU, date(2026, 8, 31), Standing.LATER, "Begins on 09/01/2026"),
        (FLU, date(2026, 9, 1), Standing.IN_FORCE, "In force through 06/30/2027"),
        (replace(FLU, signed_on=None), TODAY, Standing.WAITS, "Waits for the signature of Dr. Lind"),
        (replace(FLU, retired_because="New vaccine"), TODAY, Standing.RETIRED, "No longer used: New vaccine"),
    ],
)
def test_how_it_stands(order: StandingOrder, on: date, standing: Standing, words: str) -> None:
    assert rules.standing(order, on) is standing
    assert str(rules.standing_words(order, on)) == words


@pytest.mark.parametrize(
    ("order", "facts", "held", "allowed", "words"),
    [
        (FLU, ADA, HELD, True, "Under Dr. Lind’s flu order, signed 08/28/2026, through 06/30/2027."),
        (FLU, Facts(born=date(2026, 8, 1)), HELD, False, "is for 6 months and older; this patient is not"),
        (FLU, Facts(born=date(2026, 5, 23)), HELD, True, "Under Dr. Lind’s flu order"),
        (FLU, Facts(born=date(2026, 5, 24)), HELD, False, "this patient is not"),
        (FLU, Facts(), HELD, False, "not known of this patient. Ask the provider"),
        (FLU, ADA, {**HELD, "competencies": set()}, False, "asks for the competency “immunization”"),
        (FLU, ADA, {**HELD, "roles": {Role.FRONT_DESK}}, False, "is for: Medical assistant, Lead medical assistant"),
        (FLU, ADA, {**HELD, "roles": set()}, False, "is for: Medical assistant"),
        (replace(FLU, signed_on=None), ADA, HELD, False, "Waits for the signature of Dr. Lind"),
        (replace(FLU, last_day=date(2026, 11, 22)), ADA, HELD, False, "Ended on 11/22/2026"),
        (replace(FLU, last_day=TODAY), ADA, HELD, True, "through 11/23/2026"),
        (replace(FLU, first_day=date(2026, 11, 24)), ADA, HELD, False, "Begins on 11/24/2026"),
        (replace(FLU, retired_because="New vaccine"), ADA, HELD, False, "No longer used: New vaccine"),
        (replace(FLU, competency=""), ADA, {**HELD, "competencies": set()}, True, "Under Dr. Lind"),
    ],
)
def test_whether_it_may_be_used_and_why(
    order: StandingOrder, facts: Facts, held: dict[str, Any], allowed: bool, words: str
) -> None:
    found = rules.usable(order, on=TODAY, facts=facts, **held)
    assert found.allowed is allowed
    assert words in str(found.reason)


ORDERS = st.builds(
    replace, st.just(FLU), signed_on=st.none() | st.dates(), retired_because=st.sampled_from(["", "Over"]),
    competency=st.sampled_from(["", "immunization"]), roles=st.frozensets(st.sampled_from(Role), min_size=1),
    exclusions=st.lists(st.sampled_from(["Fever", "Egg", "Pregnant"]), unique=True).map(tuple),
    first_day=st.dates(date(2020, 1, 1), date(2026, 1, 1)), last_day=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    whom=st.sampled_from([Whom(), FLU.whom, Whom(sex="female", age_below=Age(3, AgeUnit.YEARS))]),
)  # fmt: skip


@given(ORDERS)
def test_any_order_comes_back_from_its_record(order: StandingOrder) -> None:
    resource = fhir.to_fhir(order)
    assert validate(resource) == []
    assert fhir.from_fhir(codec.decode(codec.encode(resource))) == order


@given(ORDERS, st.dates(date(2019, 1, 1), date(2031, 1, 1)))
def test_nobody_acts_under_an_order_outside_its_days_or_without_a_signature(order: StandingOrder, on: date) -> None:
    found = rules.usable(order, on=on, facts=ADA, roles=set(Role), competencies={"immunization"})
    if found.allowed:
        assert order.signed_on is not None
        assert order.first_day <= on <= order.last_day
        assert not order.retired_because


@pytest.mark.parametrize(
    "more",
    [{"name": " "}, {"words": ""}, {"roles": frozenset()}, {"last_day": FLU.first_day - timedelta(days=1)}],
)
def test_what_is_no_standing_order(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="standing order"):
        replace(FLU, **more)


def test_a_record_of_another_program_is_none_of_ours_and_breaks_nothing() -> None:
    resource = fhir.to_fhir(FLU)
    for missing in ("code", "effectivePeriod", "participant", "endorser", "extension"):
        assert fhir.from_fhir({k: v for k, v in resource.items() if k != missing}) is None
    assert fhir.from_fhir({"resourceType": "ActivityDefinition", "status": "active"}) is None
