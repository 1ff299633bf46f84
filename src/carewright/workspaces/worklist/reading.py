"""What the worklist reads: the tasks that can be next for whoever looks, who they are about, and where those are."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from carewright.core.access.model import Role
from carewright.core.store.reader import Reader
from carewright.core.work import queries
from carewright.core.work.model import Kind
from carewright.core.work.priority import Item, Ranked, in_order
from carewright.shell.permissions import CareRequest
from carewright.shell.sites import sites_of
from carewright.shell.times import SiteClock
from carewright.shell.viewer import viewer_of
from carewright.shell.whom import role_pool_words
from carewright.skills.protocols.codes import TASKS
from carewright.skills.registration import codes
from carewright.skills.scheduling import people
from carewright.skills.visit.model import VisitStatus
from carewright.workspaces.worklist import words

SHOWN = 30
"""Rows that a list shows at once; the rest is one tap away."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """A patient who is in the house: where, and whether they wait with a mask."""

    encounter: str
    room: str = ""
    mask_now: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """One task on the list, in its place."""

    ranked: Ranked
    patient: str
    where: str
    asked_by: str
    now: datetime
    clock: SiteClock
    mine: bool
    page: str = ""
    """Where it is done, if that is a page of its own; a step of a visit is taken nowhere else."""
    others: int = 0
    """Further tasks of the same visit that are done on that page."""
    may_do: bool = True
    """Whether whoever looks may do it; what was sent on to them because it was late they can hand to somebody."""

    @property
    def item(self) -> Item:
        return self.ranked.item

    @property
    def is_late(self) -> bool:
        return self.item.due_at is not None and self.item.due_at < self.now and not self.ranked.waits

    @property
    def level(self) -> str:
        """The colour of the row's bar: what is late about a patient's care, or rings, is critical."""
        if self.item.kind is Kind.CRITICAL or (self.is_late and self.item.kind is Kind.CLINICAL):
            return "critical"
        return "warn" if self.is_late else "plain"

    @property
    def is_done_there(self) -> bool:
        """Whether the next step is to open the page where it is done."""
        return bool(self.page) and (of_a_visit(self.item) or self.item.status == "in-progress")

    @property
    def next_step(self) -> tuple[str, str]:
        """The next step and its words."""
        return words.next_step(self.item.status, mine=self.mine)

    @property
    def reasons(self) -> list[str]:
        """Why it stands here, in words; what it waits on stands in a place of its own."""
        return [words.said(reason) for reason in self.ranked.reasons]

    @property
    def sent(self) -> str:
        """To whom it was sent on last, and when; "" where it was not."""
        return words.sent_words(self.item.sent_role, self.item.sent_at, self.clock) if self.item.sent_at else ""

    @property
    def due(self) -> str:
        return words.due_words(self.item.due_at, self.now, self.clock) if self.item.due_at else ""

    @property
    def pool(self) -> str:
        """Whose it is while nobody has it."""
        return role_pool_words(self.item.pool_role, self.item.pod)


@dataclass(frozen=True, kw_only=True)
class Worklist:
    """All that is shown: the next one, those behind it, those that wait; `more` lie further back in the pools."""

    first: Line | None
    lines: tuple[Line, ...]
    waiting: tuple[Line, ...]
    hidden: int
    more: bool


def worklist(request: CareRequest, *, everything: bool = False) -> Worklist:
    """The list of whoever asks, the next task first."""
    reader, now = request.reader("worklist.see"), request.care.now
    viewer = viewer_of(request, reader)
    here = in_the_house(reader)
    items, more = queries.items_for(reader, viewer, now=now, here=here)
    ranked = in_order((_placed(item, here) for item in items), viewer, now=now)
    visits = Counter(one.item.encounter for one in ranked if of_a_visit(one.item))
    open_ones = _first_of_each_visit([one for one in ranked if not one.waits])
    waiting = [one for one in ranked if one.waits]
    shown = open_ones if everything else open_ones[: SHOWN + 1]
    lines = _lines(request, reader, [*shown, *waiting], here, visits)
    return Worklist(
        first=lines[0] if shown else None,
        lines=tuple(lines[1 : len(shown)]),
        waiting=tuple(lines[len(shown) :]),
        hidden=len(open_ones) - len(shown),
        more=more,
    )


def in_the_house(reader: Reader) -> Mapping[str, Here]:
    """Whoever has a visit that is open, by the patient's id."""
    visits = reader.rows("visit", where={"is_open": 1})
    waiting = tuple(sorted(str(v["patient"]) for v in visits if v["status"] == VisitStatus.WAITING.value))
    masked = {
        str(flag["patient"])
        for flag in (reader.rows("flag", where={"patient": waiting}) if waiting else ())
        if flag["code"] == codes.MASK_NOW.code
    }
    return {
        str(visit["patient"]): Here(
            encounter=str(visit["id"]), room=str(visit["room"] or ""), mask_now=str(visit["patient"]) in masked
        )
        for visit in visits
    }


