"""Where somebody works today and in which roles, and the session that begins there.

Roles are read from the chart (PractitionerRole) when the session is opened, and again at most a minute apart while it
is used: a session whose roles have changed, by hand or by date, ends.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from carewright.core.access.delegation import held_by
from carewright.core.access.model import Access, Actor, Role
from carewright.core.access.sessions import Session
from carewright.core.settings import values
from carewright.core.store.store import Store
from carewright.shell import runtime
from carewright.shell.accounts.models import User
from carewright.shell.accounts.session_store import SessionStore, SignOn
from carewright.shell.idle import IDLE_LOCK_MINUTES
from carewright.shell.sites import Site, pages_access, sites_of

SITE_COOKIE = "care_site"
IDLE_SECONDS = "idle_seconds"
MUST_CHANGE = "must_change_password"
CHOOSE_SITE = "choose_site"


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """A site somebody may work at today, with the roles they hold there. `site` None: a practice without sites."""

    site: Site | None
    roles: frozenset[Role]

    @property
    def site_id(self) -> str | None:
        return self.site.id if self.site else None


def workplaces(store: Store, *, practice: str, practitioner: str) -> list[Workplace]:
    """Where the Practitioner with that id may work today, by the name of the site."""
    with store.reader(pages_access(practice), reason="shell.roles") as reader:
        held = held_by(reader, practitioner).roles
    sites: list[Site | None] = [*sites_of(store, practice).values()] or [None]
    found = []
    for site in sites:
        now = store.now()
        day = (site.clock.local(now) if site else now).date()
        where = site.id if site else None
        roles = frozenset(role.role for role in held if role.days.include(day) and role.site in (None, where))
        if roles:
            found.append(Workplace(site=site, roles=roles))
    return found


def begin_work(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """After sign-in: open the person's session at the site of this device, or the first of theirs."""
    places = workplaces(runtime.store(), practice=user.practice, practitioner=user.practitioner)
    known = request.COOKIES.get(SITE_COOKIE)
    chosen = next((place for place in places if place.site_id == known), places[0] if places else None)
    session = request.session
    if not isinstance(session, SessionStore):
        raise TypeError("SESSION_ENGINE is carewright.shell.accounts.session_store.")
    User.objects.filter(pk=user.pk).update(pin_failures=0)
    session[CHOOSE_SITE] = len(places) > 1 and (chosen is None or chosen.site_id != known)
    session[MUST_CHANGE] = user.must_change_password
    _begin_at(session, user, chosen)


def work_at(request: HttpRequest, user: User, site_id: str) -> bool:
    """Go on at another site, with the roles held there; False if the person does not work there today."""
    places = workplaces(runtime.store(), practice=user.practice, practitioner=user.practitioner)
    chosen = next((place for place in places if place.site_id == site_id), None)
    session = request.session
    if chosen is None or not isinstance(session, SessionStore):
        return False
    session[CHOOSE_SITE] = False
    _begin_at(session, user, chosen)
    return True


def still_holds(store: Store, row: Session) -> bool:
    """Whether the person of this session holds, today at its site, just the roles it was opened with."""
    practitioner = row.actor.removeprefix("Practitioner/")
    places = workplaces(store, practice=row.practice, practitioner=practitioner)
    here = next((place for place in places if place.site_id == row.site), None)
    return (here.roles if here else frozenset()) == row.roles


def _begin_at(session: SessionStore, user: User, place: Workplace | None) -> None:
    session[IDLE_SECONDS] = _idle_seconds(user, place)
    session.begin(
        SignOn(
            practice=user.practice,
            actor=user.reference,
            display=user.display,
            user_name=user.username,
            roles=place.roles if place else frozenset(),
            site=place.site_id if place else None,
        )
    )


def _idle_seconds(user: User, place: Workplace | None) -> int:
    """The time without input until the lock, as it is set for the site or the practice."""
    access = Access(
        actor=Actor(practice=user.practice, reference=user.reference),
        roles=frozenset(),
        site=place.site_id if place else None,
    )
    return 60 * values.get(runtime.store(), IDLE_LOCK_MINUTES, access)
