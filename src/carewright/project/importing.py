"""Import: records from elsewhere become the chart's, with their ids; nothing that is wrong stops the rest.

Two passes. The first reads what the files' fullUrls stand for, so that files may come in any order; the second writes
in small transactions (a long one would hold up the feed). A transaction of which one record is refused is written
again one by one. What was refused and why goes into a report; a journal says how far each file has come, so that an
interrupted import goes on, and it is removed at the end: a second import of the same files reads them again and
finds nothing to change.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from carewright.core.access.model import Access, AccessDenied
from carewright.core.fhir.issues import Issue
from carewright.core.store.model import (
    Invalid,
    KeyTaken,
    Origin,
    Refused,
    Resource,
    StoreError,
    TooBusy,
    Unavailable,
)
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.project.import_files import Item, Links, conditional_links, items, reference_of
from carewright.project.import_report import Journal, Outcome
from carewright.project.import_sources import Source, Unreadable

__all__ = ["Journal", "Outcome", "import_files", "import_sources", "issues_of"]

BATCH = 200
BATCH_BYTES = 2 * 1024 * 1024
REASON = "import"
GIVE_UP = (Unavailable, TooBusy)
"""Nothing is wrong with the record: the import ends here and goes on when it is started again."""
Told = Callable[[str, int], None]
"""Hears the name of the file and how many more of its bytes are done."""


def import_files(
    store: Store, access: Access, paths: Sequence[Path], *, journal: Journal, told: Told = lambda name, done: None
) -> Outcome:
    """Import the files; Unreadable before anything is written if one of them is missing. See the module.

    Unavailable, TooBusy: the database went away or stayed busy; the same call goes on where this one was.
    """
    sources = [Source.of(path) for path in paths]
    earlier = journal.earlier(sources)
    outcome = Outcome(refused=earlier, done=Counter(refused=len(earlier)) if earlier else Counter())
    import_sources(store, access, sources, journal=journal, outcome=outcome, told=told)
    journal.forget()
    return outcome


def import_sources(
    store: Store, access: Access, sources: Sequence[Source], *, journal: Journal, outcome: Outcome, told: Told
) -> None:
    """Import what `journal` does not say is done, and note it there and in `outcome`. See the module."""
    run = _Run(Writer(store, access, origin=Origin.IMPORT), first_pass(sources), journal, outcome)
    for source in sources:
        run.file(source, told)


def first_pass(sources: Sequence[Source]) -> Links:
    """What the fullUrls (and, where they are used, the identifiers) of all files stand for."""
    links = Links()
    conditional = any(source.holds(b"?identifier=") for source in sources)
    for source in sources:
        if source.of_lines and not conditional:
            continue  # a line has no fullUrl
        try:
            for item in items(source):
                if item.resource is None:
                    continue
                name = reference_of(item.resource)
                if item.full_url:
                    links.add(source, item.full_url, name)
                for key in conditional_links(item.resource) if conditional else ():
                    links.everywhere.setdefault(key, name)
        except Unreadable:
            continue  # the second pass reports it
    return links


@dataclass
class _Run:
    """The second pass."""

    writer: Writer
    links: Links
    journal: Journal
    outcome: Outcome

    def file(self, source: Source, told: Told) -> None:
        """Write what one file holds, from where an interrupted import stopped."""
        already = self.journal.done(source)
        try:
            for batch in self._batches(items(source, behind=already)):
                self._batch(source, batch)
                self.journal.note(source, batch[-1].number, self.outcome.refused)
                told(source.path.name, sum(item.size for item in batch))
        except Unreadable as error:
            self.outcome.refuse(source, Item(number=0), [Issue("error", "structure", str(error))])
            told(source.path.name, source.size)

    def _batches(self, read: Iterable[Item]) -> Iterator[list[Item]]:
        """Lists of at most BATCH items and about BATCH_BYTES in which no resource comes twice."""
        batch: list[Item] = []
        names: set[str] = set()
        held = 0
        for item in read:
            name = reference_of(item.resource) if item.resource else ""
            full = len(batch) == BATCH or held >= BATCH_BYTES
            if full or (name and name in names and not item.superseded):
                yield batch
                batch, names, held = [], set(), 0
            batch.append(item)
            names.add(name)
            held += item.size
        if batch:
            yield batch

    def _batch(self, source: Source, batch: Sequence[Item]) -> None:
        self.outcome.entries += len(batch)
        wanted: list[tuple[Item, Resource]] = []
        for item in batch:
            if item.problem:
                self.outcome.refuse(source, item, [Issue("error", "structure", item.problem)])
            elif item.superseded:
                self.outcome.done["older version"] += 1
            elif item.resource is not None:
                self.outcome.distinct.add(reference_of(item.resource))
                wanted.append((item, self.links.applied(item.resource, source)))
        accepted: list[tuple[Item, Resource]] = []
        try:
            self._write(source, wanted, accepted)
        except GIVE_UP:
            raise
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
        except GIVE_UP:
            raise
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
