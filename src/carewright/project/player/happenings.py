"""What comes in on a day of the practice, and when: a seed, a day and a rate in, a list out. Pure.

`NORMAL` holds how often each kind happens on a day of twenty visits; the rate multiplies it. What it is about is in
`values`; every happening has a `key` that is found again in whatever the practice writes down about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from carewright.core.access.model import Role
from carewright.project.simulator.seeds import stream


class What(StrEnum):
    """The kinds of happenings."""

    WORRIED_PARENT = "worried-parent"
    REFILL = "refill"
    RESULT_QUESTION = "result-question"
    APPOINTMENT_QUESTION = "appointment-question"
    CHEST_PAIN = "chest-pain"
    WRONG_NUMBER = "wrong-number"
    HUNG_UP = "hung-up"
    VOICEMAIL = "voicemail"
    FAX = "fax"
    PAPER = "paper"
    WALK_IN = "walk-in"
    STAT = "stat"
    ASK = "ask"
    REFERRAL = "referral"
    SICK = "sick"
    PHARMACY = "pharmacy"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How often something happens on a normal day, and whom it reaches: whoever of `roles` is free first."""

    what: What
    a_day: float
    roles: tuple[Role, ...]
    says: tuple[str, ...] = ()


DESK, MA, LEAD, NURSE, PROVIDER = Role.FRONT_DESK, Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER

NORMAL: Mapping[What, Kind] = {
    kind.what: kind
    for kind in (
        Kind(what=What.WORRIED_PARENT, a_day=2.0, roles=(DESK, MA),
             says=("She has had a fever since last night", "He will not drink since this morning")),
        Kind(what=What.REFILL, a_day=2.0, roles=(DESK, MA),
             says=("The blood pressure pills run out on Friday", "Needs the inhaler again")),
        Kind(what=What.RESULT_QUESTION, a_day=1.0, roles=(DESK, MA), says=("Wants to know about the blood test",)),
        Kind(what=What.APPOINTMENT_QUESTION, a_day=1.0, roles=(DESK, MA), says=("Asks for another day",)),
        Kind(what=What.CHEST_PAIN, a_day=0.4, roles=(DESK, MA), says=("Pressure in the chest, since an hour",)),
        Kind(what=What.WRONG_NUMBER, a_day=0.4, roles=(DESK, MA), says=("Wanted the pizza place",)),
        Kind(what=What.HUNG_UP, a_day=0.5, roles=(DESK, MA), says=("Line went dead",)),
        Kind(what=What.VOICEMAIL, a_day=0.5, roles=()),
        Kind(what=What.FAX, a_day=2.0, roles=()),
        Kind(what=What.PAPER, a_day=1.0, roles=(DESK,)),
        Kind(what=What.WALK_IN, a_day=1.0, roles=(DESK,), says=("Cut on the hand", "Sore throat")),
        Kind(what=What.STAT, a_day=0.7, roles=(PROVIDER,), says=("EKG now", "Oxygen to the room")),
        Kind(what=What.ASK, a_day=2.0, roles=(PROVIDER,),
             says=("Call the pharmacy", "Send the school form", "Ask for the old records")),
        Kind(what=What.REFERRAL, a_day=1.0, roles=(PROVIDER,), says=("Murmur, please hear", "Knee, six weeks now")),
        Kind(what=What.SICK, a_day=0.2, roles=(LEAD,)),
        Kind(what=What.PHARMACY, a_day=2.0, roles=(MA, NURSE),
             says=("Lisinopril 10 mg tablet", "Metformin 500 mg tablet", "Albuterol inhaler", "Tramadol 50 mg tablet")),
    )
}  # fmt: skip
"""One row for each kind; a further kind is a further row."""

AT_MOST: Mapping[What, int] = {What.SICK: 1}
"""Of what there can only be so many a day, whatever the rate: the practice is small."""
OPENS, CLOSES = time(8), time(16, 30)
NIGHT = frozenset({What.FAX, What.VOICEMAIL})
"""What comes in at any hour; every fourth of them outside the practice's hours."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that happens: at `at`, reaching whoever of `roles` is free; `key` is unique among all days."""

    at: datetime
    what: What
    key: str
    roles: tuple[Role, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What is said, with the key: whatever the practice writes down about it is found again by it."""
        return f"{self.values.get('says', '')} ({self.key})".strip()


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A patient as the outside knows them."""

    id: str
    name: str
    born: date


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Whether and when the patient of an appointment is there; None for one who never comes. `due`: the booking."""

    due: datetime
    at: datetime | None


def day(
    seed: int,
    on: date,
    *,
    rate: float,
    patients: Sequence[Caller],
    zone: ZoneInfo,
    visits: int = 20,
    opens: time = OPENS,
) -> tuple[Happening, ...]:
    """What happens on a day, in order. `rate` 1 is a normal day; `visits` is how large the practice's day is.

    Nothing happens before `opens`, which is later on a day that is begun in the middle.
    """
    found: list[Happening] = []
    for kind in NORMAL.values():
        rng = stream(seed, "happenings", on, kind.what.value)
        wanted = kind.a_day * rate * visits / 20
        number = int(wanted) + (rng.random() < wanted - int(wanted))
        for count in range(min(number, AT_MOST.get(kind.what, number))):
            key = f"{on:%m%d}-{kind.what.value}-{count + 1}"
            at = _moment(rng, on, zone, night=kind.what in NIGHT)
            found.append(
                Happening(at=at, what=kind.what, key=key, roles=kind.roles, values=_values(rng, kind, patients))
            )
    first = datetime.combine(on, opens, tzinfo=zone)
    return tuple(sorted((h for h in found if h.at >= first), key=lambda happening: (happening.at, happening.key)))


def arrival(seed: int, appointment: str, starts_at: datetime) -> Arrival:
    """When the patient of an appointment comes: mostly some minutes early, sometimes late, of twenty one never."""
    rng = stream(seed, "arrival", appointment)
    draw = rng.random()
    if draw < 0.05:
        return Arrival(due=starts_at, at=None)
    minutes = rng.uniform(5, 25) if draw < 0.2 else -rng.uniform(0, 20)
    return Arrival(due=starts_at, at=starts_at + timedelta(minutes=round(minutes)))


def _moment(rng: Random, on: date, zone: ZoneInfo, *, night: bool) -> datetime:
    """A moment of the day; busiest in the morning and after lunch."""
    if night and rng.random() < 0.25:
        return datetime.combine(on, time(17, 30), tzinfo=zone) + timedelta(minutes=rng.randrange(300))
    opens, closes = (datetime.combine(on, at, tzinfo=zone) for at in (OPENS, CLOSES))
    span = (closes - opens).total_seconds()
    where = rng.triangular(0, span, span * 0.25) if rng.random() < 0.5 else rng.uniform(0, span)
    return opens + timedelta(seconds=round(where))


def _values(rng: Random, kind: Kind, patients: Sequence[Caller]) -> dict[str, str]:
    about = rng.choice(patients)
    values = {"patient": about.id, "name": about.name, "born": about.born.isoformat()}
    values["number"] = f"651-555-{rng.randrange(200, 9900):04d}"
    values["says_name"] = "yes" if rng.random() < 0.6 else ""
    if kind.says:
        values["says"] = rng.choice(kind.says)
    return values
