"""The refill table and the controlled substances that come with the product: the files in `definitions/`, read once."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from carewright.skills.refills.rules.table import Table, table_of

DEFINITIONS = Path(__file__).parent / "definitions"


@cache
def table() -> Table:
    """The table. ValueError where a file is wrong: the suite reads both."""
    return table_of(_read("refill_table.yaml"), _read("controlled.yaml"))


def _read(name: str) -> Any:
    return yaml.safe_load((DEFINITIONS / name).read_text(encoding="utf-8"))
