"""No page without a permission, the lock, and what is said when something is refused."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path

from carewright.core.access import sessions
from carewright.core.access.model import AccessDenied
from carewright.core.sentences import quoted
from carewright.core.store.model import Conflict, KeyTaken, NotFound, Ref, Refused, StoreError, Unavailable
from carewright.core.store.search.query import SearchError
from carewright.shell.permissions import Requirement, needs, requirement_of, signed_in
from tests.clinic import TEN_FORTY
from tests.pages import ARGON2_COST, PASSWORD, PIN, Pages

SCRIPT = {"X-Requested-With": "fetch"}
HTMX = {"HX-Request": "true"}


def patterns(found: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in found:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def test_every_view_says_who_may_open_it(pages: Pages) -> None:
    silent = [place for place, entry in patterns(get_resolver().url_patterns) if requirement_of(entry.callback) is None]
    assert silent == []


def requirements() -> list[tuple[str, str | None, Requirement]]:
    """Address, name and requirement of every page."""
    pages = patterns(get_resolver().url_patterns)
    listed = [(place, entry.name, requirement_of(entry.callback)) for place, entry in pages]
    return [(place, name, asked) for place, name, asked in listed if asked is not None]


def test_every_permission_a_view_asks_for_is_declared(pages: Pages) -> None:
    assert {asked.action for _, _, asked in requirements()} - {""} <= set(pages.clinic.store.registry.permissions)


def test_only_sign_in_and_files_are_for_everybody(pages: Pages) -> None:
    known = {name for place, name, asked in requirements() if asked.public and not place.startswith("gallery/")}
    # An app's request is checked before anybody signs in for it; it shows nothing of the practice.
    assert known == {"asset", "sign-in", "account_login", "mfa_authenticate", "account_logout", "app-authorize"}


@signed_in
def raises(request: HttpRequest, kind: str) -> HttpResponse:
    raise {
        "denied": AccessDenied("secret reason"), "gone": NotFound("Patient/jonas is not here."),
        "conflict": Conflict(Ref("Patient", "jonas"), expected=1, current=None),
        "taken": KeyTaken("slot", "s1", None), "refused": Refused("visit-ready", quoted("Ask the allergies first.")),
        "other": StoreError("Not today."), "down": Unavailable(),
        "odd": SearchError("The link to the next page is damaged."),
    }[kind]  # fmt: skip


def silent(request: HttpRequest) -> HttpResponse:
    return HttpResponse("shown")


@needs("audit.see")
def for_auditors(request: HttpRequest) -> HttpResponse:
    return HttpResponse("shown")


@signed_in
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.method} {request.POST.get('note', '')}")


@pytest.fixture
def planted(pages: Pages) -> Iterator[Pages]:
    """A few more pages, for what no page of the product does."""
    from django.urls import clear_url_caches

    from carewright.project import urls

    before = list(urls.urlpatterns)
    urls.urlpatterns += [
        path("planted/raises/<str:kind>", raises), path("planted/silent", silent),
        path("planted/audit", for_auditors), path("planted/echo", echo),
    ]  # fmt: skip
    clear_url_caches()
    yield pages
    urls.urlpatterns[:] = before
    clear_url_caches()


def refusals(pages: Pages) -> list[str]:
    from carewright.core.store.sql import Sql

    with pages.clinic.store.driver.reading(pages.clinic.practice) as connection:
        found = Sql("SELECT reason FROM audit WHERE practice = ? AND outcome = '4'", (pages.clinic.practice,))
        return [str(row[0]) for row in connection.rows(found)]


def test_a_view_that_says_nothing_is_opened_by_nobody(planted: Pages) -> None:
    assert planted.client("mona").get("/planted/silent").status_code == 403
    assert "shell.undeclared-view" in refusals(planted)


def test_a_page_is_for_those_who_hold_its_permission_and_a_refusal_is_audited(planted: Pages) -> None:
    assert planted.client("audra").get("/planted/audit").status_code == 200
    assert planted.client("dana").get("/planted/audit").status_code == 403
    assert refusals(planted) == ["shell.page"]


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [("denied", 403, "Ask a manager"), ("gone", 404, "search box"), ("conflict", 409, "Someone else changed this"),
     ("taken", 409, "choose another"), ("refused", 422, "Ask the allergies first."), ("other", 409, "Not today."),
     ("down", 503, "look whether it is there"), ("odd", 400, "choose the link again")],
)  # fmt: skip
def test_a_refusal_says_why_keeps_what_was_typed_and_names_nobody(
    planted: Pages, kind: str, status: int, words: str
) -> None:
    client = planted.client("dana")
    answer = client.post(f"/planted/raises/{kind}", {"note": "He coughs", "password": "hidden"})
    body = answer.content.decode()
    assert answer.status_code == status
    assert words in body
    assert "He coughs" in body
    assert "jonas" not in body
    part = client.post(f"/planted/raises/{kind}", {"note": "He coughs"}, headers=HTMX)
    assert (part.status_code, part["HX-Retarget"]) == (status, "#toasts")
    assert "<html" not in part.content.decode()


def test_a_locked_screen_shows_nothing_and_goes_on_where_it_was(planted: Pages) -> None:
    client = planted.client("dana")
    assert client.post("/lock", headers=SCRIPT).status_code == 204
    assert client.get("/search", headers=HTMX).status_code == 423
    page = client.get("/planted/echo")
    assert page.status_code == 423
    assert 'name="pin"' in page.content.decode()
    assert client.post("/unlock", {"pin": "9999", "lock-path": "/planted/echo"}).status_code == 423
    back = client.post("/unlock", {"pin": PIN, "lock-path": "/planted/echo", "lock-method": "GET"})
    assert (back.status_code, back["Location"]) == (302, "/planted/echo")
    assert client.get("/planted/echo").status_code == 200


def test_what_was_sent_behind_the_lock_is_sent_again_after_it(planted: Pages) -> None:
    client = planted.client("dana")
    client.post("/lock", headers=SCRIPT)
    assert 'value="He coughs"' in client.post("/planted/echo", {"note": "He coughs"}).content.decode()
    form = {"pin": PIN, "lock-path": "/planted/echo", "lock-method": "POST", "note": "He coughs"}
    again = client.post("/unlock", form, follow=True)
    assert again.content.decode() == "POST He coughs"


def test_the_lock_leads_nowhere_else(planted: Pages) -> None:
    client = planted.client("dana")
    client.post("/lock", headers=SCRIPT)
    for address in ("https://elsewhere.example/x", "//elsewhere.example/x", "/\\elsewhere.example"):
        back = client.post("/unlock", {"pin": PIN, "lock-path": address, "lock-method": "GET"})
        assert back["Location"] == "/"
        client.post("/lock", headers=SCRIPT)


def test_five_wrong_pins_ask_for_the_full_sign_in_on_every_screen_of_the_person(pages: Pages) -> None:
    one, other = pages.client("dana"), pages.client("dana")
    for client in (one, other):
        client.post("/lock", headers=SCRIPT)
    tries = [client.post("/unlock", {"pin": "0000"}, headers=SCRIPT).status_code for client in (one, other, one, other)]
    assert tries == [403, 403, 403, 403]
    assert one.post("/unlock", {"pin": "0000"}, headers=SCRIPT).status_code == 410
    assert other.post("/unlock", {"pin": PIN}, headers=SCRIPT).status_code == 410
    assert one.get("/search", headers=SCRIPT).status_code == 401
    one.post("/sign-in", {"login": "dana", "password": PASSWORD})
    one.post("/lock", headers=SCRIPT)
    assert one.post("/unlock", {"pin": PIN}, headers=SCRIPT).status_code == 204


def test_unlocking_takes_far_less_than_three_seconds(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from django.contrib.auth.hashers import Argon2PasswordHasher

    from carewright.shell.accounts import services

    for name, cost in ARGON2_COST.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, cost)
    services.set_pin(pages.user("dana"), PIN)
    client = pages.client("dana")
    client.post("/lock", headers=SCRIPT)
    begun = time.process_time()  # the work alone: how long it takes on a quiet machine is for `./run bench board`
    assert client.post("/unlock", {"pin": PIN}, headers=SCRIPT).status_code == 204
    assert time.process_time() - begun < 2


def test_a_screen_that_was_left_alone_is_locked_by_the_server_too(pages: Pages) -> None:
    from datetime import timedelta

    from carewright.core.clock import Clock, wall_now

    client = pages.client("dana")
    assert client.get("/search").status_code == 200
    pages.clinic.store.clock = Clock(wall=lambda: wall_now() + timedelta(minutes=13))
    assert client.get("/search").status_code == 423
    (row,) = sessions.sessions_of(pages.clinic.store, practice=pages.clinic.practice, actor="Practitioner/dana")
    assert row.locked


def test_what_a_page_fetches_by_itself_does_not_keep_the_screen_open(pages: Pages) -> None:
    from datetime import timedelta

    from carewright.core.clock import Clock

    client = pages.client("dana")
    begun = pages.clinic.store.clock.wall()
    for minutes in range(2, 14, 2):
        pages.clinic.store.clock = Clock.set_to(TEN_FORTY, wall=partial(_at, begun + timedelta(minutes=minutes)))
        status = client.get("/emergency/open", headers=HTMX).status_code
    assert status == 200  # shown on a locked screen too: it holds no patient
    assert client.get("/search", headers=HTMX).status_code == 423


def _at(instant: datetime) -> datetime:
    return instant


def test_nothing_is_done_by_get_that_changes_something(pages: Pages) -> None:
    client = pages.client("dana")
    for address in ("/lock", "/unlock", "/touch", "/sign-out", "/drafts/vitals", "/emergency/"):
        assert client.get(address).status_code == 405, address


def test_a_database_that_is_gone_before_the_page_is_reached_is_said_too(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = pages.client("dana")
    dana.raise_request_exception = False

    def gone(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(sessions, "authenticate", gone)
    monkeypatch.setattr(settings, "DEBUG", False)  # with it on, Django shows its own page
    answer = dana.get("/search")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "The database does not answer" in answer.content.decode()
