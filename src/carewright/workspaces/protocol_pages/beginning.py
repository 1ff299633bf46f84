"""A new protocol of the practice's own: from a short text with remarks, or from a copy of another one. Looked at and
saved as an edited one is (editing.py)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from carewright.core.store.model import KeyTaken
from carewright.shell import drafts, whose
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.protocols import actions, library, queries
from carewright.skills.protocols.model import Protocol
from carewright.skills.protocols.rules import schema, written
from carewright.skills.protocols.rules.located import BadText, Fault
from carewright.workspaces.protocol_pages.editing import preview_of
from carewright.workspaces.protocol_pages.forms import ProtocolForm

DRAFT = "protocol-new"


@require_http_methods(["GET", "POST"])
@needs("protocols.edit")
def new(request: CareRequest) -> HttpResponse:
    """The text of a new protocol with a preview; `do` is `preview` or `save`, `like` names one to copy."""
    if request.method == "GET":
        return _show(request, _form(request))
    form = _form(request, request.POST)
    if not form.is_valid():
        other = whose.of_another(request, form, name=DRAFT, right_url=request.path)
        if other is None and form.problem is not None:
            form.renew()
        return other or _show(request, form, status=422)
    try:
        if request.POST.get("do") == "save":
            return _save(request, form)
        return _show(request, form, preview=schema.protocol_of(form.cleaned_data["text"], name_of_new=True))
    except BadText as bad:
        return _show(request, form, faults=bad.faults, status=422)


def _save(request: CareRequest, form: ProtocolForm) -> HttpResponse:
    text = form.cleaned_data["text"]
    try:
        made = actions.begin(
            request.writer(), text=text, at=request.care.now_local, note=form.cleaned_data["note"].strip(),
            form_key=form.idempotency_key,
        )  # fmt: skip
    except KeyTaken:  # sent twice; the first sending is there
        made = schema.protocol_of(text)
    drafts.done(request, form=DRAFT)
    return redirect("protocol", made.name)


def _form(request: CareRequest, data: Any = None) -> ProtocolForm:
    offer = drafts.offer(request, form=DRAFT)
    initial = {"text": library.starter(), "age": "40 years", "sex": "female"}
    if like := request.GET.get("like", ""):
        initial["text"] = library.copy_of(written.editable(queries.current(request.reader("protocols.copy"), like)))
    return ProtocolForm(
        data,
        here=whose.context_of(request, patient=""),
        now=request.store.clock.wall(),
        initial={**initial, **drafts.resumed(request, offer)},
    )


def _show(
    request: CareRequest,
    form: ProtocolForm,
    *,
    faults: tuple[Fault, ...] = (),
    preview: Protocol | None = None,
    status: int = 200,
) -> HttpResponse:
    values = {
        "form": form,
        "faults": faults,
        "draft_url": reverse("draft", args=[DRAFT]),
        "offer": drafts.offer(request, form=DRAFT) if request.method == "GET" else None,
        **(preview_of(request, preview, form) if preview else {}),
    }
    return render(request, "protocol_pages/new.html", values, status=status)
