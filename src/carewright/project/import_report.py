"""What became of an import: counts, and for each refusal where it stands, why, and what to do; and how far it came."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carewright.core.fhir.issues import Issue, outcome
from carewright.project.import_files import Item, reference_of
from carewright.project.import_sources import Source

MOST_LISTED = 10_000
"""Refusals that are kept one by one; the others are counted."""
AGAIN = "import the file again: what is in already stays as it is."
CORRECT = f"Correct it in the file, or have the system it comes from correct it, then {AGAIN}"
ADVICE: Mapping[str, str] = {
    "duplicate": "Somebody here has this key already. Is it the same person or thing? Then change it here; else "
    f"correct the key in the file and {AGAIN}",
    "forbidden": "Imports may not write this. Enter it in the product.",
    "business-rule": f"The reason names a rule that protects the chart. Correct what it names, then {AGAIN}",
}
"""What to do about a refusal, by the issue type of its first issue; CORRECT for all others."""

Refusal = dict[str, Any]


@dataclass
class Outcome:
    """What became of an import. `refused` holds one object per record, as the report file does."""

    entries: int = 0
    done: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    distinct: set[str] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)

    def refuse(self, source: Source, item: Item, issues: Iterable[Issue]) -> None:
        """Note a refusal: file, line or entry, what it is (never what it says), why, and what to do."""
        listed = list(issues)
        self.done["refused"] += 1
        if len(self.refused) < MOST_LISTED:
            self.refused.append({
                "file": str(source.path),
                **({("line" if source.of_lines else "entry"): item.number} if item.number else {}),
                "resource": reference_of(item.resource) if item.resource else "",
                "reason": "; ".join(map(str, listed[:5])),
                "advice": ADVICE.get(listed[0].code, CORRECT),
                "outcome": outcome(listed),
            })  # fmt: skip

    def report(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "distinct": len(self.distinct),
            "done": dict(sorted(self.done.items())),
            "types": dict(sorted(self.types.items())),
            "refused": self.refused,
            "refused_not_listed": self.done["refused"] - len(self.refused),
        }


def where(refusal: Refusal) -> str:
    """Where a refused record stands, for a person."""
    place = next((f", {kind} {refusal[kind]}" for kind in ("line", "entry") if kind in refusal), "")
    return f"{refusal['file']}{place}" + (f", {refusal['resource']}" if refusal["resource"] else "")


class Journal:
    """How many entries of each file are written, and what was refused among them; removed when all is done.

    One small file, replaced as a whole, and one beside it to which refusals are appended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.refusals = path.with_suffix(".refused")
        self._entries: dict[str, int] = {}
        self._noted = 0
        if path.exists():
            try:
                self._entries = {str(key): int(value) for key, value in json.loads(path.read_text()).items()}
            except (ValueError, AttributeError):
                self._entries = {}  # a journal only saves time: without it everything is read again

    def done(self, source: Source) -> int:
        return self._entries.get(source.key, 0)

    def earlier(self, sources: Iterable[Source]) -> list[Refusal]:
        """What was refused before the import was broken off, among the entries that are not read again."""
        done = {str(source.path): self.done(source) for source in sources}
        found: dict[tuple[str, int], Refusal] = {}
        if self.refusals.exists():
            for line in self.refusals.read_text().splitlines():
                try:
                    refusal = json.loads(line)
                except ValueError:
                    continue  # the last line of a process that was killed
                number = refusal.get("line", refusal.get("entry", 0))
                if 0 < number <= done.get(refusal["file"], 0):
                    found[refusal["file"], number] = refusal
        self._noted = len(found)
        return list(found.values())

    def note(self, source: Source, number: int, refused: list[Refusal]) -> None:
        """Entries up to `number` are done; `refused` is everything that was refused so far."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if len(refused) > self._noted:
            with self.refusals.open("a") as file:
                file.writelines(json.dumps(refusal) + "\n" for refusal in refused[self._noted :])
            self._noted = len(refused)
        self._entries[source.key] = number
        beside = self.path.with_suffix(".part")
        beside.write_text(json.dumps(self._entries))
        beside.replace(self.path)

    def forget(self) -> None:
        self._entries.clear()
        self.path.unlink(missing_ok=True)
        self.refusals.unlink(missing_ok=True)
