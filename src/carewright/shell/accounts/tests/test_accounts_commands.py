"""What the command line does with users, PINs, and sign-in in two steps."""

import re
import time

import pytest

from carewright.core.access import sessions
from carewright.shell.accounts import commands
from carewright.shell.accounts.services import BadPin, pin_hash
from carewright.shell.looking import initials
from tests.pages import PASSWORD, PIN, Pages


@pytest.fixture
def newcomer(pages: Pages) -> Pages:
    name = {"prefix": ["Dr."], "given": ["Karin", "Maria"], "family": "Lind", "suffix": ["MD"]}
    pages.clinic.have({"resourceType": "Practitioner", "id": "new", "name": [name]})
    return pages


def test_a_user_is_added_with_a_password_that_must_be_changed(newcomer: Pages) -> None:
    practice = newcomer.clinic.practice
    password = commands.add_user(username="Karin", practice=practice, practitioner="Practitioner/new", pin=PIN)
    user = newcomer.user("karin")
    assert (user.display, user.must_change_password, user.practitioner) == ("Dr. Karin Lind, MD", True, "new")
    assert user.check_password(password)
    listed = {line.username: line for line in commands.list_users(practice)}
    assert listed["karin"].has_pin
    assert listed["karin"].active
    assert list(commands.list_users("elsewhere")) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [({"username": "dana"}, "a user 'dana' already"), ({"practitioner": "nobody"}, "Add the person first"),
     ({"password": "short"}, "too short"), ({"pin": "1111"}, "too easy")],
)  # fmt: skip
def test_what_cannot_be_added_is_said(newcomer: Pages, change: dict[str, str], words: str) -> None:
    given = {"username": "karin", "practice": newcomer.clinic.practice, "practitioner": "new", "password": PASSWORD}
    with pytest.raises(commands.CommandProblem, match=words):
        commands.add_user(**{**given, **change})


def test_a_disabled_user_may_be_enabled_again(pages: Pages) -> None:
    commands.disable_user("dana")
    assert pages.client().post("/sign-in", {"login": "dana", "password": PASSWORD}).status_code == 200
    commands.enable_user("dana")
    pages.client("dana")
    with pytest.raises(commands.CommandProblem, match="no user 'nobody'"):
        commands.disable_user("nobody")


@pytest.mark.parametrize("pin", ["", "123", "12345", "9876", "4444", "12a4", "1" * 13, "١٢٣٥"])
def test_a_pin_that_is_easy_to_guess_is_not_taken(pages: Pages, pin: str) -> None:
    with pytest.raises(BadPin):
        pin_hash(pin)


def test_a_pin_is_changed_with_the_password(pages: Pages) -> None:
    client = pages.client("dana")
    wrong = client.post("/account/pin", {"password": "wrong", "pin": "8024", "again": "8025"})
    body = wrong.content.decode()
    assert wrong.status_code == 422
    assert "not your password" in body
    assert "not the same" in body
    assert "8024" not in body
    assert client.post("/account/pin", {"password": PASSWORD, "pin": "8024", "again": "8024"}).status_code == 302
    client.post("/lock", headers={"X-Requested-With": "fetch"})
    assert client.post("/unlock", {"pin": "8024"}, headers={"X-Requested-With": "fetch"}).status_code == 204


def test_sign_in_in_two_steps(pages: Pages) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    client = pages.client("dana")
    asked = client.get("/account/two-steps/on")
    assert client.get(asked["Location"]).status_code == 200, "is it you?"
    client.post(asked["Location"], {"password": PASSWORD, "next": "/account/two-steps/on"})
    page = client.get("/account/two-steps/on").content.decode()
    (secret,) = re.findall(r"<code>(\w+)</code>", page)

    def code(step: int = 0) -> str:
        return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step)))

    assert client.post("/account/two-steps/on", {"code": code()}).status_code == 302
    assert Authenticator.objects.filter(user=pages.user("dana")).exists()
    second = pages.client()
    answer = second.post("/sign-in", {"login": "dana", "password": PASSWORD})
    assert answer["Location"].startswith("/sign-in/code")
    assert second.get("/search").status_code == 302, "the password alone opens nothing"
    assert second.get("/sign-in/code").status_code == 200
    second.post("/sign-in/code", {"code": "000000"})
    assert second.get("/search").status_code == 302
    assert second.post("/sign-in/code", {"code": code(1)}).status_code == 302
    assert second.get("/search").status_code == 200
    (newest, *_) = sessions.sessions_of(pages.clinic.store, practice=pages.clinic.practice, actor="Practitioner/dana")
    assert newest.roles


@pytest.mark.parametrize(
    ("name", "letters"), [("Dana Cole, CMA", "DC"), ("Dr. Karin Maria Lind", "KL"), ("Prince", "P"), ("", "")]
)
def test_initials(pages: Pages, name: str, letters: str) -> None:
    assert initials(name) == letters


def test_codes_cannot_be_guessed_for_long(pages: Pages) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(pages.user("dana"), generate_totp_secret())
    client = pages.client()
    client.post("/sign-in", {"login": "dana", "password": PASSWORD})
    answers = [client.post("/sign-in/code", {"code": "000000"}).content.decode() for _ in range(11)]
    assert "Too many wrong tries" in answers[10]
    assert "Too many wrong tries" not in answers[0]
