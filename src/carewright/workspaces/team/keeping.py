"""What comes to somebody who is away goes on to those who are here: results that come in later, tasks that begin on the
second day of an absence. The worker looks every minute; the lead has moved what was there (actions.cover).

Only tasks and the visits that an absent MA rooms. Another provider for a visit is chosen by people.
"""

from dataclasses import replace
from datetime import datetime

from carewright.core.access.model import Access
from carewright.core.store.model import Conflict
from carewright.core.store.store import Store
from carewright.core.work.lifecycle import NotNow
from carewright.shell.sites import Site, sites_of
from carewright.skills.staffing import queries as staff
from carewright.skills.staffing.model import Presence
from carewright.skills.staffing.rules import NotPossible
from carewright.workspaces.team import actions
from carewright.workspaces.team.waiting import cover_of


def keep_moving(store: Store, access: Access, *, now: datetime) -> int:
    """Move what waits today on those who are away, at every site of a practice; how many tasks and visits were moved.

    `access` is the worker's. What cannot be moved at this moment is moved the next time.
    """
    moved = 0
    for site in sites_of(store, access.practice).values():
        at = now.astimezone(site.zone)
        with store.reader(access, reason="team.keep-moving") as reader:
            rows = reader.rows("presence", where={"place": site.id, "day": at.date().isoformat()})
            away = [str(row["practitioner"]) for row in rows if row["away"]]
            team = staff.team(reader, site.id, at.date())[0] if away else None
        for who in away:
            absent = team.person(who) if team else None
            if absent is not None and absent.away is not None:
                moved += _move(store, replace(access, site=site.id), site, absent, at=at)
    return moved


def _move(store: Store, access: Access, site: Site, absent: Presence, *, at: datetime) -> int:
    with store.reader(access, reason="team.keep-moving") as reader:
        found = cover_of(reader, site=site.id, day=at.date(), practitioner=absent.practitioner, at=at)
    here = {f"Task/{item.id}" for item in found.items if item.site in ("", site.id)}
    here |= {f"Encounter/{row['id']}" for row in found.visits if row["provider"] != absent.practitioner}
    refs = [ref for ref in found.proposal if ref in here]
    if not refs:
        return 0
    try:
        return actions.move_on(store.writer(access), found=found, refs=refs, at=at)
    except (Conflict, NotNow, NotPossible):
        return 0  # somebody took, changed or ended one of these: the next look finds the rest
