"""From what was read to the rows of the board: who must act, how long it lasts, what comes next. No store, no clock."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from django.utils.translation import gettext, pgettext

from carewright.core.access.model import Role
from carewright.core.fhir.text import fold
from carewright.shell.care import Care
from carewright.shell.components import Level
from carewright.shell.saying import term_words
from carewright.shell.times import Wait
from carewright.shell.words import age_on, wait_words
from carewright.skills.protocols.codes import short_name
from carewright.skills.rooms.model import RoomState
from carewright.skills.rooms.rules import WAITS
from carewright.skills.visit.codes import FLOW_TASKS
from carewright.skills.visit.model import VisitStatus
from carewright.skills.visit.rules import actions_from
from carewright.workspaces.board import words
from carewright.workspaces.board.reading import Read, Row
from carewright.workspaces.board.thresholds import Limits, Thresholds

SOON = timedelta(minutes=60)
"""Whoever is expected later than this is only counted."""
TASKS_SHOWN = 2
_NO_CHIP = frozenset(code.code for code in FLOW_TASKS) | {kind.coding.code for kind in WAITS}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A flag in words with its icon."""

    icon: str
    words: str
    critical: bool = False


@dataclass(frozen=True, kw_only=True)
class RunningWait:
    """A clinic-defined wait: what, and how long until it is due (negative: past it)."""

    words: str
    due_at: datetime
    minutes_left: int

    @property
    def level(self) -> Level:
        return Level.PLAIN if self.minutes_left > 0 else Level.WARN

    @property
    def left_words(self) -> str:
        return wait_words(Wait(self.minutes_left)) if self.minutes_left > 0 else gettext("now")


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    """One line of the board. `since` is the clock of its status; `visit` is empty while the patient is not here."""

    key: str
    patient: str
    name: str
    age_sex: str
    group: str
    status: VisitStatus
    since: datetime
    minutes: int
    limits: Limits
    at: datetime
    reason: str
    provider: str
    provider_name: str
    version: int
    born: str = ""
    visit: str = ""
    appointment: str = ""
    assistant: str = ""
    assistant_name: str = ""
    room: str = ""
    room_name: str = ""
    done: int = 0
    open_tasks: tuple[str, ...] = ()
    flags: tuple[Mark, ...] = ()
    waits: tuple[RunningWait, ...] = ()
    actions: frozenset[str] = field(default_factory=frozenset)

    @property
    def level(self) -> Level:
        return self.limits.level(self.minutes)

    @property
    def look(self) -> words.Look:
        return words.STATUS[self.status]

    @property
    def shown_tasks(self) -> tuple[str, ...]:
        return self.open_tasks[:TASKS_SHOWN]

    @property
    def more_tasks(self) -> int:
        return max(0, len(self.open_tasks) - TASKS_SHOWN)

    @property
    def time_words(self) -> str:
        """How long it lasts; for somebody who is not here yet, until when."""
        if self.group != "expected":
            return wait_words(Wait(self.minutes))
        if self.minutes > 0:
            return gettext("Late by %(time)s") % {"time": wait_words(Wait(self.minutes))}
        if not self.minutes:
            return gettext("now")
        return gettext("in %(time)s") % {"time": wait_words(Wait(-self.minutes))}

    @property
    def rank(self) -> int:
        """Who waits comes before whom somebody is with; the longest wait first within each."""
        return int(self.status is VisitStatus.WITH_PROVIDER)

    @property
    def order(self) -> tuple[int, datetime, str]:
        return self.rank, self.since, self.key

    @property
    def since_ms(self) -> int:
        return int(self.since.timestamp() * 1000)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows with one answer to the question who must act."""

    key: str
    words: str
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True, kw_only=True)
class RoomTile:
    """A room of the rail: its number, and what it is doing."""

    id: str
    name: str
    number: str
    words: str
    icon: str
    level: Level
    is_free: bool
    minutes: int
    version: int
    is_isolation: bool = False
    visit: str = ""


@dataclass(frozen=True, kw_only=True)
class Board:
    """All that is shown."""

    groups: tuple[Group, ...]
    tiles: tuple[RoomTile, ...]
    done: int
    later: int

    @property
    def rows(self) -> tuple[BoardRow, ...]:
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def free_rooms(self) -> int:
        return sum(tile.is_free for tile in self.tiles)


def board(read: Read, *, care: Care, thresholds: Thresholds, roles: Iterable[Role]) -> Board:
    """The board of a site at `care.now`."""
    held = frozenset(roles)
    visits = [_visit_row(row, read, care=care, thresholds=thresholds, roles=held) for row in read.visits]
    expected = [_expected_row(row, read, care=care, thresholds=thresholds, roles=held) for row in read.expected]
    soon = [row for row in expected if row.at <= care.now + SOON]
    rows = _tell_apart([*visits, *soon], read, care)
    groups = tuple(
        Group(key=key, words=gettext(text), rows=tuple(sorted((r for r in rows if r.group == key), key=_order)))
        for key, text in words.GROUPS.items()
    )
    tiles = room_tiles(read.rooms, rows, now=care.now)
    return Board(groups=groups, tiles=tiles, done=read.done, later=len(expected) - len(soon))


def next_for(board: Board, *, actor: str, roles: Iterable[Role]) -> list[BoardRow]:
    """What waits for this person: theirs or nobody's, the masked first, then the longest wait."""
    held = set(roles)
    if Role.PROVIDER in held:
        mine = [r for r in board.rows if r.provider == actor and r.status is VisitStatus.READY]
    elif Role.FRONT_DESK in held:
        mine = [r for r in board.rows if r.group in ("desk", "left") or (r.group == "expected" and r.minutes > 0)]
    else:
        # Who waits is everybody's; who is in a room is whose it is, or nobody's.
        waiting = [r for r in board.rows if r.group in ("mask", "waiting")]
        mine = [*waiting, *(r for r in board.rows if r.group == "ma" and r.assistant in ("", actor))]
    return sorted(mine, key=lambda row: (row.group != "mask", -row.minutes, row.key))


