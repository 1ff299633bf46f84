"""Every interaction of the API × every type × every role × both practices: nothing is told of what is not seen.

What may be read is compared byte for byte with a twin that holds nothing else (exchange.py); what may be done is
compared with who.py, which says it independently of the code.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from carewright.core.access.model import Access, Interaction, Role
from carewright.core.clock import Clock
from carewright.core.fhir.structures import resource_types
from carewright.core.store.model import Ref, Resource
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.fhirapi.app import create_app
from carewright.project.wiring import registry
from tests.access_matrix import exchange, who
from tests.access_matrix.exchange import FOREIGN, MISSING, STORED, Asker, Situation
from tests.store.people import everything

CONFINED = Situation(role=Role.LEAD_MA, confined=True)
SITUATIONS = [*(Situation(role=role) for role in Role), CONFINED]
ONE_OF_EACH = [Situation(role=Role.FRONT_DESK), CONFINED]
TYPES_SHORTLY = ("Patient", "Observation", "Task", "Practitioner")
"""Of these everything is asked, by an address of its own too; of the others a third in a batch, the rest of it in
the long proof."""


def cases(*, short: list[Situation]) -> list[Any]:
    """In the suite the situations `short` on SQLite and one of each kind on PostgreSQL; the long proof asks all."""
    found = []
    for engine in ("sqlite", "postgresql"):
        needed = [pytest.mark.postgresql] if engine == "postgresql" else []
        for situation in SITUATIONS:
            shortly = situation in short if engine == "sqlite" else situation in short and situation in ONE_OF_EACH
            name = f"{engine}-{situation.role}" + ("-confined" if situation.confined else "")
            slow = [] if shortly else [pytest.mark.slow]
            found.append(pytest.param(engine, situation, marks=[*needed, *slow], id=name))
    return found


class World:
    """The store with its practices and the API running on it."""

    def __init__(self, store: Store, client: TestClient) -> None:
        self.store, self.client = store, client
        self.a, self.b = self.practice(exchange.practice_a()), self.practice(exchange.practice_b())

    def practice(self, records: Iterator[Resource]) -> str:
        name = f"x{uuid.uuid4().hex[:12]}"
        exchange.fill(self.store, name, records)
        return name

    def asker(self, practice: str, situation: Situation) -> Asker:
        return Asker(client=self.client, store=self.store, practice=practice, situation=situation)

    def pair(self, situation: Situation) -> tuple[Asker, Asker]:
        """In practice a, and in a twin."""
        twin = self.practice(exchange.twin_of(situation))
        return self.asker(self.a, situation), self.asker(twin, situation)


@contextmanager
def running(store: Store) -> Iterator[World]:
    clock, store.clock = store.clock, Clock()
    with TestClient(create_app(store)) as client:
        yield World(store, client)
    store.clock = clock


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with running(request.getfixturevalue(f"{request.param}_clinic_store")) as found:
        yield found


every_situation = pytest.mark.parametrize(("world", "situation"), cases(short=SITUATIONS), indirect=["world"])


WRITERS = [situation for situation in SITUATIONS if not situation.confined]
"""What a program confined to one patient may write is in test_writes.py."""
for_writers = pytest.mark.parametrize(
    ("world", "situation"),
    [case for case in cases(short=WRITERS) if case.values[1] in WRITERS],
    indirect=["world"],
)

# -- the table and the code -------------------------------------------------------------------------------------------


def test_the_table_and_the_declared_grants_agree() -> None:
    books = {Interaction.READ: who.READS, Interaction.SEARCH: who.READS, Interaction.CREATE: who.WRITES,
             Interaction.UPDATE: who.WRITES, Interaction.DELETE: who.DELETES}  # fmt: skip
    for role in Role:
        grants = registry().grants_for({role})
        for interaction, book in books.items():
            declared = {name for name, held in grants.items() if interaction in held}
            assert declared == {name for name, roles in book.items() if role in roles}, (role, interaction)
    assert set(exchange.BODIES) == set(STORED), "every type that somebody may read is in the matrix"
    for kind, roles in who.FACTS.items():
        assert who.READS[who.TYPE_OF_FACT[kind]] == roles, kind


# -- reading ----------------------------------------------------------------------------------------------------------


def read_leaks(
    here: Asker, twin: Asker, *, types: tuple[str, ...] = STORED, direct: tuple[str, ...] = TYPES_SHORTLY
) -> Iterator[str]:
    """Every answer in practice a that differs from the twin's, or that the table does not expect.

    All reads of `types` are asked in a batch; those of `direct` are asked one by one as well.
    """
    paths = [path for n, t in enumerate(types) for path in _thinned(n, t, exchange.reads(t, here.situation), direct)]
    for path, found, wanted in zip(paths, here.get(paths), twin.get(paths), strict=True):
        if found != wanted:
            yield f"GET {path}: {found['response']['status']}, and {wanted['response']['status']} in the twin"
        yield from _unexpected(here.situation, path, found)
    if len({tuple(exchange.pages(asker, "/_history?_count=20")) for asker in (here, twin)}) > 1:
        yield "the history of everything differs"
    for t in direct:
        if len({tuple(exchange.pages(asker, f"/{t}?_count=1&_total=accurate")) for asker in (here, twin)}) > 1:
            yield f"the pages of {t} differ"
        for path in (f"/{t}/{variant}" for variant in exchange.IDS):
            yield from _differs(path, here, twin)
        form = {"_total": "accurate", "_id": "open,restricted,secret,others"}
        if here.ask("POST", f"/{t}/_search", data=form).text != twin.ask("POST", f"/{t}/_search", data=form).text:
            yield f"POST /{t}/_search differs"


def _thinned(number: int, resource_type: str, paths: list[str], direct: tuple[str, ...]) -> list[str]:
    """All that is asked of the types that are asked directly; of the others every third, of each another third."""
    return paths if resource_type in direct or len(paths) <= 3 else paths[number % 3 :: 3]


def _unexpected(situation: Situation, path: str, found: Resource) -> Iterator[str]:
    resource_type, _, resource_id = path.partition("?")[0].partition("/")
    if resource_id.count("/") == 1 and (member := resource_id.partition("/")[2]) in who.READS:
        resource_type, resource_id = member, ""  # within a compartment: what is searched is the member
    status = found["response"]["status"][:3]
    if not situation.reads(resource_type):
        if status != "403":
            yield f"GET {path} is open to {situation}: {status}"
    elif not resource_id:
        if status not in ("200", "400"):
            yield f"GET {path} is closed to {situation}: {status}"
    elif resource_id in exchange.IDS:
        wanted = "200" if situation.sees(resource_type, resource_id) else "404"
        if status != wanted:
            yield f"GET {path}: {status} instead of {wanted}"
    for letter, marked_type, variant in re.findall(r"zq([ab])x(\w+?)x(\w+?)x", json.dumps(found)):
        if letter != "a" or not situation.sees(marked_type, variant):
            yield f"GET {path} shows {letter} {marked_type}/{variant}"


def _differs(path: str, here: Asker, twin: Asker) -> Iterator[str]:
    """A record by its own address: bodies and headers, but for what names the request."""
    for headers in ({}, {"If-None-Match": 'W/"1"'}):
        found, wanted = here.ask("GET", path, headers=headers), twin.ask("GET", path, headers=headers)
        same = {k: v for k, v in found.headers.items() if k != "x-request-id"} == {
            k: v for k, v in wanted.headers.items() if k != "x-request-id"
        }
        if (found.status_code, found.content) != (wanted.status_code, wanted.content) or not same:
            yield f"GET {path} {headers}: {found.status_code}, and {wanted.status_code} in the twin"


@every_situation
def test_the_answers_are_those_of_a_practice_that_holds_nothing_else(world: World, situation: Situation) -> None:
    found = list(read_leaks(*world.pair(situation)))
    assert not found, "\n".join(found[:20])


@pytest.mark.slow
@pytest.mark.parametrize(("world", "situation"), cases(short=SITUATIONS), indirect=["world"])
def test_every_type_is_asked_for_by_its_own_addresses(world: World, situation: Situation) -> None:
    found = list(read_leaks(*world.pair(situation), direct=STORED))
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize(("world", "situation"), cases(short=[CONFINED]), indirect=["world"])
def test_what_nobody_may_read_is_refused_whether_it_is_there_or_not(world: World, situation: Situation) -> None:
    paths = [path for t in exchange.CLOSED for path in (t, f"{t}/open", f"{t}/open/_history", f"{t}/open/_history/1")]
    closed = world.asker(world.a, situation).get(paths)
    assert {entry["response"]["status"][:3] for entry in closed} == {"403"}
    assert len(paths) == 4 * len(set(resource_types()) - who.READS.keys())


@every_situation
def test_what_is_rendered_names_nothing_of_elsewhere(world: World, situation: Situation) -> None:
    """Provenance names what may be seen; AuditEvent who did what to which record, of this practice alone."""
    asker = world.asker(world.a, situation)
    paths = ["Provenance?_count=200", "AuditEvent?_count=200", "Patient?_revinclude=Provenance:target",
             "Provenance?target=Patient/secret", "Provenance?patient=secret", "AuditEvent?patient=foreign"]  # fmt: skip
    for path, found in zip(paths, asker.get(paths), strict=True):
        text = json.dumps(found)
        assert "zqb" not in text, path
        assert FOREIGN not in re.sub(r"patient=foreign", "", text), path
        if path.startswith(("Provenance", "Patient")) and found["response"]["status"].startswith("200"):
            for target_type, target in re.findall(r'"reference": "(\w+)/(\w+)/_history/\d+"', text):
                assert situation.sees(target_type, target), (path, target_type, target)
        wanted = situation.reads(path.partition("?")[0])
        assert found["response"]["status"].startswith("200" if wanted else "403"), (path, found["response"])


# -- writing ----------------------------------------------------------------------------------------------------------


def write_leaks(asker: Asker) -> Iterator[str]:
    """Every write that is answered otherwise than the table says, or that tells what is hidden from what is not there.

    An update that names no version creates what is not there, so that it alone must tell a hidden id as taken.
    """
    situation = asker.situation
    planned: list[tuple[str, Resource]] = []  # what is expected, and the entry
    for t in STORED:
        write = situation.role in who.WRITES.get(t, ())
        own = exchange.record(t, "open", "a")
        planned += [("201" if write else "403", _entry("POST", t, own))]
        planned += [("200" if write else "403", _entry("PUT", f"{t}/open", own, version=1))]
    for t, hidden in ((t, _hidden(situation, t)) for t in STORED):
        update = "404" if situation.role in who.WRITES.get(t, ()) else "403"
        delete = "404" if situation.role in who.DELETES.get(t, ()) else "403"
        planned += [(update, _update(t, v, version)) for v in (*hidden, MISSING) for version in (1, 99)]
        planned += [(update, _entry("PUT", f"{t}/{v}", exchange.record(t, v, "a"))) for v in hidden if v != FOREIGN]
        planned += [(delete, _entry("DELETE", f"{t}/{v}")) for v in (*hidden, MISSING)]
    said: dict[str, str] = {}
    for (wanted, entry), found in zip(planned, asker.batch([entry for _, entry in planned]), strict=True):
        request, status = entry["request"], found["response"]["status"]
        if not status.startswith(wanted):
            yield f"{request}: {status} instead of {wanted}"
        resource_type, _, resource_id = request["url"].partition("/")
        if wanted == "404":  # one wording for all that is not there
            words = json.dumps(found).replace(f"/{resource_id}", "/ID")
            if said.setdefault(f"{request['method']} {resource_type}", words) != words:
                yield f"{request}: {words}"


def _hidden(situation: Situation, resource_type: str) -> list[str]:
    return [v for v in exchange.VARIANTS if not situation.sees(resource_type, v)] + [FOREIGN]


def _entry(method: str, url: str, resource: Resource | None = None, *, version: int | None = None) -> Resource:
    request = {"method": method, "url": url, **({"ifMatch": f'W/"{version}"'} if version else {})}
    return {"request": request, **({"resource": resource} if resource else {})}


def _update(resource_type: str, resource_id: str, version: int) -> Resource:
    body = {**exchange.record(resource_type, "open", "a"), "id": resource_id}
    return _entry("PUT", f"{resource_type}/{resource_id}", body, version=version)


@for_writers
def test_a_role_writes_what_the_table_says_and_learns_nothing_by_it(world: World, situation: Situation) -> None:
    practice = world.practice(exchange.practice_a())
    found = list(write_leaks(world.asker(practice, situation)))
    assert not found, "\n".join(found[:20])
    with world.store.reader(everything(practice), reason="test.after") as reader:
        for t in STORED:
            for variant in (v for v in exchange.VARIANTS if not situation.sees(t, v)):
                assert reader.read(Ref(t, variant)).version == 1, (t, variant)


@for_writers
def test_conditions_inside_other_requests_do_not_find_what_is_hidden(world: World, situation: Situation) -> None:
    """If-None-Exist and conditional references look as their actor looks."""
    asker = world.asker(world.practice(exchange.practice_a()), situation)
    if situation.role not in who.WRITES["Task"]:
        assert asker.ask("POST", "/Task", json=exchange.record("Task", "open", "a")).status_code == 403
        return
    task = exchange.record("Task", "open", "a")
    for condition, wanted in (("_id=open", 200), ("_id=secret", 201), ("_id=missing", 201)):
        headers = {"If-None-Exist": condition}
        assert asker.ask("POST", "/Task", json=task, headers=headers).status_code == wanted, condition
    said = {}
    for patient in ("secret", MISSING):
        entry = {**_entry("POST", "Task", {**task, "for": {"reference": f"Patient?_id={patient}"}})}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        said[patient] = asker.ask("POST", "", json=bundle)
    assert said["secret"].status_code == said[MISSING].status_code == 412
    assert said["secret"].text == said[MISSING].text
    both = [_entry("PUT", f"Task/{v}", exchange.record("Task", v, "a"), version=1) for v in ("open", "secret")]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": both}
    assert asker.ask("POST", "", json=bundle).status_code == 404
    assert asker.ask("GET", "/Task/open").headers["etag"] == 'W/"1"', "all or nothing"


@for_writers
def test_a_patch_tells_nothing_of_what_is_not_seen(world: World, situation: Situation) -> None:
    """A test that fails says that something else stands there: only to who may read and change it."""
    asker = world.asker(world.practice(exchange.practice_a()), situation)
    failing = json.dumps([{"op": "test", "path": "/id", "value": "another"}])
    for t in TYPES_SHORTLY:
        may = situation.reads(t) and situation.role in who.WRITES.get(t, ())
        for variant in (*exchange.VARIANTS, FOREIGN, MISSING):
            seen = variant in exchange.VARIANTS and situation.sees(t, variant)
            wanted = (409 if seen else 404) if may else 403
            headers = {"Content-Type": "application/json-patch+json"}
            found = asker.ask("PATCH", f"/{t}/{variant}", content=failing, headers=headers)
            assert found.status_code == wanted, (t, variant, found.text)


# -- the matrix can fail ----------------------------------------------------------------------------------------------

Hole = Callable[[pytest.MonkeyPatch], None]
PROBED = ("Flag", "Condition")


def no_predicate(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Scope, "where", lambda scope, alias, place: Sql(f"{alias}.practice = ?", (scope.practice,)))


def no_practice(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Scope, "where", lambda scope, alias, place: Sql("1=1"))


def no_grants(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Access, "require", lambda access, interaction, resource_type: None)
    patched.setattr(Scope, "sees", lambda scope, resource_type: True)


@pytest.mark.parametrize("hole", [no_predicate, no_practice, no_grants])
@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_hole_in_the_api_is_found(world: World, hole: Hole) -> None:
    here, twin = world.pair(Situation(role=Role.FRONT_DESK))
    assert not list(read_leaks(here, twin, types=PROBED, direct=()))
    with pytest.MonkeyPatch.context() as patched:
        hole(patched)
        assert next(read_leaks(here, twin, types=PROBED, direct=()), None)


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_hole_in_writing_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asker = world.asker(world.practice(exchange.practice_a()), Situation(role=Role.BILLER))
    monkeypatch.setattr(Access, "require", lambda access, interaction, resource_type: None)
    assert next(write_leaks(asker), None)
