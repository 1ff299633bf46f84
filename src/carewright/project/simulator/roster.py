"""Who works with whom on the made-up day, who has lunch when, who covers: what the lead says before the doors open."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from carewright.core.access.model import Role
from carewright.project.simulator.model import DayPlan, Site, StaffMember

BEFORE_OPENING = timedelta(minutes=20)
FIRST_LUNCH, LUNCH = time(11, 30), timedelta(minutes=30)
PODS = "ABCDEF"


@dataclass(frozen=True, kw_only=True)
class Roster:
    """One site's day, written at `at`. `pairs` are (medical assistant, provider, pod, lunch begins)."""

    site: Site
    at: datetime
    pairs: tuple[tuple[StaffMember, StaffMember, str, datetime], ...]
    covering: StaffMember


def rosters(plan: DayPlan) -> list[Roster]:
    """The rosters of the sites that have a provider: one after the other goes to lunch."""
    found = []
    for site in plan.practice.sites:
        assistants = plan.practice.staff_at(site.key, Role.MA, Role.LEAD_MA)
        providers = plan.practice.staff_at(site.key, Role.PROVIDER)
        if not providers:
            continue
        lunch = datetime.combine(plan.day, FIRST_LUNCH, tzinfo=site.zone)
        pairs = [
            (assistant, provider, PODS[n % len(PODS)], lunch + n * LUNCH)
            for n, (assistant, provider) in enumerate(zip(assistants, providers, strict=False))
        ]
        opens = datetime.combine(plan.day, site.opens, tzinfo=site.zone)
        found.append(Roster(site=site, at=opens - BEFORE_OPENING, pairs=tuple(pairs), covering=providers[-1]))
    return found
