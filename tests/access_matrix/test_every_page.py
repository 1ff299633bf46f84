"""Every address of the pages × every role × whose records they are: nothing is shown that is not somebody's to see.

The addresses come from Django's resolver, so that none is left out; what is expected comes from who.py, which says it
independently of the code. Every answer, its headers too, is read for the markers of two_clinics.py. What may not be
seen is answered word for word as what does not exist.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django import urls
from django.http import HttpRequest, HttpResponse

from carewright.core.access.identity import access_of
from carewright.core.access.model import READ, Access, AccessDenied, Role
from carewright.core.clock import Clock
from carewright.core.fhir.structures import resource_types
from carewright.core.store.model import Ref, Stored
from carewright.core.store.reader import Reader
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Sql
from carewright.project.wiring import registry
from carewright.shell.forms import PatientContext
from carewright.shell.work import Work
from tests.access_matrix import two_clinics, who
from tests.access_matrix.addresses import OF_SOMEBODY, WORDS, Address, addresses
from tests.access_matrix.two_clinics import FAMILY_NAME, FOREIGN, NEAR, NOBODY, PEOPLE, Somebody, TwoClinics
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import open_pages, start_django

HIDDEN = ("restricted", "secret")
SHORTLY = [person for person in PEOPLE if person.name in ("secret", "veiled")]
QUERY = {"since": "0.0", "draft": "use", "day": "2026-11-23", "again": "weight", "room": "room-4"}
ONE_OF_EACH = (Role.FRONT_DESK, Role.LEAD_MA, Role.AUDITOR)
Hole = Callable[[pytest.MonkeyPatch], None]
ORIGINAL_READ = Reader.read
LEFT = 20
"""How many leaks a failing test shows."""


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    start_django()


def cases() -> Iterator[Any]:
    """Engine, role, and whether every address is asked for about everybody.

    The short form asks as every role on SQLite, and on PostgreSQL as one of each kind; the rest is the long proof.
    """
    for engine in ("sqlite", "postgresql"):
        needed = [pytest.mark.postgresql] if engine == "postgresql" else []
        for role in Role:
            slow = [] if engine == "sqlite" or role in ONE_OF_EACH else [pytest.mark.slow]
            yield pytest.param(engine, role, False, marks=[*needed, *slow], id=f"{engine}-{role}")
            yield pytest.param(engine, role, True, marks=[*needed, pytest.mark.slow], id=f"{engine}-{role}-long")


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[TwoClinics]:
    """Both clinics on one engine."""
    store = request.getfixturevalue(f"{request.param}_clinic_store")
    clock = store.clock
    made = []
    for letter in "ab":
        practice = f"{letter}{uuid.uuid4().hex[:12]}"
        store.ensure_practice(practice, "Clinic")
        clinic = Clinic(store=store, practice=practice)
        store.clock = Clock(wall=lambda: TEN_FORTY)
        pages = open_pages(clinic)
        two_clinics.fill(clinic, letter)
        made.append(clinic)
    yield TwoClinics(a=made[0], b=made[1], pages=pages)
    store.clock = clock


class Asking:
    """One person of clinic a at a browser, and everything that went wrong so far."""

    def __init__(self, world: TwoClinics, role: Role, *, long: bool = False) -> None:
        self.world, self.role, self.long = world, role, long
        self.client = world.pages.client(world.name_of(role))
        self.client.raise_request_exception = False
        self.wrong: list[str] = []
        self.shown: set[tuple[str, str]] = set()

    def ask(self, method: str, path: str, about: Somebody = NEAR, *, opened_for: Somebody | None = None) -> Any:
        """The answer, read for markers. `about` is named in every field, `opened_for` whose form it is.

        In the short form the page's scripts send the forms: a refusal is then a notice, not a page.
        """
        if method == "GET":
            answer = self.client.get(path, QUERY)
        else:
            scripted = {} if self.long or opened_for else {"headers": {"HX-Request": "true"}}
            answer = self.client.post(path, self._body(about, opened_for or about), **scripted)
        text = answer.content.decode() + str(dict(answer.headers)) + str(answer.cookies)
        self.wrong += [f"{method} {path} shows {leak}" for leak in two_clinics.leaks(self.role, text)]
        if answer.status_code >= 500:
            self.wrong.append(f"{method} {path} broke: {answer.status_code}")
        self.shown |= two_clinics.shown(text)
        return answer

    def _body(self, about: Somebody, opened_for: Somebody) -> dict[str, str]:
        """A form that names somebody wherever the product's forms name anybody."""
        context = PatientContext(
            practice=self.world.a.practice, patient=opened_for.name,
            user=f"Practitioner/{self.world.name_of(self.role)}", expires_at=TEN_FORTY + timedelta(hours=9),
            versions={f"Encounter/visit-{opened_for.name}": 1},
        )  # fmt: skip
        return {
            "care_context": context.signed(), "care_key": str(uuid.uuid4()),
            "patient": about.name, "appointment": f"booking-{about.name}", "visit": f"visit-{about.name}",
            "encounter": f"visit-{about.name}", "q": FAMILY_NAME, "room": "room-4", "version": "99",
            "visit_version": "99", "step": "no-show", "action": "mark_ready", "schedule": "Schedule/lind",
            "starts_at": "2026-11-23T09:00:00-05:00",
            "family": FAMILY_NAME, "given": "Somebody", "birth_date": two_clinics.BORN, "gender": "male",
            "back": "/", "words": "", "weight": "70",
        }  # fmt: skip


