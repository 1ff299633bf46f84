"""Import: records from elsewhere become the chart's, with their ids; nothing that is wrong stops the rest.

Two passes. The first reads what the files' fullUrls stand for, so that files may come in any order; the second writes
in small transactions (a long one would hold up the feed). A transaction of which one record is refused is written
again one by one. What was refused and why goes into a report; a journal says how far each file has come, so that an
interrupted import goes on, and it is removed at the end: a second import of the same files reads them again and
finds nothing to change.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carewright.core.access.model import Access, AccessDenied
from carewright.core.fhir.issues import Issue, outcome
from carewright.core.store.model import Invalid, KeyTaken, Origin, Refused, Resource, StoreError
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.project.import_files import (
    Item,
    Links,
    Source,
    Unreadable,
    conditional_links,
    items,
    links_of,
    reference_of,
)

BATCH = 200
REASON = "import"
Told = Callable[[str, int], None]
"""Hears the name of the file and how many more of its bytes are done."""


@dataclass
class Outcome:
    """What became of an import. `refused` holds one object per record, as the report file does."""

    entries: int = 0
    done: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    distinct: set[str] = field(default_factory=set)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, source: Source, item: Item, issues: Iterable[Issue]) -> None:
        """Note a refusal: file, entry, what it is (never what it says), and an OperationOutcome."""
        named = reference_of(item.resource) if item.resource else ""
        self.refused.append({
            "file": source.path.name, "entry": item.number, "resource": named, "outcome": outcome(issues),
        })  # fmt: skip
        self.done["refused"] += 1

    def report(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "distinct": len(self.distinct),
            "done": dict(sorted(self.done.items())),
            "types": dict(sorted(self.types.items())),
            "refused": self.refused,
        }


class Journal:
    """How many entries of each file are written; one small file, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, int] = {}
        if path.exists():
            try:
                self._entries = {str(key): int(value) for key, value in json.loads(path.read_text()).items()}
            except (ValueError, AttributeError):
                self._entries = {}  # a journal only saves time: without it everything is read again

    def done(self, source: Source) -> int:
        return self._entries.get(source.key, 0)

    def note(self, source: Source, number: int) -> None:
        self._entries[source.key] = number
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".part")
        beside.write_text(json.dumps(self._entries))
        beside.replace(self.path)

    def forget(self) -> None:
        self._entries.clear()
        self.path.unlink(missing_ok=True)


def import_files(
    store: Store, access: Access, paths: Sequence[Path], *, journal: Journal, told: Told = lambda name, done: None
) -> Outcome:
    """Import the files; Unreadable before anything is written if one of them is missing. See the module."""
    sources = [Source.of(path) for path in paths]
    outcome_ = Outcome()
    links = first_pass(sources)
    run = _Run(Writer(store, access, origin=Origin.IMPORT), links, journal, outcome_)
    for source in sources:
        run.file(source, told)
    journal.forget()
    return outcome_


def first_pass(sources: Sequence[Source]) -> Links:
    """What the fullUrls (and, where they are used, the identifiers) of all files stand for."""
    everywhere: dict[str, str] = {}
    conditional = any(b"?identifier=" in source.path.read_bytes() for source in sources)
    for source in sources:
        try:
            read = list(items(source)) if conditional or source.path.suffix.lower() == ".json" else []
        except Unreadable:
            continue  # the second pass reports it
        for key, name in links_of(read).items():
            everywhere.setdefault(key, name)
        for item in read if conditional else ():
            for key in conditional_links(item.resource) if item.resource else ():
                everywhere.setdefault(key, reference_of(item.resource or {}))
    return Links(everywhere)


@dataclass
class _Run:
    """The second pass."""

    writer: Writer
    links: Links
    journal: Journal
    outcome: Outcome

    def file(self, source: Source, told: Told) -> None:
        """Write what one file holds, from where an interrupted import stopped."""
        read = items(source)
        own: dict[str, str] = {}
        try:
            if not source.of_lines:
                listed = list(read)
                own, read = links_of(listed), iter(listed)
        except Unreadable as error:
            self.outcome.refuse(source, Item(number=0), [Issue("error", "structure", str(error))])
            told(source.path.name, source.size)
            return
        already = self.journal.done(source)
        for batch in self._batches(item for item in read if item.number > already):
            self._batch(source, batch, own)
            self.journal.note(source, batch[-1].number)
            told(source.path.name, sum(item.size for item in batch))

    def _batches(self, read: Iterable[Item]) -> Iterator[list[Item]]:
        """Lists of at most BATCH items in which no resource comes twice."""
        batch: list[Item] = []
        names: set[str] = set()
        for item in read:
            name = reference_of(item.resource) if item.resource else ""
            if len(batch) == BATCH or (name and name in names and not item.superseded):
                yield batch
                batch, names = [], set()
            batch.append(item)
            names.add(name)
        if batch:
            yield batch

    def _batch(self, source: Source, batch: Sequence[Item], own: dict[str, str]) -> None:
        self.outcome.entries += len(batch)
        wanted: list[tuple[Item, Resource]] = []
        for item in batch:
            if item.problem:
                self.outcome.refuse(source, item, [Issue("error", "structure", item.problem)])
            elif item.superseded:
                self.outcome.done["older version"] += 1
            elif item.resource is not None:
                self.outcome.distinct.add(reference_of(item.resource))
                wanted.append((item, self.links.applied(item.resource, own)))
        accepted: list[tuple[Item, Resource]] = []
        try:
            self._write(source, wanted, accepted)
        except (StoreError, AccessDenied):
            for one in accepted:
                self._alone(source, one)

    def _write(
        self, source: Source, wanted: Sequence[tuple[Item, Resource]], accepted: list[tuple[Item, Resource]]
    ) -> None:
        """Write in one transaction; what is invalid in itself is refused at once, the rest is `accepted`."""
        with self.writer.transaction(reason=REASON) as tx:
            for item, resource in wanted:
                try:
                    tx.import_(resource)
                except (Invalid, AccessDenied) as error:
                    self.outcome.refuse(source, item, issues_of(error))
                else:
                    accepted.append((item, resource))
        for written in tx.results:
            if written.by_effect is None:
                self.outcome.done[written.done.value] += 1
                self.outcome.types[written.planned.type] += 1

    def _alone(self, source: Source, one: tuple[Item, Resource]) -> None:
        try:
            self._write(source, [one], [])
        except (StoreError, AccessDenied) as error:
            self.outcome.refuse(source, one[0], issues_of(error))


def issues_of(error: StoreError | AccessDenied) -> list[Issue]:
    """Why a record was refused, as OperationOutcome issues."""
    if isinstance(error, Invalid):
        return list(error.issues)
    code = "business-rule"
    if isinstance(error, KeyTaken):
        code = "duplicate"
    elif isinstance(error, AccessDenied):
        code = "forbidden"
    guard = f" (guard {error.guard})" if isinstance(error, Refused) else ""
    return [Issue("error", code, f"{error}{guard}")]
