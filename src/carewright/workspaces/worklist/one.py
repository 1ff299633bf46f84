"""One task: what it is, whose, by when, what became of it, and everything that can be done with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from carewright.core.fhir.dates import interval
from carewright.core.store.model import NotFound, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.work import queries
from carewright.core.work.model import END_WORDS, WorkTask
from carewright.shell import drafts, whose
from carewright.shell.banner import PatientBanner
from carewright.shell.forms import PatientContext
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import term_words
from carewright.shell.whom import pool_words, whom_choices
from carewright.skills.scheduling import people
from carewright.workspaces.banner import about
from carewright.workspaces.worklist import reading, words
from carewright.workspaces.worklist.forms import CHANGES, WORKING, PlaceForm, TaskForm

SAFE_ENDS = 40
"""So many steps of a task's history are shown, the latest."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A task, the version that was read, and the banner of its patient where there is one to see."""

    task: WorkTask
    version: int
    banner: PatientBanner | None
    patient: str = ""
    """The id of the chart that stands for the patient now; "" for a task about nobody."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A line of the history."""

    words: str
    who: str
    at: datetime


@require_GET
@needs("work.do")
def task(request: CareRequest, task_id: str) -> HttpResponse:
    """One task."""
    return show(request, load(request, task_id))


@require_POST
@needs("work.do")
def change(request: CareRequest, task_id: str, change: str) -> HttpResponse:
    """Hold, hand over, split, merge, end."""
    if change not in CHANGES:
        raise NotFound("There is no such change of a task.")
    return _change(request, task_id, CHANGES[change])


@require_POST
@needs("work.lead")
def place(request: CareRequest, task_id: str) -> HttpResponse:
    """The lead puts a task before others, or lets it fall back, with the reason."""
    return _change(request, task_id, PlaceForm)


def load(request: CareRequest, task_id: str) -> Page:
    """The task; NotFound."""
    reader = request.reader("worklist.task")
    found, stored = queries.task(reader, task_id)
    patient_id = whose.standing(request, found.patient.removeprefix("Patient/"))
    try:
        banner = about(request, reader, patient_id).banner if patient_id else None
    except NotFound:  # the task may be seen, whom it is about may not
        banner = None
    return Page(task=found, version=int(stored["meta"]["versionId"]), banner=banner, patient=patient_id)


def show(request: CareRequest, page: Page, *, form: TaskForm | None = None, status: int = 200) -> HttpResponse:
    """The page of a task, with the form that was not saved in its place."""
    reader = request.reader("worklist.task")
    names, me = people.names(reader), request.access.actor.reference
    found = page.task
    values: dict[str, Any] = {
        "page": page,
        "banner": page.banner,
        "task": found,
        "state": words.status_words(found.status, owned=bool(found.owner)),
        "end": term_words(END_WORDS[found.end]) if found.end else "",
        "whose": names.get(found.owner, "") or pool_words(found.pool),
        "asked_by": names.get(found.requester, ""),
        "mine": found.owner == me,
        "may_do": reading.may_do(request, found.code.code),
        "pinned": me in found.pinned_by,
        "late": found.is_open and found.due_at is not None and found.due_at < request.care.now,
        "where": reading.room_name(request, reading.in_the_house(reader).get(page.patient)),
        "next": words.next_step(found.status, mine=found.owner == me),
        "open_at": reading.page_of(request, focus=found.focus, patient=page.patient, code=found.code.code),
        "of_a_visit": found.focus == found.encounter != "",
        "trail": [
            (words.sent_words(sent.role.value, sent.at, request.care.clock), names.get(sent.person, ""))
            for sent in found.escalations
        ],
        "history": list(_history(reader, found.id, names)),
        "forms": [] if not found.is_open else list(_forms(request, page, form)),
    }
    return render(request, "worklist/task.html", values, status=status)


