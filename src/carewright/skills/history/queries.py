"""Reads of the history, a page at a time: what is active first."""

from dataclasses import dataclass

from carewright.core.fhir.codec import decode
from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.skills.history.fhir import entry_of
from carewright.skills.history.model import Entry, Part

MOST = 200
"""How many are read to put the active ones first; a longer history goes on page by page."""
_TYPES = {
    Part.PROBLEMS: (("Condition", "-recorded-date"),),
    Part.MEDICINES: (("MedicationRequest", "-authoredon"), ("MedicationStatement", "-effective")),
    Part.VACCINES: (("Immunization", "-date"),),
}


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Lines of one part; `complete` is False where the chart holds more than were read."""

    lines: tuple[Entry, ...]
    complete: bool

    @property
    def active(self) -> tuple[Entry, ...]:
        return tuple(line for line in self.lines if line.active)

    @property
    def over(self) -> tuple[Entry, ...]:
        return tuple(line for line in self.lines if not line.active)


def entries(reader: Reader, patient_id: str, part: Part, *, most: int = MOST) -> Entries:
    """The lines of a part, the latest first; the same medicine or problem, written again and again, once."""
    found: list[Entry] = []
    complete = True
    for resource_type, sort in _TYPES[part]:
        pairs = [("patient", f"Patient/{patient_id}"), ("_sort", sort), ("_count", str(most))]
        page = reader.search(parse(resource_type, pairs))
        complete = complete and page.next is None
        found += [e for stored in page.matches if (e := entry_of(_decoded(stored.body))) is not None]
    found.sort(key=lambda e: e.on, reverse=True)
    return Entries(lines=tuple(found if part is Part.VACCINES else _once(found)), complete=complete)


def _once(found: list[Entry]) -> list[Entry]:
    """The latest line of each wording among the active ones and among those that are over."""
    kept: dict[tuple[str, bool], Entry] = {}
    for entry in found:
        kept.setdefault((entry.words, entry.active), entry)
    standing = {entry.words for entry in kept.values() if entry.active}
    return [entry for entry in kept.values() if entry.active or entry.words not in standing]


def _decoded(body: bytes | None) -> Resource:
    return decode(body or b"{}")
