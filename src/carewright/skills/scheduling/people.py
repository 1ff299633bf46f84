"""How those who work here are called on boards and lists: "Dr. Lind", "Dana Cole". Kept for half a minute."""

import time
from collections.abc import Mapping

from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse

KEPT_SECONDS = 30.0
MOST = 500

_kept: dict[tuple[int, str], tuple[float, Mapping[str, str]]] = {}


def names(reader: Reader) -> Mapping[str, str]:
    """The short name of everybody on the staff by reference (`Practitioner/…`)."""
    key = (id(reader.store), reader.access.practice)
    known = _kept.get(key)
    if known is None or time.monotonic() - known[0] > KEPT_SECONDS:
        found = reader.resources(parse("Practitioner", [("_count", str(MOST))]))
        known = _kept[key] = (time.monotonic(), {f"Practitioner/{p['id']}": short_name(p) for p in found})
    return known[1]


def forget() -> None:
    """Read the names anew at the next use."""
    _kept.clear()


def short_name(practitioner: Resource) -> str:
    """With a title by family name, without one by first and family name."""
    name: Resource = next(iter(practitioner.get("name", ())), {})
    title = next(iter(name.get("prefix", ())), "")
    given = next(iter(name.get("given", ())), "")
    words = " ".join(part for part in (title or given, name.get("family", "")) if part)
    return words or str(name.get("text", ""))
