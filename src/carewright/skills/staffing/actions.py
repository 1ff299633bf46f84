"""The writes of staffing. Each is one transaction that carries the actor and the reason."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from carewright.core.sentences import sentence
from carewright.core.store.model import Conflict, Resource
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.skills.staffing import fhir, queries, rules
from carewright.skills.staffing.model import LONGEST_POD, Absence, Team
from carewright.skills.staffing.rules import NotPossible

LONGEST_DAYS = 31
ATTEMPTS = 5
MANAGE = "staffing.manage"


def mark_absent(writer: Writer, *, site: str, absence: Absence) -> None:
    """Somebody is away for some days: their pairs of these days end. NotPossible for more than a month at once."""
    check_days(absence)
    days = (absence.last - absence.first).days + 1
    _change(
        writer, site, [absence.first + timedelta(days=n) for n in range(days)],
        lambda team: rules.away(team, absence.practitioner, absence.why), reason="staffing.mark-absent",
    )  # fmt: skip


def check_days(absence: Absence) -> None:
    """NotPossible for an absence that ends before it begins, or is longer than a month."""
    if not 1 <= (absence.last - absence.first).days + 1 <= LONGEST_DAYS:
        raise NotPossible(
            sentence("Give at most %(count)s days at once, the last one not before the first.", count=LONGEST_DAYS)
        )


def back(writer: Writer, *, site: str, day: date, practitioner: str) -> None:
    """Somebody is here after all."""
    _change(writer, site, [day], lambda team: rules.back(team, practitioner), reason="staffing.back")


def pair(writer: Writer, *, site: str, day: date, ma: str, provider: str) -> None:
    """An MA rooms for a provider on this day; an empty provider ends the pair."""
    _change(writer, site, [day], lambda team: rules.paired(team, ma=ma, provider=provider), reason="staffing.pair")


def set_lunch(
    writer: Writer, *, site: str, day: date, practitioner: str, starts_at: datetime | None, ends_at: datetime | None
) -> None:
    """When somebody has lunch; None for none."""
    _change(
        writer, site, [day], lambda team: rules.at_lunch(team, practitioner, starts_at=starts_at, ends_at=ends_at),
        reason="staffing.set-lunch",
    )  # fmt: skip


def set_pod(writer: Writer, *, site: str, day: date, practitioner: str, pod: str) -> None:
    """Somebody works in a pod on this day; an empty name for none."""
    _check_pod(pod)
    _change(writer, site, [day], lambda team: rules.in_pod(team, practitioner, pod), reason="staffing.set-pod")


def set_day(
    writer: Writer,
    *,
    site: str,
    day: date,
    practitioner: str,
    works_with: str | None,
    pod: str,
    lunch: tuple[datetime, datetime] | None,
) -> None:
    """A person's day in one write: with which provider (None: leave that as it is), in which pod, when lunch is."""
    _check_pod(pod)
    starts_at, ends_at = lunch or (None, None)

    def step(team: Team) -> Team:
        if works_with is not None:
            team = rules.paired(team, ma=practitioner, provider=works_with)
        team = rules.in_pod(team, practitioner, pod)
        return rules.at_lunch(team, practitioner, starts_at=starts_at, ends_at=ends_at)

    _change(writer, site, [day], step, reason="staffing.set-day")


def set_covering(writer: Writer, *, site: str, day: date, provider: str) -> None:
    """The provider who covers on this day; empty: whom the setting names."""
    _change(writer, site, [day], lambda team: rules.covered_by(team, provider), reason="staffing.set-covering")


def _check_pod(pod: str) -> None:
    if len(pod) > LONGEST_POD:
        raise NotPossible(sentence("Say it shorter: at most %(count)s letters.", count=LONGEST_POD))


def plan_change(tx: Transaction, after: Team, *, stored: Resource | None) -> None:
    """Plan a changed team in a transaction that an action has begun; `stored` is what was read for the day."""
    if stored is None:
        tx.create(fhir.to_fhir(after), resource_id=fhir.team_id(after.site, after.day))
    else:
        tx.update(fhir.to_fhir(after, onto=stored), version=int(stored["meta"]["versionId"]))


def _change(writer: Writer, site: str, days: list[date], step: Callable[[Team], Team], *, reason: str) -> None:
    """Read the days, take the step, write; again where somebody else was faster, since steps do not contradict."""
    writer.access.require_action(MANAGE)
    for attempt in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason=reason) as reader:
            read = [queries.team(reader, site, day) for day in days]
        try:
            with writer.transaction(reason=reason) as tx:
                for team, stored in read:
                    plan_change(tx, step(team), stored=stored)
            return
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
