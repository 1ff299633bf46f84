"""Editing a protocol: look what a sample visit would get, then save it as a new version. A bad text is refused with
its lines and reasons, and stays in the form."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from carewright.core.store.model import Conflict, KeyTaken
from carewright.core.work.whom import Age, AgeUnit, Facts
from carewright.shell import drafts, whose
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.protocols import actions, queries
from carewright.skills.protocols.model import Protocol, ProtocolTask, Version
from carewright.skills.protocols.rules import schema, written
from carewright.skills.protocols.rules.located import BadText, Fault
from carewright.workspaces.protocol_pages import reading
from carewright.workspaces.protocol_pages.forms import ProtocolForm

GROWN = Age(40, AgeUnit.YEARS)


@require_http_methods(["GET", "POST"])
@needs("protocols.edit")
def edit(request: CareRequest, protocol_name: str) -> HttpResponse:
    """The text of a protocol with a preview; `do` is `preview` or `save`."""
    before = queries.current(request.reader("protocols.edit"), protocol_name)
    if request.method == "GET":
        return _show(request, before, _form(request, before))
    form = _form(request, before, request.POST)
    if not form.is_valid():
        other = whose.of_another(request, form, name=draft_of(protocol_name), right_url=request.path)
        if other is None and form.problem is not None:
            form.renew()
        return other or _show(request, before, form, status=422)
    if request.POST.get("do") == "save":
        return _save(request, before, form)
    try:
        return _show(request, before, form, preview=schema.protocol_of(form.cleaned_data["text"], name=protocol_name))
    except BadText as bad:
        return _show(request, before, form, faults=bad.faults, status=422)


def draft_of(name: str) -> str:
    """The name under which what is typed into the form is kept."""
    return f"protocol-{name}"


def _save(request: CareRequest, before: Version, form: ProtocolForm) -> HttpResponse:
    name, opened = before.protocol.name, form.opened.versions if form.opened else {}
    try:
        actions.save(
            request.writer(),
            name=name,
            text=form.cleaned_data["text"],
            version=opened.get(str(queries.ref_of(name)), 0),
            at=request.care.now_local,
            note=form.cleaned_data["note"].strip(),
            form_key=form.idempotency_key,
        )
    except BadText as bad:
        return _show(request, before, form, faults=bad.faults, status=422)
    except Conflict:
        return _show_conflict(request, name, form)
    except KeyTaken:
        pass  # sent twice; the first sending is there
    drafts.done(request, form=draft_of(name))
    return redirect("protocol", name)


def _show_conflict(request: CareRequest, name: str, form: ProtocolForm) -> HttpResponse:
    """Somebody else has saved meanwhile: what was typed stays, beside what differs; saved again, it replaces theirs."""
    now = queries.current(request.reader("protocols.edit"), name)
    form.renew(versions={str(queries.ref_of(name)): now.number})
    theirs = reading.changes(written.editable(now), form.cleaned_data["text"])
    return _show(request, now, form, status=409, conflict=theirs)


def _form(request: CareRequest, before: Version, data: Any = None) -> ProtocolForm:
    versions = {str(queries.ref_of(before.protocol.name)): before.number}
    offer = drafts.offer(request, form=draft_of(before.protocol.name))
    initial = {"text": written.editable(before), "age": str(_age_of(before.protocol)), "sex": "female"}
    return ProtocolForm(
        data,
        here=whose.context_of(request, patient="", versions=versions),
        now=request.store.clock.wall(),
        initial={**initial, **drafts.resumed(request, offer)},
    )


def _show(
    request: CareRequest,
    before: Version,
    form: ProtocolForm,
    *,
    faults: tuple[Fault, ...] = (),
    preview: Protocol | None = None,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    name = before.protocol.name
    values = {
        "version": before,
        "protocol": before.protocol,
        "form": form,
        "faults": faults,
        "draft_url": reverse("draft", args=[draft_of(name)]),
        "offer": drafts.offer(request, form=draft_of(name)) if request.method == "GET" else None,
        **(preview_of(request, preview, form) if preview else {}),
        **more,
    }
    return render(request, "protocol_pages/edit.html", values, status=status)


def preview_of(request: CareRequest, protocol: Protocol, form: ProtocolForm) -> dict[str, Any]:
    """What a visit today of the made-up patient would get, and what not."""
    today = request.care.now_local.date()
    facts = _patient(form, today)
    got, left_out = brought(protocol, facts, today)
    return {
        "preview": True,
        "applies": protocol.only_if.holds(facts, on=today) is not False,
        "only_if": protocol.only_if.words,
        "got": reading.task_lines(got),
        "left_out": reading.task_lines(left_out),
    }


def brought(protocol: Protocol, facts: Facts, on: date) -> tuple[list[ProtocolTask], list[ProtocolTask]]:
    """The tasks that somebody gets on that day, and those that a condition leaves out."""
    got = [task for task in protocol.tasks if task.only_if.holds(facts, on=on) is not False]
    return got, [task for task in protocol.tasks if task not in got]


def _patient(form: ProtocolForm, today: date) -> Facts:
    """The made-up patient: just so old today."""
    given = form.cleaned_data
    age: Age | None = given["age"]
    return Facts(born=born_for(age, today) if age else None, sex=given["sex"] or None, is_new=given["is_new"])


def born_for(age: Age, today: date) -> date:
    """A birth date of somebody who is that old today."""
    if age.unit in (AgeUnit.DAYS, AgeUnit.WEEKS):
        return date.fromordinal(today.toordinal() - age.count * (7 if age.unit is AgeUnit.WEEKS else 1))
    months = today.year * 12 + today.month - 1 - age.count * (12 if age.unit is AgeUnit.YEARS else 1)
    return date(months // 12, months % 12 + 1, min(today.day, 28))


def _age_of(protocol: Protocol) -> Age:
    """An age that the protocol is for."""
    whom = protocol.only_if
    if whom.age_from and (whom.age_from.count or not whom.age_below):
        return whom.age_from
    return Age(whom.age_below.count // 2, whom.age_below.unit) if whom.age_below else GROWN
