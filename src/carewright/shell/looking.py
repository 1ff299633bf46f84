"""`request.care`: who looks, where, when, and what stands in the top bar for them."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.access.sessions import Session
from carewright.core.registry import Registry
from carewright.core.store.store import Store
from carewright.shell.accounts.workplace import IDLE_SECONDS
from carewright.shell.care import Care, Choice, NavEntry
from carewright.shell.refusals import for_script
from carewright.shell.sites import Site, sites_of
from carewright.shell.times import SiteClock

EMERGENCY = "emergency"
"""The manifest whose task codes are the jobs of the emergency dialog."""


def care_of(request: HttpRequest, signed_on: Session, store: Store) -> Care:
    """What every page knows. The sites are kept for half a minute, so a part of a page costs no statement.

    How far the change feed has come is looked up before anything else of the page is: what changes while the page is
    read is then told by its event stream.
    """
    site = sites_of(store, signed_on.practice).get(signed_on.site or "")
    entries = _nav(request, store.registry, store.registry.actions_for(signed_on.roles))
    return Care(
        actor_name=signed_on.display,
        initials=initials(signed_on.display),
        actor_role=role_words(signed_on.roles),
        site_name=site.name if site else "",
        now=store.now(),
        clock=site.clock if site else SiteClock(),
        nav=tuple(entry for entry in entries if not entry.icon),
        quick=tuple(entry for entry in entries if entry.icon),
        rooms=_rooms(site),
        here=str(request.GET.get("room", "")),
        emergency_jobs=jobs(store.registry),
        live_url=settings.CARE_LIVE_URL,
        live_after="" if for_script(request) else store.feed_position(signed_on.practice),
        idle_seconds=int(request.session.get(IDLE_SECONDS, 0)),
    )


def initials(name: str) -> str:
    """`DC` of `Dana Cole, CMA`; titles are left out."""
    words = [word for word in name.partition(",")[0].split() if not word.endswith(".")]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def role_words(roles: frozenset[Role]) -> str:
    """`Lead medical assistant, Nurse`."""
    return ", ".join(gettext(ROLE_WORDS[role]) for role in Role if role in roles)


def jobs(registry: Registry) -> tuple[Choice, ...]:
    """Who can be called in an emergency."""
    codes = [code for manifest in registry.manifests if manifest.name == EMERGENCY for code in manifest.task_codes]
    return tuple(Choice(value=code.code, label=gettext(code.display)) for code in codes)


def _rooms(site: Site | None) -> tuple[Choice, ...]:
    return site.rooms if site else ()


def _nav(request: HttpRequest, registry: Registry, actions: frozenset[str]) -> tuple[NavEntry, ...]:
    found = []
    for entry in (entry for manifest in registry.manifests for entry in manifest.nav):
        if entry.permission not in actions:
            continue
        try:
            address = reverse(entry.url_name)
            count_url = reverse(entry.counts) if entry.counts else ""
        except NoReverseMatch:
            continue
        here = request.path == address or request.path.startswith(address.rstrip("/") + "/")
        found.append(
            NavEntry(
                label=gettext(entry.label),
                url=address,
                key=entry.key,
                current=here,
                icon=entry.quick,
                seldom=entry.seldom,
                count_url=count_url,
                topic=entry.topic,
            )
        )
    return tuple(found)
