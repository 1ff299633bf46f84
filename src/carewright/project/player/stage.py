"""Sets a play up from a demonstration: its people, its patients, what is booked, and what is still to happen today."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from carewright.core.access import sessions
from carewright.core.access.identity import SessionKind
from carewright.core.access.model import Access, Role
from carewright.core.store.store import Store
from carewright.project import demonstration
from carewright.project.player.happenings import Caller, day
from carewright.project.player.laboratory import SCOPES
from carewright.project.player.play import Play, expected
from carewright.project.player.world import World

VALID = timedelta(days=2)
"""Of the laboratory's token, by the wall's clock."""


def staged(
    store: Store,
    access: Access,
    *,
    state: demonstration.State,
    base: Callable[[], str],
    password: str,
    rate: float = 1.0,
    folder: Path | None = None,
) -> Play:
    """The play of the rest of the demonstration's day, from the store's clock on. `rate` 1 is a normal day."""
    on = date.fromisoformat(state.day)
    practice = demonstration.plan_of(seed=state.seed, day=on).practice
    zone = ZoneInfo(practice.sites[0].time_zone)
    with store.reader(access, reason="play") as reader:
        rows = reader.rows("patient", where={})
        comes = expected(reader, practice, seed=state.seed, on=on)
    patients = [
        Caller(id=str(row["id"]), name=str(row["name"]), born=date.fromisoformat(str(row["birth_date"])))
        for row in rows
        if row["birth_date"]
    ]
    world = World(seed=state.seed, clock=store.clock, patients=patients, zone=zone, folder=folder, arrivals=comes)
    now = world.local_now()
    if now.date() == on:
        todays = day(state.seed, on, rate=rate, patients=patients, zone=zone, opens=now.time())
        world.expect(one for one in todays if one.roles or folder is not None)
    return Play(practice=practice, world=world, base=base, password=password, token=_token(store, state.practice))


def _token(store: Store, practice: str) -> str:
    """A token of the laboratory's interface: it writes results and reads orders, and nothing else."""
    return sessions.open_session(
        store, practice=practice, actor="Device/laboratory", display="Laboratory", user_name="", roles={Role.NURSE},
        expires_at=store.clock.wall() + VALID, kind=SessionKind.TOKEN, scopes=SCOPES,
    )  # fmt: skip


def table(play: Play) -> list[str]:
    """What was begun and what was acknowledged, a line for each kind."""
    ledger = play.world.ledger
    lines = [f"{'':<12}{'begun':>8}{'acknowledged':>14}"]
    for kind, count in sorted(ledger.counts().items()):
        lines.append(f"{kind:<12}{count:>8}{sum(entry.is_promised for entry in ledger.of(kind)):>14}")
    return lines
