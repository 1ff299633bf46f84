"""Whose a task or a message is to be, as choices of a form: a person, everybody in a role, anybody."""

from collections.abc import Collection, Mapping

from django.utils.translation import gettext

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.work.model import ANYONE, ANYONE_WORDS, Pool
from carewright.shell.saying import term_words

POOL = "role:"
"""In front of a role among the choices; a person stands there by reference."""


def whom(choice: str) -> tuple[str, Pool | None]:
    """The person and the pool of a choice `Practitioner/…` or `role:ma`."""
    if not choice.startswith(POOL):
        return choice, None
    role = choice.removeprefix(POOL)
    return "", Pool(role=Role(role) if role else None)


def whom_choices(
    people: Mapping[str, str], *, me: str, roles: Collection[Role], me_too: bool = True, anybody: bool = True
) -> list[tuple[str, str]]:
    """Oneself (with `me_too`), then everybody of a role, anybody (with it), then the others by name."""
    pools = [(f"{POOL}{role.value}", pool_words(Pool(role=role))) for role in roles]
    others = sorted((name, ref) for ref, name in people.items() if ref != me)
    mine = [(me, gettext("Me"))] if me in people and me_too else []
    anyone = [(POOL, pool_words(Pool(role=None)))] if anybody else []
    return [*mine, *pools, *anyone, *((ref, name) for name, ref in others)]


def pool_words(pool: Pool | None) -> str:
    """`Any Medical assistant`, `Any Pod A Medical assistant`, `Anyone here`."""
    if pool is None:
        return ""
    return role_pool_words("" if pool.role is None else pool.role.value, pool.pod)


def role_pool_words(role: str, pod: str = "") -> str:
    """The same from the columns of a projection."""
    if role in ("", ANYONE):
        return term_words(ANYONE_WORDS)
    who = " ".join(part for part in (pod, term_words(ROLE_WORDS[Role(role)])) if part)
    return gettext("Any %(who)s") % {"who": who}
