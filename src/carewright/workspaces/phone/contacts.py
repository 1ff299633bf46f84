"""Whom may I tell: the answer that holds, the form for another, and the answers before."""

from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from carewright.core.store.model import Conflict, KeyTaken
from carewright.core.store.reader import Reader
from carewright.shell import drafts, whose
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say, term_words
from carewright.skills.contacts import actions, queries
from carewright.skills.contacts import rules as telling
from carewright.skills.contacts.model import VOICEMAIL_WORDS
from carewright.skills.contacts.queries import Answer
from carewright.workspaces.banner import about
from carewright.workspaces.phone.forms import ContactsForm

DRAFT = "contacts"


@require_GET
@needs("contacts.see")
def contacts(request: CareRequest, patient_id: str) -> HttpResponse:
    """Whom this patient lets us tell."""
    return _show(request, whose.standing(request, patient_id))


@require_POST
@needs("contacts.write")
def save(request: CareRequest, patient_id: str) -> HttpResponse:
    """Write the answer down."""
    reader = request.reader("phone.contacts-save")
    patient_id = about(request, reader, patient_id).patient.id
    found = queries.answer(reader, patient_id)
    form = _form(request, patient_id, found, request.POST)
    if not form.is_valid():
        opened = form.problem.opened_for if form.problem else None
        right = reverse("phone-contacts", args=[opened.patient]) if opened else reverse("home")
        other = whose.of_another(request, form, name=DRAFT, right_url=right)
        return other or _show(request, patient_id, form=form, status=422)
    version = (form.opened.versions if form.opened else {}).get(_record(found), 0)
    try:
        with suppress(KeyTaken):  # sent twice; the first sending is there
            actions.save(
                request.writer(), contacts=form.answer(), version=version, at=request.care.now,
                form_key=form.idempotency_key,
            )  # fmt: skip
    except Conflict:
        form.add_error(None, gettext("Someone else changed this. Look at what holds now, and save again."))
        return _show(request, patient_id, form=form, status=409)
    drafts.done(request, form=DRAFT, patient=patient_id)
    return redirect("phone-contacts", patient_id)


def _form(request: CareRequest, patient_id: str, found: Answer, data: Any = None, **more: Any) -> ContactsForm:
    here = whose.context_of(request, patient=patient_id, versions={_record(found): found.version})
    return ContactsForm(data, contacts=found.contacts, here=here, now=request.store.clock.wall(), **more)


def _show(
    request: CareRequest, patient_id: str, *, form: ContactsForm | None = None, status: int = 200
) -> HttpResponse:
    reader = request.reader("phone.contacts")
    patient = about(request, reader, patient_id)
    found = queries.answer(reader, patient_id)
    offer = drafts.offer(request, form=DRAFT, patient=patient_id)
    if form is not None and (form.problem is not None or status == 409):
        form.renew(versions={_record(found): found.version})
    values = {
        "banner": patient.banner,
        "patient_id": patient_id,
        "form": form or _form(request, patient_id, found, initial=drafts.resumed(request, offer)),
        "offer": offer if form is None else None,
        "may_write": request.access.may_do("contacts.write"),
        "is_teen": telling.is_teens_own(
            found.contacts, born=patient.patient.birth_date, on=request.care.now_local.date()
        ),
        "history": _history(reader, found),
    }
    return render(request, "phone/contacts.html", values, status=status)


def _record(found: Answer) -> str:
    """The record of the answer that was read: after a merge it may be another than the one a form was opened with."""
    return f"Consent/{found.contacts.id}"


def _history(reader: Reader, found: Answer) -> list[dict[str, Any]]:
    """Every answer, the newest first, in words."""
    earlier = queries.history(reader, found.contacts)
    names = names_of(reader, [entry.contacts.by for entry in earlier])
    return [
        {
            "at": entry.contacts.at,
            "by": names.get(entry.contacts.by, ""),
            "said_by": entry.contacts.said_by,
            "voicemail": term_words(VOICEMAIL_WORDS[entry.contacts.voicemail]),
            "own_number": entry.contacts.own_number,
            "people": [(p.name, say(telling.topics_words(p.may_hear))) for p in entry.contacts.people],
        }
        for entry in earlier
    ]
