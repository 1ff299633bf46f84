"""What is going on with a patient: what is still to do, and the papers, referrals and calls in the chart.

Each list is for those who may open what it leads to; for everybody else it is absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.urls import reverse
from django.utils.translation import gettext

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.store.reader import Reader
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import term_words
from carewright.skills.calls import queries as calls
from carewright.skills.calls.model import State
from carewright.skills.calls.reasons import BY_CODE
from carewright.skills.incoming import queries as incoming
from carewright.skills.incoming.model import CAME_AS_WORDS, Stage
from carewright.skills.referrals import queries as referrals
from carewright.skills.referrals.model import STEP_WORDS
from carewright.skills.scheduling import people

SHORT = 6
"""Lines of each list; what is still to do comes first, by date."""
NOT_IN_THE_CHART = frozenset({Stage.DROPPED, Stage.MOVED})


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One line: what it is, how it stands, and the page on which it is seen to."""

    words: str
    state: str
    url: str
    at: datetime | None = None
    is_open: bool = True
    is_late: bool = False


@dataclass(frozen=True, kw_only=True)
class List:
    """A list of the card; `all_url` leads to the whole of it where it has a page."""

    title: str
    icon: str
    things: tuple[Thing, ...]
    more: int = 0
    all_url: str = ""


def lists(request: CareRequest, reader: Reader, charts: tuple[str, ...]) -> list[List]:
    """The lists of a person (the ids of all their charts) that hold something; those that may be seen."""
    may = request.access.may_do
    found = []
    if may("work.see"):
        found.append(_short(gettext("To do"), "list-checks", _tasks(request, reader, charts)))
    if may("incoming.see"):
        everything = reverse("incoming-patient", args=[charts[0]])
        found.append(_short(gettext("Papers"), "inbox", _papers(reader, charts), all_url=everything))
    if may("referrals.see"):
        found.append(_short(gettext("Referrals"), "forward", _referrals(reader, charts)))
    if may("calls.see"):
        found.append(_short(gettext("Phone calls"), "phone", _calls(reader, charts)))
    return [one for one in found if one.things]


def _short(title: str, icon: str, things: Sequence[Thing], *, all_url: str = "") -> List:
    """What is open in front."""
    ordered = sorted(things, key=lambda thing: not thing.is_open)
    return List(
        title=title,
        icon=icon,
        things=tuple(ordered[:SHORT]),
        more=max(len(ordered) - SHORT, 0),
        all_url=all_url,
    )


def _tasks(request: CareRequest, reader: Reader, charts: tuple[str, ...]) -> list[Thing]:
    names = people.names(reader)
    rows = reader.rows("task", where={"patient": charts, "is_open": 1}, order=("due_at",))
    return [
        Thing(
            words=term_words(str(row["words"])),
            state=names.get(str(row["owner"]), "") or _role_words(str(row["pool_role"] or "")),
            url=reverse("worklist-task", args=[row["id"]]),
            at=cast(datetime | None, row["due_at"]),
            is_late=row["due_at"] is not None and cast(datetime, row["due_at"]) < request.care.now,
        )
        for row in rows
    ]


def _role_words(role: str) -> str:
    return term_words(ROLE_WORDS[Role(role)]) if role in set(Role) else ""


def _papers(reader: Reader, charts: tuple[str, ...]) -> list[Thing]:
    return [
        Thing(
            words=entry.kind_words or term_words(CAME_AS_WORDS[entry.came_as]),
            state=gettext("Filed") if entry.stage is Stage.FILED else gettext("To see to"),
            url=reverse("incoming-paper", args=[entry.id]),
            at=entry.came_at,
            is_open=entry.stage is not Stage.FILED,
        )
        for entry in incoming.of_patient(reader, charts)
        if entry.stage not in NOT_IN_THE_CHART
    ]


def _referrals(reader: Reader, charts: tuple[str, ...]) -> list[Thing]:
    return [
        Thing(
            words=entry.to,
            state=gettext("Next: %(step)s") % {"step": term_words(STEP_WORDS[entry.step])}
            if entry.step
            else gettext("Loop closed"),
            url=reverse("referral", args=[entry.id]),
            is_open=entry.step is not None,
        )
        for entry in referrals.of_patient(reader, charts)
    ]


def _calls(reader: Reader, charts: tuple[str, ...]) -> list[Thing]:
    return [
        Thing(
            words=term_words(BY_CODE[call.reason].words) if call.reason in BY_CODE else gettext("Phone call"),
            state=gettext("Ended") if call.state is State.ENDED else gettext("Owed an answer"),
            url=reverse("phone-call", args=[call.id]),
            at=call.at,
            is_open=call.state is not State.ENDED,
        )
        for call in calls.of_patient(reader, charts)
    ]
