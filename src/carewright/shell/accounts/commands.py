"""What `carewright user …` does; the command line prints what these return.

Errors are `CommandProblem`s: a sentence that says what is wrong and what to do.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from carewright.core.store.model import NotFound, Ref, Resource
from carewright.shell import runtime
from carewright.shell.accounts import services
from carewright.shell.accounts.models import User
from carewright.shell.sites import pages_access


class CommandProblem(Exception):
    """The command was not carried out; the text is for whoever gave it."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A line of `carewright user list`."""

    username: str
    display: str
    practice: str
    practitioner: str
    active: bool
    has_pin: bool


def add_user(*, username: str, practice: str, practitioner: str, password: str = "", pin: str = "") -> str:
    """Add a user for a Practitioner that is in the chart; the password, made up and to be changed if none was given."""
    display = _name(practice, practitioner)
    one_time = not password
    password = password or services.one_time_password()
    try:
        services.create_user(
            username=username, practice=practice, practitioner=practitioner, display=display, password=password,
            pin=pin, must_change_password=one_time,
        )  # fmt: skip
    except ValidationError as error:
        raise CommandProblem(" ".join(error.messages)) from error
    except services.BadPin as error:
        raise CommandProblem(str(error)) from error
    except IntegrityError as error:
        raise CommandProblem(f"There is a user '{username}' already. Choose another name.") from error
    return password


def disable_user(username: str) -> None:
    """Nobody signs in under this name any more; open sessions end."""
    services.disable(_user(username))


def enable_user(username: str) -> None:
    """The user may sign in again."""
    user = _user(username)
    user.is_active = True
    user.save(update_fields=["is_active"])


def list_users(practice: str | None = None) -> Iterable[Listed]:
    """All users, or those of one practice, by name."""
    users = User.objects.all() if practice is None else User.objects.filter(practice=practice)
    for user in users.order_by("username"):
        yield Listed(
            username=user.username,
            display=user.display,
            practice=user.practice,
            practitioner=user.practitioner,
            active=user.is_active,
            has_pin=bool(user.pin_hash),
        )


def reset_password(username: str) -> str:
    """Give the user a one-time password and end their sessions; the password, to be told to them."""
    password = services.one_time_password()
    services.set_password(_user(username), password, must_change=True)
    return password


def _user(username: str) -> User:
    try:
        return User.objects.get_by_natural_key(username)
    except User.DoesNotExist:
        raise CommandProblem(f"There is no user '{username}'. `carewright user list` shows them all.") from None


def _name(practice: str, practitioner: str) -> str:
    """The name of the Practitioner, as their badge says it."""
    ref = Ref("Practitioner", practitioner.removeprefix("Practitioner/"))
    try:
        with runtime.store().reader(pages_access(practice), reason="shell.add-user") as reader:
            found = reader.resource(ref)
    except NotFound:
        raise CommandProblem(f"There is no {ref} in the practice '{practice}'. Add the person first.") from None
    return badge_name(found)


def badge_name(practitioner: Resource) -> str:
    """`Dana Cole, CMA`, from the first name of a Practitioner."""
    name: Resource = next(iter(practitioner.get("name", ())), {})
    parts = [*name.get("prefix", ()), *name.get("given", ())[:1], name.get("family", "")]
    words = name.get("text") or " ".join(part for part in parts if part)
    suffix = ", ".join(name.get("suffix", ()))
    return f"{words}, {suffix}" if suffix else words or str(practitioner["id"])
