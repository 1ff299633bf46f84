"""Everything that is asked of the store in the matrix, and what a leak is.

A search may show nothing that depends on what the actor must not see. That is tested as non-interference: the same
search is put to a twin, a database that holds only what the actor may see, by somebody who may see everything in
it. Matches, their order, totals, pages and includes must be the same.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, AccessDenied, Interaction
from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.structures import resource_types
from carewright.core.store.model import Gone, NotFound, Ref, Resource, Stored
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store
from tests.access_matrix import clinic
from tests.access_matrix.export_probes import export_leaks
from tests.store.conftest import open_store
from tests.store.people import everything
from tests.store.search_oracle import Eyes

Answer = tuple[tuple[str, ...], frozenset[str], int | None]
NOTHING: Answer = ((), frozenset(), 0)

SEARCHES: dict[str, tuple[str, ...]] = {
    "Patient": (
        "", "_id=p1,p2,p3,p9", "family=Okafor", "family:exact=Zimmer", "family:contains=ind", "birthdate=2026-03-01",
        "birthdate:missing=true", "birthdate:missing=false", "_sort=birthdate", "_sort=-family", "_security:not=x",
        "_has:Observation:subject:code=code-9", "_has:Observation:subject:date:missing=true",
        "_has:Observation:subject:code:not=code-9", "_has:Encounter:subject:status=arrived",
        "_has:Observation:subject:encounter:Encounter.date:missing=true", "general-practitioner.family=Berg",
        "_revinclude=Observation:subject", "_revinclude=Encounter:subject", "_include=Patient:general-practitioner",
        "_id=p1&_revinclude=Observation:subject", "_lastUpdated=gt2026-01-15", "_lastUpdated=lt2026-01-15",
        "_has:Encounter:subject:_lastUpdated=lt2026-01-15", "_summary=count",
        "_has:List:item:title=Recall 7", "_revinclude=List:item",
    ),
    "Observation": (
        "", "_id=o1,o3,o9", "code=code-7", "code=code-8", "code=http://loinc.org|code-secret", "code:not=code-9",
        "date=ge2026-03", "date:missing=true", "_sort=date,-code", "_sort=-date", "value-string=a", "value-string=b",
        "subject=Patient/p1", "patient=p2", "subject=Patient/p3", "subject:Patient.family=Okafor",
        "subject:Patient.birthdate:missing=true", "encounter=Encounter/e3", "encounter:Encounter.date:missing=true",
        "encounter:Encounter.date:missing=false", "encounter:Encounter.class:not=AMB",
        "encounter:Encounter.subject:Patient.family=Lindqvist", "encounter:Encounter.status:not=planned",
        "_include=Observation:encounter", "_include=Observation:subject:Patient",
        "_id=o2&_include=Observation:encounter",
        "subject:Patient._id=p2", "subject:Patient._has:Encounter:subject:status=arrived", "_summary=count",
    ),
    "Encounter": (
        "", "status=arrived", "status=finished", "date=2026-03-01", "date:missing=true", "_sort=-date", "_sort=date",
        "_has:Observation:encounter:code=code-4", "_has:Observation:encounter:code:not=code-4",
        "_has:Observation:encounter:date:missing=true", "_include=Encounter:subject",
        "_revinclude=Observation:encounter", "_id=e2&_revinclude=Observation:encounter",
        "subject:Patient.family=Okafor",
        "reason-code:missing=true",
    ),
    "Practitioner": ("", "family=Rao", "family=Berg", "_revinclude=Patient:general-practitioner",
                     "_has:Patient:general-practitioner:family=Okafor"),
    "Organization": ("", "name=Hill"),
    "List": ("", "item=Patient/p2", "title=Recall 8", "status:not=retired", "_include=List:item"),
    "Questionnaire": ("", "url=http://b.example/q", "url:missing=false", "_sort=url"),
}  # fmt: skip


def answer(reader: Reader, resource_type: str, text: str) -> Answer:
    """What a client learns from a search: matches in order over all pages of two, includes, the total."""
    pairs = [tuple(part.split("=", 1)) for part in text.split("&") if part]
    matches: list[str] = []
    included: set[str] = set()
    total, after = None, None
    try:
        while True:
            more = [("_count", "2"), ("_total", "accurate"), *([("_after", after)] if after else [])]
            page = reader.search(parse(resource_type, [*pairs, *more]))  # type: ignore[list-item] # pairs of two
            matches += [_said(stored) for stored in page.matches]
            included |= {_said(stored) for stored in page.included}
            total, after = page.total, page.next
            if after is None:
                return tuple(matches), frozenset(included - set(matches)), total
    except AccessDenied:
        return NOTHING


def _said(stored: Stored) -> str:
    """A resource and what it says, without its version: a twin starts to count anew."""
    return f"{stored.ref} {encode(_content(decode(stored.body or b'{}'))).decode()}"


class Twins:
    """Databases that hold only what somebody may see, made once for each kind of eyes."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder, self._template = folder, template
        self._answers: dict[tuple[str, Eyes], dict[tuple[str, str], Answer]] = {}

    def answers(self, practice: str, seen: Eyes) -> dict[tuple[str, str], Answer]:
        known = self._answers.get((practice, seen))
        if known is None:
            known = self._answers[practice, seen] = self._ask(practice, seen, f"twin-{len(self._answers)}.sqlite3")
        return known

    def _ask(self, practice: str, seen: Eyes, name: str) -> dict[tuple[str, str], Answer]:
        shutil.copy(self._template, self._folder / name)
        store = open_store(f"sqlite:///{self._folder / name}")
        clinic.fill(store, practice, [list(filter(seen.see, clinic.standing(practice)))])
        all_types = dict.fromkeys(resource_types(), frozenset(Interaction))
        with store.reader(everything(practice, grants=all_types), reason="test.twin") as reader:
            found = {(t, text): answer(reader, t, text) for t, texts in SEARCHES.items() for text in texts}
        store.close()
        return found


