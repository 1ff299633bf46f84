"""Making and changing those who may sign in. Used by the demo, the command line and the pages."""

import secrets
from datetime import timedelta
from itertools import pairwise

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.db.models import F

from carewright.core.access import sessions
from carewright.shell import runtime
from carewright.shell.accounts.models import User

PIN_ATTEMPTS = 5
PIN_LENGTHS = range(4, 13)
_ONE_TIME_BYTES = 12

LOCKED_OUT_FOR = timedelta(minutes=15)
SIGN_IN_ATTEMPTS = 5
"""The two bounds of a lockout of one name at one address: choices of ours, within NIST SP 800-63B-4 (at most 100)."""


class BadPin(ValueError):
    """A PIN that is not taken; the text says what would be."""


def create_user(
    *,
    username: str,
    practice: str,
    practitioner: str,
    display: str,
    password: str,
    pin: str = "",
    must_change_password: bool = False,
    check: bool = True,
) -> User:
    """Add somebody who may sign in. `practitioner` is the id of a Practitioner in `practice`.

    ValidationError for a weak password (unless `check` is False: the demo), BadPin, IntegrityError for a name that
    is taken.
    """
    user = User(
        username=username.strip().lower(),
        practice=practice,
        practitioner=practitioner.removeprefix("Practitioner/"),
        display=display,
        must_change_password=must_change_password,
    )
    if check:
        validate_password(password, user)
    user.set_password(password)
    user.pin_hash = pin_hash(pin) if pin else ""
    user.save(force_insert=True)
    return user


def pin_hash(pin: str) -> str:
    """What is kept of a PIN; BadPin unless it has 4 to 12 digits that are not all the same or in a row."""
    if not pin.isdecimal() or not pin.isascii() or len(pin) not in PIN_LENGTHS:
        raise BadPin("A PIN has 4 to 12 digits.")
    steps = {int(second) - int(first) for first, second in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise BadPin("This PIN is too easy to guess: not all the same digit, and not digits in a row.")
    return make_password(pin)


def set_pin(user: User, pin: str) -> None:
    """Give the user another PIN; BadPin."""
    user.pin_hash, user.pin_failures = pin_hash(pin), 0
    user.save(update_fields=["pin_hash", "pin_failures"])


def pin_is_right(user: User, pin: str) -> bool | None:
    """Whether it is this user's PIN; None once there were too many wrong ones: only a full sign-in helps.

    The attempt is counted before the PIN is looked at, so that guesses sent at the same time are all counted.
    """
    counted = User.objects.filter(pk=user.pk, is_active=True, pin_failures__lt=PIN_ATTEMPTS)
    if not user.pin_hash or not counted.update(pin_failures=F("pin_failures") + 1):
        return None
    if check_password(pin, user.pin_hash):
        User.objects.filter(pk=user.pk).update(pin_failures=0)
        return True
    user.refresh_from_db(fields=["pin_failures"])
    return False if user.pin_failures < PIN_ATTEMPTS else None


def set_password(user: User, password: str, *, must_change: bool) -> None:
    """Give the user another password and end all their sessions."""
    user.set_password(password)
    user.must_change_password = must_change
    user.save(update_fields=["password", "must_change_password"])
    end_sessions(user)


def disable(user: User) -> None:
    """Nobody signs in as this user any more, and their sessions end."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user)


def end_sessions(user: User) -> int:
    """End every session and token of the user; how many."""
    return sessions.revoke_all(runtime.store(), practice=user.practice, actor=user.reference)


def one_time_password() -> str:
    """A password to be told once and changed at the first sign-in."""
    return secrets.token_urlsafe(_ONE_TIME_BYTES)
