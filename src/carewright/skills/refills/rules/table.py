"""The refill table and the controlled substances as values, and which drugs a name on the medicine list means.

A name is found by whole words, or by its RxNorm ingredient. What is not found, or only in part, is not covered: a
combination with a part that the table does not know counts as unknown.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from carewright.core.terminology.coding import RXNORM, Coding
from carewright.skills.refills.model import Supply

_WORD = re.compile(r"[a-z]+|[0-9]+(?:[.,][0-9]+)?")
_PARTS = re.compile(r"/|\+|&|;|,\s|-| and | with ")
_COUNT_WORDS = "mg mcg g ml l meq unit units iu tab tabs tablet tablets cap caps capsule capsules caplet oral by mouth"
_FORM_WORDS = """puff puffs actuation act hr hour hours h solution suspension injection injectable pen pens inhaler hfa
diskus aerosol powder spray nasal cream ointment patch patches er xr xl sr cr dr la ec odt release extended delayed
immediate sodium potassium succinate tartrate maleate besylate calcium hydrochloride hcl magnesium hemihydrate chew
chewable disintegrating dose doses day days daily once twice a per the of film coated u solostar kwikpen flexpen"""
_PLAIN = frozenset(_COUNT_WORDS.split())
_FORM = _PLAIN | frozenset(_FORM_WORDS.split())
"""Words that say the form, the strength or the salt, and not the drug."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One class of the table. Months are counted back from today; `labs` are names of `Table.labs` with their months.

    `blood_pressure` is (months, lowest and highest systolic, lowest and highest diastolic, mmHg); `age` in years.
    """

    name: str
    ingredients: Mapping[str, str]
    brands: tuple[str, ...]
    covers: tuple[str, ...]
    supply: Supply
    visit: int
    labs: Mapping[str, int]
    blood_pressure: tuple[int, tuple[int, int], tuple[int, int]] | None
    age: tuple[int, int] | None
    not_pregnant: bool
    gap_harms: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """The refill table. `labs` are LOINC codes by name; `controlled` are names with their schedule."""

    version: str
    bridge_days: int
    early_days: int
    labs: Mapping[str, tuple[str, ...]]
    rows: tuple[Row, ...]
    gap_harms: tuple[str, ...]
    controlled: Mapping[str, str]


def table_of(table: Mapping[str, Any], controlled: Mapping[str, Any]) -> Table:
    """The table of the two files as they were read. KeyError or ValueError where one of them is wrong."""
    schedules = controlled["schedules"]
    labs = {name: tuple(listed) for name, listed in table["labs"].items()}
    rows = tuple(_row(row) for row in table["rows"])
    unknown = {lab for row in rows for lab in row.labs} - labs.keys()
    if unknown:
        raise ValueError(f"The table asks for laboratory results without a code: {sorted(unknown)}.")
    return Table(
        version=str(table["version"]), bridge_days=int(table["bridge_days"]), early_days=int(table["early_days"]),
        labs=labs, rows=rows, gap_harms=tuple(table["gap_harms"]),
        controlled={name: schedule for schedule, listed in schedules.items() for name in listed},
    )  # fmt: skip


def _row(row: Mapping[str, Any]) -> Row:
    pressure = row.get("blood_pressure")
    return Row(
        name=row["name"], ingredients=row["ingredients"], brands=tuple(row["brands"]),
        covers=tuple(row.get("covers", ())), supply=Supply(**row["supply"]), visit=int(row["visit"]),
        labs=row.get("labs", {}), age=_pair(row["age"]) if "age" in row else None,
        blood_pressure=(pressure["months"], _pair(pressure["systolic"]), _pair(pressure["diastolic"]))
        if pressure else None,
        not_pregnant=bool(row.get("not_pregnant")), gap_harms=bool(row.get("gap_harms")),
        source=f"{row['source']['fact']} {row['source']['url']}",
    )  # fmt: skip


def _pair(bounds: Iterable[int]) -> tuple[int, int]:
    low, high = bounds
    if low > high:
        raise ValueError(f"{low} is above {high}.")
    return low, high


def schedule_of(table: Table, names: str) -> str:
    """The schedule (II to V) of the first controlled substance that `names` holds, the strictest first; "" for none."""
    words = _words(names)
    found = {schedule for name, schedule in table.controlled.items() if _holds(words, name)}
    return next((schedule for schedule in ("II", "III", "IV", "V") if schedule in found), "")


def gap_harms(table: Table, names: str) -> bool:
    """Whether days without it are dangerous."""
    words = _words(names)
    return any(_holds(words, name) for name in table.gap_harms) or any(
        row.gap_harms and (any(_holds(words, name) for name in (*row.ingredients, *row.brands))) for row in table.rows
    )


def rows_of(table: Table, name: str, coding: Coding | None = None) -> tuple[Row, ...]:
    """The rows that cover a medicine; none where any part of its name is unknown to the table."""
    found: list[Row] = []
    every = [name for row in table.rows for name in (*row.ingredients, *row.brands, *row.covers)]
    for part in _PARTS.split(name.casefold()):
        words = _words(part)
        known = {word for one in every if _holds(words, one) for word in _words(one)}
        if any(word.isalpha() and word not in _FORM | known for word in words):
            return _by_ingredient(table, coding)
        held = (row for row in table.rows if any(_holds(words, one) for one in (*row.ingredients, *row.brands)))
        found += [row for row in held if row not in found]
    return tuple(found) or _by_ingredient(table, coding)


def _by_ingredient(table: Table, coding: Coding | None) -> tuple[Row, ...]:
    if coding is None or coding.system != RXNORM:
        return ()
    return tuple(row for row in table.rows if coding.code in row.ingredients.values())


def medicine_key(name: str) -> str:
    """The same text for the same medicine and strength, however it was typed: its words and numbers in order."""
    words = [word for word in _words(name) if word not in _PLAIN]
    return " ".join(sorted(words)) or name.strip().casefold()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _holds(words: list[str], name: str) -> bool:
    wanted = _words(name)
    width = len(wanted)
    return any(words[start : start + width] == wanted for start in range(len(words) - width + 1))