def leaks(store: Store, access: Access, twins: Twins) -> Iterator[str]:
    """Everything that this access shows and must not, or does not show and should."""
    yield from search_leaks(store, access, twins)
    with store.reader(access, reason="test.matrix") as reader:
        yield from read_leaks(reader, access)
        yield from feed_leaks(reader, access)
        yield from projection_leaks(reader, access)
        yield from provenance_leaks(reader, access)
    yield from export_leaks(store, access)


def search_leaks(store: Store, access: Access, twins: Twins) -> Iterator[str]:
    expected = twins.answers(access.practice, clinic.eyes_of(access, Interaction.SEARCH))
    searchable = clinic.eyes_of(access, Interaction.SEARCH).types
    with store.reader(access, reason="test.matrix") as reader:
        for (resource_type, text), wanted in expected.items():
            found = answer(reader, resource_type, text)
            if found != (wanted if resource_type in searchable else NOTHING):
                yield f"search {resource_type}?{text}: {found} instead of {wanted}"


def read_leaks(reader: Reader, access: Access) -> Iterator[str]:
    seen = clinic.eyes_of(access, Interaction.READ)
    here = {(r["resourceType"], r["id"]): r for r in clinic.standing(access.practice)}
    other = "b" if access.practice.startswith("a") else "a"
    ids = {*here, *((r["resourceType"], r["id"]) for r in clinic.standing(other))}
    for resource_type, resource_id in sorted(ids):
        ref, mine = Ref(resource_type, resource_id), here.get((resource_type, resource_id))
        visible = mine is not None and seen.see(mine)
        versions = [r for step in clinic.world(access.practice) for r in step if _is(r, ref)]
        shown = [number for number, r in enumerate(versions, 1) if visible and seen.see(r)]
        if _is_held(ref, seen):  # what an earlier version said is in no index
            shown = [number for number in shown if number == len(versions)]
        if _read(reader, ref) != (_content(mine) if visible and mine else None):
            yield f"read {ref}"
        if _history(reader, ref) != [_content(versions[number - 1]) for number in reversed(shown)]:
            yield f"history {ref}"
        for number in range(1, len(versions) + 2):
            if (_vread(reader, ref, number) is not None) != (number in shown):
                yield f"vread {ref} {number}"


def _is_held(ref: Ref, seen: Eyes) -> bool:
    return ref.type in {kind for kind, _, _ in seen.held_to}


def _is(resource: Resource, ref: Ref) -> bool:
    return (resource["resourceType"], resource["id"]) == (ref.type, ref.id)


