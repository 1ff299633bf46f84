"""Signing in and out, the session behind it, and the lockout."""

import pytest
from django.core.cache import cache

from carewright.core.access import sessions
from carewright.core.access.model import Role
from carewright.core.access.sessions import SESSION_COOKIE
from tests.pages import OTHER_SITE, PASSWORD, SITE, Pages

PAGE = "/account/pin"
"""Any page that everybody may open."""


def rows(pages: Pages, name: str) -> list[sessions.Session]:
    return sessions.sessions_of(pages.clinic.store, practice=pages.clinic.practice, actor=f"Practitioner/{name}")


def test_who_signs_in_has_a_session_with_practice_person_roles_and_site(pages: Pages) -> None:
    client = pages.client("dana")
    (row,) = rows(pages, "dana")
    assert (row.roles, row.site, row.user_name) == (frozenset({Role.MA}), SITE, "dana")
    found = sessions.authenticate(pages.clinic.store, client.cookies[SESSION_COOKIE].value)
    assert found is not None
    assert found.actor == "Practitioner/dana"


def test_a_name_is_taken_in_any_case(pages: Pages) -> None:
    assert pages.client().post("/sign-in", {"login": "Dana", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(("name", "password"), [("dana", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_get_the_same_words(pages: Pages, name: str, password: str) -> None:
    answer = pages.client().post("/sign-in", {"login": name, "password": password})
    assert answer.status_code == 200
    assert "Name and password do not go together" in answer.content.decode()
    assert SESSION_COOKIE not in answer.cookies


@pytest.mark.parametrize("name", ["dana", "nobody"])
def test_five_wrong_tries_lock_that_name_out_and_no_other(pages: Pages, name: str) -> None:
    client = pages.client()
    answers = [client.post("/sign-in", {"login": name, "password": "wrong"}).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    right = client.post("/sign-in", {"login": name, "password": PASSWORD})
    assert right.status_code == 429
    assert "15 minutes" in right.content.decode()
    assert client.post("/sign-in", {"login": "lena", "password": PASSWORD}).status_code == 302


def test_a_disabled_user_is_out_at_once_and_stays_out(pages: Pages) -> None:
    from carewright.shell.accounts import services

    client = pages.client("dana")
    assert client.get(PAGE).status_code == 200
    services.disable(pages.user("dana"))
    assert client.get(PAGE).status_code == 302
    assert pages.client().post("/sign-in", {"login": "dana", "password": PASSWORD}).status_code == 200


def test_signing_out_ends_the_session_on_the_server(pages: Pages) -> None:
    client = pages.client("dana")
    secret = client.cookies[SESSION_COOKIE].value
    assert client.post("/sign-out").status_code == 302
    assert sessions.authenticate(pages.clinic.store, secret) is None
    assert client.get("/sign-out").status_code in (302, 405)


def test_each_sign_in_has_a_new_secret_and_the_one_before_is_worth_nothing(pages: Pages) -> None:
    client = pages.client("dana")
    before = client.cookies[SESSION_COOKIE].value
    client.post("/sign-in", {"login": "dana", "password": PASSWORD})
    assert client.cookies[SESSION_COOKIE].value != before
    assert sessions.authenticate(pages.clinic.store, before) is None


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back_without_the_query(pages: Pages) -> None:
    answer = pages.client().get("/search?q=Okafor")
    assert answer.headers["Location"] == "/sign-in?next=/search"
    odd = pages.client().get("/account/a%26next=%2F%2Fevil.example")
    assert odd.headers.get("Location", "").count("next=") <= 1, "an address adds no second one to go back to"
    assert pages.client().post("/touch", headers={"X-Requested-With": "fetch"}).status_code == 401


def test_the_site_can_be_switched_with_the_roles_held_there(pages: Pages) -> None:
    clinic = pages.clinic
    clinic.have({
        "resourceType": "PractitionerRole", "id": "role-dana-lead",
        "practitioner": {"reference": "Practitioner/dana"},
        "code": [{"coding": [{"system": "https://carewright.example/unknown", "code": "x"},
                             {"system": _role_system(), "code": "lead-ma"}]}],
        "location": [{"reference": f"Location/{OTHER_SITE}"}],
    })  # fmt: skip
    client = pages.client("dana")
    assert client.get("/").headers["Location"] == "/account/site"
    assert client.post("/account/site", {"site": OTHER_SITE}).status_code == 302
    now = sessions.authenticate(clinic.store, client.cookies[SESSION_COOKIE].value)
    assert now is not None
    assert (now.site, now.roles) == (OTHER_SITE, frozenset({Role.LEAD_MA}))
    assert client.post("/account/site", {"site": "elsewhere"}).status_code == 200
    assert client.get(PAGE).status_code == 200


def test_somebody_without_a_role_today_gets_in_and_may_nothing(pages: Pages) -> None:
    clinic = pages.clinic
    clinic.have({
        "resourceType": "PractitionerRole", "id": "role-dana", "active": False,
        "practitioner": {"reference": "Practitioner/dana"},
        "code": [{"coding": [{"system": _role_system(), "code": "ma"}]}],
    })  # fmt: skip
    client = pages.client("dana")
    assert "no role here today" in client.get("/").content.decode()
    assert client.get("/search").status_code == 403


def test_a_one_time_password_is_changed_first_and_other_sessions_end(pages: Pages) -> None:
    from carewright.shell.accounts import commands

    other = pages.client("dana")
    password = commands.reset_password("dana")
    assert other.get(PAGE).status_code == 302
    client = pages.client()
    client.post("/sign-in", {"login": "dana", "password": password})
    assert client.get("/search").headers["Location"] == "/account/password"
    new = {"oldpassword": password, "password1": "a much longer one 77", "password2": "a much longer one 77"}
    assert client.post("/account/password", new).status_code == 302
    assert client.get(PAGE).status_code == 200


def test_a_role_that_ends_ends_the_session(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "TOUCH_INTERVAL", sessions.TOUCH_INTERVAL * 0)
    client = pages.client("dana")
    assert client.get(PAGE).status_code == 200
    pages.clinic.have({
        "resourceType": "PractitionerRole", "id": "role-dana", "active": False,
        "practitioner": {"reference": "Practitioner/dana"},
        "code": [{"coding": [{"system": _role_system(), "code": "ma"}]}],
    })  # fmt: skip
    assert client.get(PAGE).headers["Location"].startswith("/sign-in")


def _role_system() -> str:
    from carewright.core.access.codes import ROLE_SYSTEM

    return ROLE_SYSTEM


def test_the_password_cannot_be_guessed_on_an_open_screen(pages: Pages) -> None:
    cache.clear()
    dana = pages.client("dana")
    guess = {"password": "wrong", "pin": "8642", "again": "8642"}
    for _ in range(10):
        assert "That is not your password." in dana.post("/account/pin", guess).content.decode()
    answer = dana.post("/account/pin", {**guess, "password": PASSWORD})
    assert (answer.status_code, "Wait 15 minutes" in answer.content.decode()) == (422, True)
    cache.clear()