def room_tiles(rooms: Sequence[Row], rows: Iterable[BoardRow], *, now: datetime) -> tuple[RoomTile, ...]:
    """The rooms with what they are doing: in use by an open visit, or where they are in their turnover."""
    inside = {row.room: row for row in rows if row.room}
    return tuple(_tile(room, inside.get(f"Location/{room['id']}"), now=now) for room in rooms)


def _tile(room: Row, row: BoardRow | None, *, now: datetime) -> RoomTile:
    state = RoomState(str(room["state"]))
    if state is RoomState.OCCUPIED and row is None:
        state = RoomState.DIRTY
    look = words.ROOMS[state] if row is None else replace(row.look, words=words.SHORT[row.status])
    since = cast(datetime, room["since"]) if row is None else row.since
    name = str(room["name"])
    return RoomTile(
        id=str(room["id"]),
        name=name,
        number=name.rpartition(" ")[2],
        words=gettext(look.words),
        icon=look.icon,
        level=look.level,
        is_free=row is None and state is RoomState.READY,
        minutes=Wait.between(since=since, now=now).minutes,
        version=cast(int, room["version"]),
        is_isolation=bool(room["is_isolation"]),
        visit=row.visit if row else "",
    )


def _visit_row(row: Row, read: Read, *, care: Care, thresholds: Thresholds, roles: frozenset[Role]) -> BoardRow:
    status = VisitStatus(str(row["status"]))
    visit, patient = str(row["id"]), str(row["patient"])
    provider, assistant = str(row["provider"] or ""), str(row["assistant"] or "")
    appointment = read.appointments.get(str(row["appointment"] or ""), {})
    flags = _flags(read, patient)
    began = cast(datetime, row["started_at"])
    is_left = began < read.since
    masked = not is_left and status is VisitStatus.WAITING and any(flag.critical for flag in flags)
    tasks = [task for task in read.tasks.get(visit, ()) if task["code"] not in _NO_CHIP]
    since = cast(datetime, row["since"])
    return BoardRow(
        key=f"v-{visit}",
        visit=visit,
        patient=patient,
        name=_name(patient, read),
        age_sex=_age_sex(patient, read, care),
        group="left" if is_left else "mask" if masked else words.GROUP_OF.get(status, "desk"),
        status=status,
        since=since,
        minutes=Wait.between(since=since, now=care.now).minutes,
        limits=thresholds["mask" if masked else status.value],
        at=cast(datetime, appointment.get("starts_at") or began),
        reason=str(row["reason"] or term_words(row["type_words"])),
        provider=provider,
        provider_name=read.names.get(provider, ""),
        assistant=assistant,
        assistant_name=read.names.get(assistant, ""),
        version=cast(int, row["version"]),
        appointment=str(row["appointment"] or ""),
        room=str(row["room"] or ""),
        room_name=_room_number(row["room"], read.rooms),
        done=sum(task["status"] == "completed" for task in tasks),
        open_tasks=tuple(_task_name(task) for task in tasks if task["is_open"]),
        flags=flags,
        waits=tuple(_wait(wait, care.now) for wait in read.waits.get(visit, ())),
        actions=frozenset(step.action for step in actions_from(status, roles=roles)),
    )