def _content(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "meta"}


def _read(reader: Reader, ref: Ref) -> Resource | None:
    try:
        return _content(reader.resource(ref))
    except (NotFound, Gone):
        return None


def _vread(reader: Reader, ref: Ref, version: int) -> Resource | None:
    try:
        return _content(decode(reader.vread(ref, version).body or b"{}"))
    except (NotFound, Gone):
        return None


def _history(reader: Reader, ref: Ref) -> list[Resource]:
    try:
        return [_content(decode(stored.body or b"{}")) for stored in reader.history(ref)]
    except NotFound:
        return []


def feed_leaks(reader: Reader, access: Access) -> Iterator[str]:
    """The feed tells of the versions that history shows, and of no other."""
    seen = clinic.eyes_of(access, Interaction.READ)
    standing = {(r["resourceType"], r["id"]): r for r in clinic.standing(access.practice)}
    wanted = [
        f"{r['resourceType']}/{r['id']}"
        for step in clinic.world(access.practice)
        for r in step
        if seen.see(r)
        and seen.see(standing[r["resourceType"], r["id"]])
        and (not _is_held(Ref(r["resourceType"], r["id"]), seen) or r == standing[r["resourceType"], r["id"]])
    ]
    found = [str(entry.ref) for entry in reader.feed(limit=1000)]
    if found != wanted:
        yield f"feed: {found} instead of {wanted}"


def projection_leaks(reader: Reader, access: Access) -> Iterator[str]:
    seen = clinic.eyes_of(access, Interaction.SEARCH)
    visits = [r for r in clinic.standing(access.practice) if r["resourceType"] == "Encounter" and seen.see(r)]
    found = sorted((str(row["status"]), str(row["subject"])) for row in reader.rows("test_visit", where={}))
    if _is_held(Ref("Encounter", "any"), seen):
        visits = []
    if found != sorted((r["status"], r["subject"]["reference"]) for r in visits):
        yield f"projection: {found}"


def provenance_leaks(reader: Reader, access: Access) -> Iterator[str]:
    """Provenance names only versions that may be seen; asked by somebody who may search it."""
    grants = {**access.grants, "Provenance": frozenset({Interaction.READ, Interaction.SEARCH})}
    seen = clinic.eyes_of(access, Interaction.SEARCH)
    visible = _visible_versions(access.practice, seen)
    with reader.store.reader(replace(access, grants=grants), reason="test.matrix") as more:
        for text in ("", "target=Observation/o7", "target=Observation/o3", "target=Observation/o9", "patient=p1"):
            pairs = [tuple(part.split("=", 1)) for part in text.split("&") if part]
            page = more.search(parse("Provenance", pairs))  # type: ignore[arg-type] # pairs of two
            for target in _targets([decode(stored.body or b"{}") for stored in page.matches]):
                if target not in visible:
                    yield f"Provenance?{text} names {target}"
        if "Observation" in seen.types:
            page = more.search(parse("Observation", [("_revinclude", "Provenance:target")]))
            bodies = [decode(stored.body or b"{}") for stored in page.included]
            for target in _targets([body for body in bodies if body["resourceType"] == "Provenance"]):
                if target not in visible:
                    yield f"_revinclude=Provenance:target names {target}"


def _targets(provenances: list[Resource]) -> Iterator[str]:
    for provenance in provenances:
        for target in provenance["target"]:
            yield str(target["reference"])


def _visible_versions(practice: str, seen: Eyes) -> set[str]:
    """`Type/id/_history/n` of every version that may be seen: neither it nor what stands now is hidden."""
    found = set()
    for mine in filter(seen.see, clinic.standing(practice)):
        ref = Ref(mine["resourceType"], mine["id"])
        versions = [r for step in clinic.world(practice) for r in step if _is(r, ref)]
        first = len(versions) if _is_held(ref, seen) else 1
        found |= {f"{ref}/_history/{n}" for n, r in enumerate(versions, 1) if seen.see(r) and n >= first}
    return found


def full_access(practice: str, **more: object) -> Access:
    """Somebody who may do everything with the types of the matrix, or what `more` says instead."""
    grants = dict.fromkeys(clinic.TYPES, frozenset(Interaction))
    return everything(practice, **{"grants": grants, "sensitive": EVERYTHING, **more})
