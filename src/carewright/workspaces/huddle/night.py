"""The night before: what takes others time is handed out, so that the huddle is filled when the day begins.

The lines themselves need no filling: they are made of what stands in the charts whenever somebody looks.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from carewright.core.access.model import Access
from carewright.core.settings import values
from carewright.core.settings.model import OF_SITE, WHOLE, Setting
from carewright.core.store.model import Ref
from carewright.core.store.store import Store
from carewright.core.work.hours import Hours, hours_of
from carewright.shell.sites import sites_of
from carewright.skills.previsit import actions
from carewright.workspaces.huddle.reading import Day, read, wanted

FARTHEST_DAYS = 14
"""A site that is closed longer has no huddle to fill."""

FILL_HOUR = Setting(
    name="huddle.fill-hour",
    kind=WHOLE,
    default=19,
    doc="From which hour of the evening on the huddle of the next working day is filled.",
    levels=OF_SITE,
    unit="hour of the day",
    check=lambda hour: None if 0 <= hour <= 23 else "an hour from 0 to 23.",
)


def next_working_day(hours: Hours, after: date) -> date | None:
    """The next day on which the site is open."""
    days = (after + timedelta(days=number) for number in range(1, FARTHEST_DAYS + 1))
    return next((day for day in days if hours.is_working_day(day)), None)


def fill(store: Store, access: Access, *, now: datetime) -> int:
    """Fill the next working day of each site of a practice where it is evening; returns how many tasks were made.

    Said again, it makes none: it may run as often as it likes, and finds what was booked late.
    """
    made = 0
    for site in sites_of(store, access.practice).values():
        local = now.astimezone(site.zone)
        if local.hour < values.get(store, FILL_HOUR, replace(access, site=site.id)):
            continue
        with store.reader(access, reason="huddle.fill") as reader:
            hours = hours_of(reader.resource_or_none(Ref("Location", site.id)), zone=site.zone)
            on = next_working_day(hours, local.date())
            if on is None:
                continue
            day = Day(site=site, on=on)
            listed = list(wanted(read(reader, day), day))
        writer: Any = store.writer(access)
        made += actions.fill(writer, listed, at=now)
    return made
