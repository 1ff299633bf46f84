"""Every code is real and says what its words say; the growth points are the published ones."""

import csv
import re
from pathlib import Path

import pytest
import simple_icd_10_cm as icd

from carewright.core.terminology.coding import Coding
from carewright.project.simulator import vaccines
from carewright.project.simulator.growth_table import HEAD_CM, HEIGHT_CM, WEIGHT_KG, Row
from carewright.project.simulator.traits import TRAITS, TRIMESTERS
from carewright.project.simulator.visit_types import VISIT_TYPES

from .conftest import World

DIAGNOSES = [(t.code, t.text) for key, t in TRAITS.items() if t.code and key != "pregnant"]
DIAGNOSES += [(code, text) for _, code, text in TRIMESTERS]


@pytest.mark.parametrize(("code", "text"), DIAGNOSES, ids=[code for code, _ in DIAGNOSES])
def test_a_diagnosis_is_a_billable_code_with_its_own_words(code: str, text: str) -> None:
    assert icd.is_valid_item(code)
    assert icd.is_leaf(code)
    official = icd.get_description(code)
    assert text.casefold() == official.casefold()


def test_reasons_of_past_visits_are_billable_codes() -> None:
    codes = {v.code for v in VISIT_TYPES if v.code}
    assert codes
    assert [c for c in codes if not (icd.is_valid_item(c) and icd.is_leaf(c))] == []


def test_every_diagnosis_in_the_charts_is_known(world: World) -> None:
    codes = {c["code"]["coding"][0]["code"] for c in world.of_type("Condition")}
    assert codes <= {code for code, _ in DIAGNOSES}
    assert len(codes) > 35


def test_vaccines_carry_the_published_code_and_name(test_data: Path) -> None:
    with (test_data / "vaccine_codes" / "cvx.csv").open(newline="") as listed:
        names = {row["cvx"]: row["short_description"] for row in csv.DictReader(listed)}
    schedule = "".join(f.read_text() for f in (test_data / "cdsi" / "supporting_data_4.64").glob("Schedule*.xml"))
    for cvx, name in re.findall(r"<cvx>(\d+)</cvx>\s*<shortDescription>([^<]+)", schedule):
        names.setdefault(cvx, name)
    used = [value for value in vars(vaccines).values() if isinstance(value, Coding)]
    assert len(used) > 15
    assert {c.code: c.display for c in used} == {c.code: names[c.code] for c in used}


@pytest.mark.parametrize(
    ("table", "files", "column"),
    [
        (WEIGHT_KG, ("cdc2000_wfa_infant.csv", "cdc2000_wfa.csv"), "M_kg"),
        (HEIGHT_CM, ("cdc2000_lfa_infant.csv", "cdc2000_sfa.csv"), "M_cm"),
        (HEAD_CM, ("cdc2000_hcfa_infant.csv",), "M_cm"),
    ],
)
def test_growth_points_are_the_published_ones(
    test_data: Path, table: dict[str, tuple[Row, ...]], files: tuple[str, ...], column: str
) -> None:
    published: dict[tuple[str, float], tuple[float, ...]] = {}
    for name in files:  # the child table comes last and wins at 24 months
        with (test_data / "growth" / name).open(newline="") as listed:
            for row in csv.DictReader(listed):
                key = ("male" if row["sex"] == "M" else "female", float(row["age_months"]))
                published[key] = (float(row["L"]), float(row[column]), float(row["S"]))
    for sex, rows in table.items():
        assert [row[0] for row in rows] == sorted({row[0] for row in rows})
        for months, *point in rows:
            assert point == pytest.approx(published[sex, months], rel=1e-5)