def context_of(request: CareRequest, page: Page) -> PatientContext:
    """The signed context of the page's forms."""
    return whose.context_of(request, patient=page.patient, versions={f"Task/{page.task.id}": page.version})


def _change(request: CareRequest, task_id: str, kind: type[TaskForm]) -> HttpResponse:
    page = load(request, task_id)
    form = _form(request, page, kind, data=request.POST)
    if not form.is_valid():
        back = reverse("worklist")
        elsewhere = whose.of_another(request, form, name=_draft(form.name, page), right_url=back)
        if elsewhere is not None:
            return elsewhere
        if form.problem is not None:
            form.renew()
        return show(request, page, form=form, status=422)
    form.act(request.writer(), task_id)
    drafts.done(request, form=_draft(form.name, page), patient=page.patient)
    return redirect("worklist-task", task_id)


def _forms(request: CareRequest, page: Page, sent: TaskForm | None) -> Iterator[tuple[TaskForm, str, str, bool]]:
    """Every form that fits this task, its address, its draft, and whether it is open; the one that was sent as sent."""
    kinds: list[type[TaskForm]] = [*CHANGES.values()]
    if request.access.may_do("work.lead"):
        kinds.append(PlaceForm)
    for kind in kinds:
        is_sent = sent is not None and type(sent) is kind
        form = sent if is_sent and sent is not None else _form(request, page, kind)
        if kind.name == "merge" and not form.fields["into"].choices:  # type: ignore[attr-defined]  # a ChoiceField
            continue
        arguments = [page.task.id] if kind is PlaceForm else [page.task.id, kind.name]
        address = reverse("worklist-place" if kind is PlaceForm else "worklist-change", args=arguments)
        offer = drafts.offer(request, form=_draft(form.name, page), patient=page.patient) if not is_sent else None
        yield form, address, _draft(form.name, page), is_sent or offer is not None


def _form(request: CareRequest, page: Page, kind: type[TaskForm], *, data: Any = None) -> TaskForm:
    initial = {}
    if data is None:
        offer = drafts.offer(request, form=_draft(kind.name, page), patient=page.patient)
        initial = {name: values[0] for name, values in offer.values.items()} if offer else {}
    return kind(
        data, here=context_of(request, page), now=request.store.clock.wall(), at=request.care.now_local,
        choices=_choices(request, page, kind), auto_id=f"{kind.name}-%s", initial=initial,
    )  # fmt: skip


def _choices(request: CareRequest, page: Page, kind: type[TaskForm]) -> Mapping[str, list[tuple[str, str]]]:
    reader = request.reader("worklist.task")
    if kind.name == "hand-over":
        me = request.access.actor.reference
        return {"to": whom_choices(people.names(reader), me=me, roles=WORKING, me_too=False)}
    if kind.name != "merge" or not page.patient:
        return {"into": []}
    others = queries.open_items(reader, patient=page.patient, limit=50)
    return {"into": [(one.id, term_words(one.words)) for one in others if one.id != page.task.id]}


def _draft(name: str, page: Page) -> str:
    """The name of a form's draft: one for each task, as a patient may have several."""
    return f"task-{name}-{page.task.id}".replace(".", "_")


def _history(reader: Reader, task_id: str, names: Mapping[str, str]) -> Iterator[Event]:
    """What became of the task, the latest first, as the record of each version says."""
    query = parse("Provenance", [("target", f"Task/{task_id}"), ("_count", str(SAFE_ENDS))])
    found = sorted(reader.resources(query), key=lambda one: str(one["recorded"]), reverse=True)
    for one in found:
        agent: Resource = next(iter(one.get("agent", ())), {})
        who = str(agent.get("who", {}).get("reference", ""))
        reason = str(one.get("activity", {}).get("text", ""))
        at = reader.store.clock.at(interval(str(one["recorded"]))[0])
        yield Event(words=str(words.HISTORY.get(reason, words.CHANGED)), who=names.get(who, ""), at=at)
