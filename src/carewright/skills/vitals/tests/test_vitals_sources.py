"""The tables against the published numbers they come from (in the test data)."""

import csv
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from carewright.skills.vitals.model import Age, Kind
from carewright.skills.vitals.rules import limits

Row = dict[str, str]
DAYS_PER_MONTH = 365.25 / 12


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def at_z(row: Row, z: float) -> float:
    """Cole's LMS: the size at a z-score."""
    power, median, spread = float(row["L"]), float(row[next(k for k in row if k.startswith("M_"))]), float(row["S"])
    return float(median * (1 + power * spread * z) ** (1 / power))


def at_modified_z(row: Row, z: float) -> float:
    """CDC's modified z: steps of half the distance from the median to z = ±2."""
    median = float(row[next(k for k in row if k.startswith("M_"))])
    return median + z * abs(at_z(row, 2 if z > 0 else -2) - median) / 2


def nearest(table: list[Row], column: str, age: float) -> list[Row]:
    """The row of each sex that lies nearest to an age."""
    return [min((r for r in table if r["sex"] == sex), key=lambda r: abs(float(r[column]) - age)) for sex in "MF"]


def bounds(kind: Kind, months: int) -> tuple[Decimal, Decimal]:
    found = limits.plausible_size(kind, Age(days=0, months=months, years=months // 12))
    assert found is not None
    return found[:2]


WHO = [
    (Kind.WEIGHT, "who2006_wfa.csv", -6, 5),
    (Kind.LENGTH, "who2006_lhfa.csv", -6, 6),
    (Kind.HEAD, "who2006_hcfa.csv", -5, 5),
]
CDC = [(Kind.WEIGHT, "cdc2000_wfa.csv", -5, 8), (Kind.HEIGHT, "cdc2000_sfa.csv", -5, 4)]


@pytest.mark.parametrize(("kind", "file", "low", "high"), WHO)
def test_under_two_years_the_bands_are_the_flags_of_who(
    test_data: Path, kind: Kind, file: str, low: float, high: float
) -> None:
    table = rows(test_data / "growth" / file)
    for youngest, oldest in ((0, 1), (1, 3), (3, 6), (6, 12), (12, 18), (18, 24)):
        if kind is not Kind.WEIGHT and youngest >= 12:
            youngest, oldest = 12, 24
        at_low = min(at_z(row, low) for row in nearest(table, "age_days", youngest * DAYS_PER_MONTH))
        at_high = max(at_z(row, high) for row in nearest(table, "age_days", oldest * DAYS_PER_MONTH))
        assert [float(bound) for bound in bounds(kind, youngest)] == pytest.approx([at_low, at_high], abs=0.1)


@pytest.mark.parametrize(("kind", "file", "low", "high"), CDC)
def test_from_two_years_the_bands_are_the_cut_offs_of_cdc(
    test_data: Path, kind: Kind, file: str, low: float, high: float
) -> None:
    table = rows(test_data / "growth" / file)
    edges = {Kind.WEIGHT: (24, 36, 60, 96, 120, 144, 180, 240), Kind.HEIGHT: (24, 60, 120, 180, 240)}[kind]
    for youngest, oldest in pairwise(edges):
        ends = nearest(table, "age_months", youngest) + nearest(table, "age_months", oldest)
        expected = [min(at_modified_z(row, low) for row in ends), max(at_modified_z(row, high) for row in ends)]
        assert [float(bound) for bound in bounds(kind, youngest)] == pytest.approx(expected, abs=0.1)


def test_the_cut_offs_are_the_published_ones(test_data: Path) -> None:
    published = {
        (row["program"], row["indicator"]): (float(row["low_flag_if_below"]), float(row["high_flag_if_above"]))
        for row in rows(test_data / "growth" / "biv_cutoffs.csv")
    }
    assert [published["WHO", name] for name in ("weight_for_age", "length_for_age", "headcirc_for_age")] == [
        (low, high) for _, _, low, high in WHO
    ]
    assert [published["CDC", name] for name in ("weight_for_age", "length_or_stature_for_age")] == [
        (low, high) for _, _, low, high in CDC
    ]


def test_the_screening_table_is_the_90th_percentile_of_the_shortest(test_data: Path) -> None:
    table = rows(test_data / "growth" / "aap2017_bp.csv")
    for sex, words in (("M", "male"), ("F", "female")):
        shortest = [r for r in table if r["sex"] == sex and r["height_percentile"] == "5" and int(r["age_years"]) <= 12]
        expected = [f"{row['sbp_p90']}/{row['dbp_p90']}" for row in shortest]
        assert limits.AAP_SCREENING[words].split() == expected
