"""Whether the person behind a token still holds the roles that it was made with.

A token lives for weeks, a role may end today. The API asks at the first request of a minute in which a token is used.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from carewright.core.access.delegation import held_by
from carewright.core.access.model import READ, Access, Actor, Purpose, Role

if TYPE_CHECKING:
    from carewright.core.store.store import Store

PERSON = "Practitioner/"
FARTHEST_ZONE = timedelta(hours=12)
"""A token names no site. A role counts until its last day is over in every time zone west of UTC."""


class Holder(Protocol):
    """A session, or what a person has allowed a program: who it is and in which roles."""

    @property
    def practice(self) -> str: ...

    @property
    def actor(self) -> str: ...

    @property
    def roles(self) -> frozenset[Role]: ...


def still_holds(store: "Store", session: Holder) -> bool:
    """Whether every role of the session is held by its person today; devices and patients hold none."""
    if not session.actor.startswith(PERSON):
        return True
    access = Access(
        actor=Actor(practice=session.practice, reference="Device/api", display="API"),
        roles=frozenset(),
        purpose=Purpose.SYSTEM,
        grants=dict.fromkeys(("Practitioner", "PractitionerRole"), READ),
    )
    with store.reader(access, reason="access.roles") as reader:
        held = held_by(reader, session.actor.removeprefix(PERSON)).roles
    now = store.now()
    days = {now.date(), (now - FARTHEST_ZONE).date()}
    return session.roles <= {role.role for role in held if any(role.days.include(day) for day in days)}