def _task_name(task: Row) -> str:
    return term_words(short_name(str(task["code"]), str(task["words"])))


def _expected_row(row: Row, read: Read, *, care: Care, thresholds: Thresholds, roles: frozenset[Role]) -> BoardRow:
    starts_at = cast(datetime, row["starts_at"])
    patient, provider = str(row["patient"]), str(row["provider"] or "")
    return BoardRow(
        key=f"a-{row['id']}",
        patient=patient,
        name=_name(patient, read),
        age_sex=_age_sex(patient, read, care),
        group="expected",
        status=VisitStatus.BOOKED,
        since=starts_at,
        minutes=(care.now - starts_at) // timedelta(minutes=1),
        limits=thresholds["booked"],
        at=starts_at,
        reason=str(row["reason"] or term_words(row["type_words"])),
        provider=provider,
        provider_name=read.names.get(provider, ""),
        version=cast(int, row["version"]),
        appointment=str(row["id"]),
        flags=_flags(read, patient),
        actions=frozenset(step.action for step in actions_from(VisitStatus.BOOKED, roles=roles)),
    )


def _name(patient: str, read: Read) -> str:
    return str(read.patients.get(patient, {}).get("name") or gettext("Name not known"))


def _age_sex(patient: str, read: Read, care: Care) -> str:
    found = read.patients.get(patient)
    if found is None:
        return ""
    age = age_on(born=str(found["birth_date"] or ""), on=care.now_local.date())
    return f"{age} {sex_letter(str(found['gender'] or ''))}"


def sex_letter(gender: str) -> str:
    """One letter, as on a wristband; the dialog and the banner say it in full."""
    letters = {"male": pgettext("sex", "M"), "female": pgettext("sex", "F"), "other": pgettext("sex", "X")}
    return letters.get(gender, "?")


def _flags(read: Read, patient: str) -> tuple[Mark, ...]:
    codes = [str(flag["code"]) for flag in read.flags.get(patient, ())]
    found = [
        Mark(icon=icon, words=gettext(text), critical=code == "mask-now")
        for code, (icon, text) in words.FLAGS.items()
        if code in codes
    ]
    if read.patients.get(patient, {}).get("needs_interpreter"):
        icon, text = words.INTERPRETER
        language = term_words(read.patients[patient]["language"])
        found.append(Mark(icon=icon, words=gettext("%(language)s interpreter") % {"language": language}
                          if language else gettext(text)))  # fmt: skip
    return tuple(found)


def _wait(row: Row, now: datetime) -> RunningWait:
    due_at = cast(datetime, row["due_at"])
    return RunningWait(
        words=term_words(row["words"]), due_at=due_at, minutes_left=-((now - due_at) // timedelta(minutes=1))
    )


def _room_number(reference: object, rooms: Sequence[Row]) -> str:
    if not reference:
        return ""
    name = next((str(room["name"]) for room in rooms if f"Location/{room['id']}" == reference), "")
    return name.rpartition(" ")[2] or "?"


def _tell_apart(rows: list[BoardRow], read: Read, care: Care) -> list[BoardRow]:
    """Whoever shares a name with somebody else on the board is shown with the birth date."""
    names = Counter(fold(row.name) for row in {row.patient: row for row in rows}.values())
    found = []
    for row in rows:
        born = str(read.patients.get(row.patient, {}).get("birth_date") or "")
        shared = names[fold(row.name)] > 1 and born
        found.append(replace(row, born=care.clock.partial_date(born)) if shared else row)
    return found


def _order(row: BoardRow) -> tuple[int, datetime, str]:
    return row.order
