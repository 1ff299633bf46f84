"""A new thread: to whom, about what, by when; from a template or from nothing, about a patient or about nobody."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from carewright.core.settings import values as settings
from carewright.core.store.model import KeyTaken
from carewright.core.work.model import Priority
from carewright.shell import drafts, whose
from carewright.shell.banner import PatientBanner
from carewright.shell.by_when import later
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say, term_words
from carewright.shell.uploads import takes_files, too_large
from carewright.shell.whom import POOL, whom
from carewright.skills.incoming.model import NotTaken
from carewright.skills.incoming.rules import LARGEST_BYTES
from carewright.skills.messages import actions
from carewright.skills.messages.settings import TEMPLATES
from carewright.skills.messages.templates import Template
from carewright.skills.messages.threads import NotPossible, Thread, Words
from carewright.workspaces.inbox import files, reading
from carewright.workspaces.inbox.forms import BeginForm

DRAFT = "message-new"


@takes_files(up_to=LARGEST_BYTES)
@require_http_methods(["GET", "POST"])
@needs("messages.write")
def begin(request: CareRequest) -> HttpResponse:
    """Write to a person or a role."""
    data = request.POST if request.method == "POST" else None
    patient = whose.standing(request, str((request.GET if data is None else data).get("patient", "")))
    banner = reading.banner_of(request, request.reader("inbox.new"), patient)
    patient = patient if banner else ""
    form = _form(request, patient, data)
    if data is None:
        return _show(request, form, patient, banner)
    if not form.is_valid():
        elsewhere = whose.of_another(request, form, name=DRAFT, right_url=reverse("inbox-new"))
        return elsewhere or _show(request, form, patient, banner, status=422)
    try:
        begun = actions.begin(request.writer(), thread=_thread(request, form, patient), form_key=form.idempotency_key)
    except KeyTaken:  # sent twice; the first sending is there
        return redirect("inbox")
    except (NotPossible, NotTaken) as refused:
        form.add_error(None, say(refused.reason))
        return _show(request, form, patient, banner, status=422)
    drafts.done(request, form=DRAFT, patient=patient)
    return redirect("inbox-thread", begun.id)


def _thread(request: CareRequest, form: BeginForm, patient: str) -> Thread:
    typed = form.cleaned_data
    person, pool = whom(typed["to"])
    now = request.care.now_local.replace(microsecond=0)
    first = Words(
        by=request.access.actor.reference, at=now, words=typed["words"].strip(), files=files.keep(request, form)
    )
    return Thread(
        topic=typed["topic"].strip(), first=first, to=person, pool=pool,
        due_at=later(typed["due"], request.care.now_local).replace(microsecond=0),
        patient=f"Patient/{patient}" if patient else "", site=request.access.site or "",
        priority=Priority(typed["priority"]),
    )  # fmt: skip


def _form(request: CareRequest, patient: str, data: Any) -> BeginForm:
    offer = drafts.offer(request, form=DRAFT, patient=patient) if data is None else None
    return BeginForm(
        data, files=request.FILES if data is not None else None,
        too_large=data is not None and too_large(request), here=whose.context_of(request, patient=patient),
        now=request.store.clock.wall(), people=reading.choices(request, me_too=True), auto_id="message-%s",
        initial={**_of_template(request), **drafts.resumed(request, offer)},
    )  # fmt: skip


def _templates(request: CareRequest) -> tuple[Template, ...]:
    return settings.get(request.store, TEMPLATES, request.access)


def _of_template(request: CareRequest) -> dict[str, str]:
    """What the template of the address fills in; nothing where there is none."""
    chosen, listed = request.GET.get("template", ""), _templates(request)
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 3 and int(chosen) < len(listed)):
        return {}
    found = listed[int(chosen)]
    to = f"{POOL}{found.role.value}" if found.role else ""
    return {"topic": term_words(found.topic), "words": term_words(found.words), "to": to}


def _show(
    request: CareRequest, form: BeginForm, patient: str, banner: PatientBanner | None, *, status: int = 200
) -> HttpResponse:
    if form.problem is not None:
        form.renew()
    values = {
        "form": form,
        "patient": patient,
        "banner": banner,
        "offer": None if form.is_bound else drafts.offer(request, form=DRAFT, patient=patient),
        "templates": [term_words(one.topic) for one in _templates(request)],
        "chosen": request.GET.get("template", ""),
    }
    return render(request, "inbox/new.html", values, status=status)