METHODS: dict[str, tuple[str, ...]] = {}
"""What each address takes, by its own answer to what none takes."""


def learn_methods(world: TwoClinics) -> None:
    """Ask as the lead, who may open almost everything, or else as somebody who may."""
    clients: dict[Role, Any] = {}
    for address in asked_for():
        able = who.PAGES[address.name]
        role = Role.LEAD_MA if Role.LEAD_MA in able else min(able)
        if role not in clients:
            clients[role] = world.pages.client(world.name_of(role))
        taken = clients[role].delete(next(address.paths(NEAR))).headers.get("Allow", "GET, POST")
        METHODS[address.name] = tuple(method for method in ("GET", "POST") if method in taken)


def asked_for() -> list[Address]:
    return [address for address in addresses() if address.name in who.PAGES]


def alike(answer: Any, somebody: Somebody) -> tuple[int, str]:
    """An answer without what differs from one to the next: tokens, and the name in the address."""
    text = re.sub(r'value="[A-Za-z0-9:_\-]{36,}"|\d\d:\d\d:\d\d\.\d+', "", answer.content.decode())
    return answer.status_code, re.sub(rf"\b(\w+-)?{somebody.name}\b", "ID", text)


# -- the tables and the code ------------------------------------------------------------------------------------------


def test_every_address_is_in_the_table_and_the_table_names_no_other() -> None:
    named = {address.name for address in addresses()}
    assert named == {*who.PAGES, *who.PUBLIC, *who.NOT_ASKED}
    parts = {part for address in addresses() for part in address.parts}
    assert parts == OF_SOMEBODY | WORDS.keys()


def test_the_table_and_the_declared_permissions_agree() -> None:
    permissions = registry().permissions
    for address in addresses():
        assert address.asks is not None or address.name.startswith("gallery"), f"{address.name} names no permission"
        if address.asks is None or address.name in who.NOT_ASKED:
            continue
        assert address.asks.public == (address.name in who.PUBLIC), address.name
        if not address.asks.public:
            declared = permissions[address.asks.action].roles if address.asks.action else who.EVERYBODY
            assert declared == who.PAGES[address.name], address.name


# -- the pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("world", "role", "long"), list(cases()), indirect=["world"])
def test_no_page_shows_a_role_what_is_not_its_own(world: TwoClinics, role: Role, long: bool) -> None:
    world.reopen()
    if not METHODS:
        learn_methods(world)
    asking = ask_everything(Asking(world, role, long=long), asked_for())
    assert {kind for kind, whose in asking.shown if whose == "near"} == on_screens(role), "the matrix does not look"
    assert not asking.wrong, "\n".join(asking.wrong[:LEFT])


def ask_everything(asking: Asking, asked: list[Address]) -> Asking:
    """Every address in `asked`: what must be refused or hidden first, so that it can be seen to write nothing."""
    world, role = asking.world, asking.role
    before = two_clinics.versions([world.a, world.b])
    for address in asked:
        for method in METHODS[address.name]:
            if role not in who.PAGES[address.name]:
                refused(asking, method, address)
            else:
                hidden(asking, method, address)
    if two_clinics.versions([world.a, world.b]) != before:
        asking.wrong.append("what was refused or hidden has written something")
    for address in sorted(asked, key=lambda address: METHODS[address.name]):
        if role in who.PAGES[address.name]:
            for method in METHODS[address.name]:
                open_to(asking, method, address)
    return asking


def on_screens(role: Role) -> set[str]:
    """The kinds of facts that the pages of this role do show, of a patient without labels."""
    return {kind for kind, roles in who.FACTS.items() if role in roles} - who.NOT_ON_SCREENS.get(role, who.NOWHERE)


def refused(asking: Asking, method: str, address: Address) -> None:
    """Somebody without the permission is refused before anything is read, whoever it is about."""
    answer = asking.ask(method, next(address.paths(NEAR)))
    if answer.status_code != 403 or two_clinics.shown(answer.content.decode()):
        asking.wrong.append(f"{method} {address.name} is open to {asking.role}: {answer.status_code}")