def of_a_visit(item: Item) -> bool:
    """Whether it is a step or an item of the checklist of a visit: those are done on the visit's own page."""
    return bool(item.encounter) and item.focus == f"Encounter/{item.encounter}"


PHONE = "phone-"
"""The task codes of what is owed to a caller: these Communications are phone calls."""
PAGES = (
    ("paper-", "incoming-paper", "incoming.see"),
    ("referral-", "referral", "referrals.see"),
    ("refill-request-", "refill", "refills.see"),
    ("order-", "order", "orders.see"),
    ("result-", "result", "results.see"),
    ("program-", "apps-subscription", "clients.manage"),
)
"""How the task codes begin of what a paper that came in, a referral, a refill, an order, a result or a program that is
not told asks for until its end; the page and the permission."""


def page_of(request: CareRequest, *, focus: str, patient: str, code: str = "") -> str:
    """The page on which a task is done, by what it closes; the chart where that has none; "" for none that this person
    may open."""
    kind, _, key = focus.partition("/")
    theirs = Role.PROVIDER in request.access.roles and code not in TASKS  # what protocols bring is done there
    visit = "visit" if theirs else "rooming"
    spoken = ("phone-call", "calls.see") if code.startswith(PHONE) else ("inbox-thread", "messages.see")
    named = {"Encounter": (visit, "visit-page.see"), "Communication": spoken}.get(kind) or _by_code(code)
    name, permission = named or ("chart", "chart.see")
    key = key if named else patient
    if not key or not request.access.may_do(permission):
        return ""
    try:
        return reverse(name, args=[key])
    except NoReverseMatch:
        return ""


def _by_code(code: str) -> tuple[str, str] | None:
    """The page of what is owed until its end: such records are of types that much else has too."""
    return next(((page, permission) for start, page, permission in PAGES if code.startswith(start)), None)


def _first_of_each_visit(ranked: list[Ranked]) -> list[Ranked]:
    """One line for a visit: what comes first of its checklist. The others stand on the page that it opens."""
    seen: set[str] = set()
    found = []
    for one in ranked:
        if of_a_visit(one.item):
            if one.item.encounter in seen:
                continue
            seen.add(one.item.encounter)
        found.append(one)
    return found


def room_name(request: CareRequest, here: Here | None) -> str:
    """The name of the room somebody is in; "" for none."""
    room = here.room.removeprefix("Location/") if here else ""
    return next((choice.label for choice in request.care.rooms if choice.value == room), "")


def site_name(request: CareRequest, site: str) -> str:
    """The name of the site that a task is from, where that is another than this person's; else ""."""
    found = sites_of(request.store, request.access.practice).get(site) if site != request.access.site else None
    return found.name if found else ""


def _placed(item: Item, here: Mapping[str, Here]) -> Item:
    found = here.get(item.patient)
    return item if found is None else replace(item, patient_here=True, mask_now=found.mask_now)


def _lines(
    request: CareRequest, reader: Reader, ranked: list[Ranked], here: Mapping[str, Here], visits: Mapping[str, int]
) -> list[Line]:
    names, patients = people.names(reader), _patients(reader, (one.item.patient for one in ranked))
    me = request.access.actor.reference
    return [
        Line(
            ranked=one,
            patient=patients.get(one.item.patient, ""),
            where=room_name(request, here.get(one.item.patient)) or site_name(request, one.item.site),
            asked_by=names.get(one.item.requester, "") if one.item.requester != me else "",
            now=request.care.now,
            clock=request.care.clock,
            mine=one.item.owner == me,
            page=page_of(request, focus=one.item.focus, patient="", code=one.item.code) if one.item.focus else "",
            others=visits.get(one.item.encounter, 1) - 1 if of_a_visit(one.item) else 0,
            may_do=may_do(request, one.item.code),
        )
        for one in ranked
    ]


def may_do(request: CareRequest, code: str) -> bool:
    """Whether a task of this kind is for somebody in this person's roles; any is that no skill declares."""
    declared = request.store.registry.task_codes.get(code)
    return declared is None or bool(declared.roles & request.access.roles)


def _patients(reader: Reader, ids: Iterable[str]) -> dict[str, str]:
    """The names of patients by id; who may not be seen is left out."""
    wanted = tuple(sorted({one for one in ids if one}))
    rows = reader.rows("patient", where={"id": wanted}) if wanted else []
    return {str(row["id"]): str(row["name"]) for row in rows}
