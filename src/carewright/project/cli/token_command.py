"""carewright token"""

import argparse
from datetime import timedelta

from carewright.core.access import sessions
from carewright.core.access.delegation import held_by
from carewright.core.access.identity import SessionKind
from carewright.core.access.model import Role
from carewright.core.access.scopes import ScopeError
from carewright.core.clock import wall_now
from carewright.core.store.store import Store
from carewright.project.cli.options import Failure, add_data_dir, say
from carewright.project.cli.pages import with_pages
from carewright.project.wiring import operator_access

HELP = """\
Print a bearer token for the FHIR API, which acts as one of the users. It is shown once and kept nowhere.

What it may do is what the user's roles allow, narrowed by the scopes (SMART version 2, letters c r u d s). Example:

  TOKEN=$(carewright token --user dana)
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/fhir/Patient
"""
SCOPE = "user/*.cruds"
DAYS = 30
MOST_DAYS = 366


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--user", required=True, metavar="NAME", help="the name the user signs in with")
    parser.add_argument("--scope", default=SCOPE, metavar="SCOPES", help=f"SMART scopes (default '{SCOPE}')")
    parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"how long it is valid (default {DAYS})")


def run(options: argparse.Namespace) -> int:
    if not 1 <= options.days <= MOST_DAYS:
        raise Failure(f"--days is between 1 and {MOST_DAYS}.")
    store = with_pages(options)
    try:
        print(_token(options, store))
    except ScopeError as error:
        raise Failure(str(error)) from error
    finally:
        store.close()
    return 0


def _token(options: argparse.Namespace, store: Store) -> str:
    from carewright.shell.accounts.models import User

    try:
        user = User.objects.get_by_natural_key(options.user)
    except User.DoesNotExist:
        raise Failure(f"There is no user '{options.user}'. `carewright user list` shows them all.") from None
    if not user.is_active:
        raise Failure(f"The user '{options.user}' is disabled.")
    roles = _roles(store, user.practice, user.practitioner)
    if not roles:
        raise Failure(f"The user '{options.user}' has no role today, so a token could do nothing.")
    expires_at = wall_now() + timedelta(days=options.days)
    secret = sessions.open_session(
        store, practice=user.practice, actor=user.reference, display=user.display, user_name=user.username,
        roles=roles, expires_at=expires_at, kind=SessionKind.TOKEN, scopes=options.scope,
    )  # fmt: skip
    say(f"Acts as {user.display} ({', '.join(sorted(roles))}) until {expires_at:%Y-%m-%d %H:%M} UTC.")
    return secret


def _roles(store: Store, practice: str, practitioner: str) -> set[Role]:
    today = store.now().date()
    with store.reader(operator_access(practice), reason="token") as reader:
        return {held.role for held in held_by(reader, practitioner).roles if held.days.include(today)}