def hidden(asking: Asking, method: str, address: Address) -> None:
    """What may not be seen is not there, word for word; a record of it below a visit that may be seen neither."""
    if not address.is_about_somebody:
        return
    for near in (None, NEAR) if len(OF_SOMEBODY & set(address.parts)) > 1 else (None,):
        missing = [alike(asking.ask(method, path, NOBODY), NOBODY) for path in some(asking, address, NOBODY, near)]
        for somebody in (*(p for p in PEOPLE if not two_clinics.may_see(asking.role, "visit", p.name)), FOREIGN):
            for path, wanted in zip(some(asking, address, somebody, near), missing, strict=True):
                found = alike(asking.ask(method, path, somebody), somebody)
                if found != wanted or (method == "GET" and found[0] != 404):
                    asking.wrong.append(f"{method} {path} differs from what is not there: {found[0]}, {wanted[0]}")


def some(asking: Asking, address: Address, somebody: Somebody, within: Somebody | None = None) -> list[str]:
    """The addresses for somebody; in the short form one of those that differ in a word only."""
    found = list(address.paths(somebody, within=within))
    return found if asking.long else found[-1:]


def open_to(asking: Asking, method: str, address: Address) -> None:
    """What may be seen can be opened, and shows nothing else beside it, whatever is named in the form."""
    if address.name in who.OWN_SIGN_ON:
        asking.ask(method, next(address.paths(NEAR)))
        return
    for number, path in enumerate(address.paths(NEAR)):
        answer = asking.ask(method, path)
        fine = answer.status_code in (200, 204, 302) or (method == "POST" and answer.status_code in (400, 409, 422))
        if answer.status_code == 403 or (number == 0 and not fine):
            asking.wrong.append(f"{method} {path} is not open to {asking.role}: {answer.status_code}")
    first = next(address.paths(NEAR))
    for somebody in PEOPLE[1:] if asking.long else SHORTLY:
        if address.is_about_somebody and somebody.name not in HIDDEN:
            for path in some(asking, address, somebody):
                asking.ask(method, path, somebody)
        elif method == "POST":
            asking.ask(method, first, somebody)
        if method == "POST" and address.is_about_somebody and (asking.long or somebody.name in HIDDEN):
            asking.ask(method, first, NEAR, opened_for=somebody)


# -- the matrix can fail ----------------------------------------------------------------------------------------------

PROBED = ("chart", "board", "checkout", "checkout-next-visit", "desk-book")
HOLES: dict[str, Hole] = {}


def hole(plant: Hole) -> Hole:
    HOLES[plant.__name__] = plant
    return plant


@hole
def a_wider_reader(patched: pytest.MonkeyPatch) -> None:
    """A page reads with labels and types that its person does not hold."""
    grants = dict.fromkeys(resource_types(), READ)

    def wider(work: Work) -> Access:
        return replace(work.access or access_of(work.signed_on, work.store.registry), grants=grants, sensitive=-1)

    patched.setattr(Work, "_here", wider)


@hole
def no_gate(patched: pytest.MonkeyPatch) -> None:
    """A permission that a view names is not asked for."""
    gate = "carewright.shell.middleware._without_permission"
    patched.setattr(gate, lambda request, work, asked: None)


@hole
def no_predicate(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Scope, "where", lambda scope, alias, place: Sql(f"{alias}.practice = ?", (scope.practice,)))


@hole
def no_practice(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Scope, "where", lambda scope, alias, place: Sql("1=1"))


@hole
def another_answer_for_what_is_hidden(patched: pytest.MonkeyPatch) -> None:
    """What is hidden is said to be refused, and so to be there."""

    def telling(reader: Reader, ref: Ref) -> Stored:
        if ref.id.endswith("secret"):
            raise AccessDenied("You may not see this.")
        return ORIGINAL_READ(reader, ref)

    patched.setattr(Reader, "read", telling)


@pytest.mark.parametrize("planted", HOLES)
@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_hole_in_the_pages_is_found(world: TwoClinics, planted: str) -> None:
    world.reopen()
    if not METHODS:
        learn_methods(world)
    asked = [address for address in asked_for() if address.name in PROBED]
    with pytest.MonkeyPatch.context() as patched:
        HOLES[planted](patched)
        assert ask_everything(Asking(world, Role.BILLER), asked).wrong


def test_a_page_that_names_no_permission_or_is_in_no_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def undeclared(request: HttpRequest, patient_id: str) -> HttpResponse:
        return HttpResponse(patient_id)

    planted = urls.path("planted/<str:patient_id>", undeclared, name="planted")
    resolver = urls.get_resolver()
    monkeypatch.setattr(resolver, "url_patterns", [*resolver.url_patterns, planted])
    with pytest.raises(AssertionError, match="planted"):
        test_every_address_is_in_the_table_and_the_table_names_no_other()
    with pytest.raises(AssertionError, match="planted names no permission"):
        test_the_table_and_the_declared_permissions_agree()
    monkeypatch.setattr(who, "PAGES", {**who.PAGES, "planted": who.EVERYBODY, "gone": who.EVERYBODY})
    with pytest.raises(AssertionError, match="gone"):
        test_every_address_is_in_the_table_and_the_table_names_no_other()
