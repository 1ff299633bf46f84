"""R4's 5,306 official examples: each is accepted, read back as it was, and found by each parameter that applies to it.

What a parameter finds in an example is read by fhirpath.js from HL7's own definitions. One that is refused stands in
examples_refused.txt with the rule that it breaks. The suite takes two hundred of all types on both engines;
`./run prove examples` all of them.
"""

import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from pathlib import Path

import pytest

from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.model import Resource
from carewright.core.store.model import Invalid, Origin, Ref, Refused
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.core.store.writer import Writer
from carewright.project.wiring import operator_access, registry
from tests.judges.conftest import Say
from tests.judges.facts import Found
from tests.judges.node import extracted, searched
from tests.judges.searches import asked_for
from tests.postgresql_server import Database

REFUSED = Path(__file__).with_name("examples_refused.txt")
US_CORE = "fhir/uscore/us_core_610.tgz"
PRACTICE = "examples"
FEW, SMALL_BYTES = 200, 60_000
OF_THE_SERVER = ("versionId", "lastUpdated")
"""What the server sets in `meta`."""
Asked = tuple[str, str, str]
"""The type, the parameter and the value of a search."""


@dataclass
class Outcome:
    """What became of the examples: kept, refused with what was said, and read back otherwise than sent."""

    kept: dict[str, Resource] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)


def files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Every example by its file's name, in the order of the names."""
    with tarfile.open(archive) as opened:
        for name in sorted(opened.getnames()):
            bare = name.removeprefix("package/")
            member = opened.extractfile(name) if bare.endswith(".json") and bare != "package.json" else None
            if member is not None and not bare.startswith("."):
                yield bare, member.read()


def of_all_types(archive: Path) -> list[tuple[str, bytes]]:
    """Two hundred small ones: of each type the first, then of each the next, until there are enough."""
    kinds: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for name, body in files(archive):
        if len(body) < SMALL_BYTES:
            kinds[name.partition("-")[0]].append((name, body))
    turns = chain.from_iterable(zip_longest(*kinds.values()))
    return list(islice((one for one in turns if one is not None), FEW))


def known_refusals() -> dict[str, str]:
    """The files that are refused, with what is said of them."""
    lines = (line for line in REFUSED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {name.strip(): rule.strip() for name, rule, _ in (line.split("|") for line in lines)}


def sent(store: Store, listed: list[tuple[str, bytes]]) -> Outcome:
    """Write each, and read it back."""
    outcome = Outcome()
    writer = Writer(store, operator_access(PRACTICE), origin=Origin.IMPORT)
    for name, body in listed:
        resource = decode(body)
        try:
            with writer.transaction(reason="test.example") as tx:
                tx.import_(resource)
        except (Invalid, Refused) as error:
            outcome.refused[name] = "; ".join(map(str, error.issues if isinstance(error, Invalid) else [error]))
            continue
        outcome.kept[name] = resource
    with store.reader(operator_access(PRACTICE), reason="test.example") as reader:
        for name, resource in outcome.kept.items():
            stored = reader.read(Ref(resource["resourceType"], resource["id"]))
            if bare(decode(stored.body or b"{}")) != bare(resource):
                outcome.changed.append(name)
    return outcome


def bare(resource: Resource) -> bytes:
    """Values, their order and their digits, without what the server sets."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in OF_THE_SERVER}
    first = {name: resource[name] for name in ("resourceType", "id")}  # where the store puts them
    rest = {name: value for name, value in resource.items() if name not in (*first, "meta")}
    return encode({**first, "meta": meta, **rest})


def wanted(found: list[tuple[Resource, dict[str, Found | str]]]) -> dict[Asked, set[str]]:
    """Each search that a client would ask, to the ids that it must find."""
    searches: dict[Asked, set[str]] = defaultdict(set)
    for resource, values in found:
        kind = resource["resourceType"]
        for code, listed in values.items():
            for text in () if isinstance(listed, str) else asked_for(searched(kind)[code], listed):
                searches[kind, code, text].add(resource["id"])
    return searches


def not_found(store: Store, searches: dict[Asked, set[str]]) -> list[tuple[Asked, str]]:
    """The searches that miss a resource, each with one that it misses."""
    missed = []
    with store.reader(operator_access(PRACTICE), reason="test.example") as reader:
        for (kind, code, text), ids in searches.items():
            left, after = set(ids), [("_id", ",".join(sorted(ids)))] if len(ids) < 100 else []
            pages: list[tuple[str, str]] = []
            while True:
                page = reader.search(parse(kind, [(code, text), ("_count", "1000"), *after, *pages]))
                left -= {one.ref.id for one in page.matches}
                if page.next is None:
                    break
                pages = [("_after", page.next)]
            missed += [((kind, code, text), next(iter(sorted(left))))] if left else []
    return missed


def proven(store: Store, listed: list[tuple[str, bytes]], judges: Path, examples: Path, data: Path, say: Say) -> None:
    store.ensure_practice(PRACTICE, "Examples")
    outcome = sent(store, listed)
    kept = list(outcome.kept.values())
    values = extracted(judges, examples, data / US_CORE, kept)
    searches = wanted(list(zip(kept, values, strict=True)))
    missed = not_found(store, searches)
    pairs = sum(map(len, searches.values()))
    say(
        f"{len(listed)} official examples: {len(kept)} accepted, {len(outcome.refused)} refused; "
        f"{len(outcome.changed)} read back otherwise; {len(searches)} searches for {pairs} values, "
        f"{len(missed)} of them miss what they ask for"
    )
    known = known_refusals()
    unexplained = {n: text for n, text in outcome.refused.items() if n not in known or known[n] not in text}
    assert not unexplained, "refused, and not by a fault of the example that is known"
    assert not {name for name, _ in listed if name in known} - outcome.refused.keys(), "no longer refused"
    assert not outcome.changed
    assert not missed, [*dict.fromkeys((kind, code) for (kind, code, _), _ in missed), *missed[:10]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        url, owner = f"sqlite:///{tmp_path}/care.sqlite3", None
    else:
        database: Database = request.getfixturevalue("fresh_postgresql")
        url, owner = database.app_url, database.owner_url
    migrate_database(url, registry(), owner_url=owner)
    store = Store(driver=open_driver(url), registry=registry(), digest_key=b"test key of the audit digests")
    yield store
    store.close()


def test_two_hundred_of_all_types(
    engine: Store, npm_judges: Path, official_examples: Path, test_data: Path, say: Say
) -> None:
    listed = of_all_types(official_examples)
    assert len({name.partition("-")[0] for name, _ in listed}) > FEW / 2
    proven(engine, listed, npm_judges, official_examples, test_data, say)


@pytest.mark.slow
def test_all_of_them(engine: Store, npm_judges: Path, official_examples: Path, test_data: Path, say: Say) -> None:
    listed = list(files(official_examples))
    assert len(listed) == 5306
    proven(engine, listed, npm_judges, official_examples, test_data, say)
