"""What is typed and not saved: kept within two seconds, offered when the form is opened again, never moved to
another patient.

A form takes part by `data-draft="{% url 'draft' 'vitals' %}"` on its element and by `offer(request, form="vitals",
patient=id)` in its view, whose result the page shows by `{% include "shell/components/draft_offer.html" %}`; a form
that is opened with `?draft=use` gets `resumed(request, offer)` as its initial values. After saving: `done(...)`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from carewright.core.store import drafts
from carewright.core.store.model import Ref, Resource, StoreError
from carewright.shell.forms import KEY_FIELD, NUMBER_FIELD, ContextForm, WrongPatient
from carewright.shell.permissions import CareRequest

USE = "use"
LONGEST_NUMBER = 15
"""Digits: milliseconds since 1970 have 13."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A draft that waits for its form. `at` is by the product's clock; `values` what was typed, by field."""

    form: str
    patient: str
    at: datetime
    values: Mapping[str, list[str]]


def keep(
    request: CareRequest,
    *,
    form: str,
    values: Mapping[str, list[str]],
    patient: str = "",
    opening: str = "",
    number: int = 0,
) -> datetime:
    """Keep what was typed into `form` for `patient` ("" for none); when, by the product's clock. DraftTooLong.

    `opening` tells one opening of the form from another (its idempotency key). What was typed at an earlier opening
    into fields that are empty now stays: an offer that nobody has answered is not overwritten by typing on. `number`
    rises from one sending to the next of an opening: what arrives behind a later one is left out.
    """
    before = _kept(request, form, patient)
    earlier: dict[str, list[str]] = {}
    if before is not None:
        old = before.earlier if before.opening == opening else {**before.earlier, **before.values}
        earlier = {name: typed for name, typed in old.items() if name not in values}
    if not values and not earlier:
        drafts.discard(request.store, request.access, form=form, patient_id=patient, opening=opening, number=number)
        return request.store.now()
    parts = {"values": dict(values), "earlier": earlier}
    content = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    kept = drafts.save(
        request.store, request.access, form=form, content=content, patient_id=patient, opening=opening, number=number
    )
    return request.store.clock.at(kept.at)


def offer(request: CareRequest, *, form: str, patient: str = "") -> Offer | None:
    """What this person typed before and did not save, or None."""
    found = _kept(request, form, patient)
    if found is None:
        return None
    values = {**found.earlier, **found.values}
    return Offer(form=form, patient=patient, at=request.store.clock.at(found.at), values=values)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """A draft's content: the opening of the form in which `values` were typed, and what is left of earlier ones."""

    opening: str
    values: dict[str, list[str]]
    earlier: dict[str, list[str]]
    at: datetime


def _kept(request: CareRequest, form: str, patient: str) -> _Kept | None:
    found = drafts.load(request.store, request.access, form=form, patient_id=patient)
    if found is None:
        return None
    parts = json.loads(found.content)
    return _Kept(opening=found.opening, values=parts["values"], earlier=parts["earlier"], at=found.at)


def resumed(request: CareRequest, found: Offer | None) -> dict[str, str | list[str]]:
    """Initial values for the form: those of the draft if it is wanted, else none."""
    if found is None or request.GET.get("draft") != USE:
        return {}
    return {name: values[0] if len(values) == 1 else list(values) for name, values in found.values.items()}


def done(request: CareRequest, *, form: str, patient: str = "") -> None:
    """The form was saved: its draft has served, and one that is still under way has too."""
    opening, number = sending_of(request)
    drafts.discard(request.store, request.access, form=form, patient_id=patient, opening=opening, number=number)


def sending_of(request: CareRequest) -> tuple[str, int]:
    """The opening of the form, and which sending of it this is, as drafts.js counts; 0 where that is not said."""
    said = request.POST.get(NUMBER_FIELD, "")
    number = int(said) if said.isascii() and said.isdigit() and len(said) <= LONGEST_NUMBER else 0
    return request.POST.get(KEY_FIELD, ""), number


def wrong_patient(request: CareRequest, form: ContextForm, *, name: str, right_url: str) -> HttpResponse:
    """The answer (409) to a form of one patient that was sent to the page of another.

    Nothing is saved here; what was typed becomes a draft for the patient it was typed for, and the page leads there.
    `right_url` is the address of that patient's form. Audited.
    """
    problem = form.problem
    if not isinstance(problem, WrongPatient) or problem.opened_for is None:
        raise ValueError("This is the answer to a form of another patient.")
    opened, here = problem.opened_for, form.here
    mine = (opened.practice, opened.user) == (here.practice, here.user)
    request.work.refused("shell.wrong-patient", form=name, typed_for=opened.patient, sent_to=here.patient)
    if mine:
        keep(request, form=name, values=form.typed, patient=opened.patient, opening=form.opening)
    words = gettext("You typed this for %(right)s, not %(wrong)s") % {
        "right": _name(request, opened.patient) if mine else gettext("another patient"),
        "wrong": _name(request, here.patient),
    }
    values = {"words": words, "form": form, "right_url": f"{right_url}?draft={USE}" if mine else ""}
    return render(request, "shell/wrong_patient.html", values, status=409)


def _name(request: CareRequest, patient: str) -> str:
    """The patient's given name as it is called out, or words where it cannot be read."""
    try:
        found = request.reader("shell.wrong-patient").resource(Ref("Patient", patient))
    except StoreError:
        return gettext("another patient")
    first: Resource = next(iter(found.get("name", ())), {})
    return " ".join([*first.get("given", ())[:1], first.get("family", "")]).strip() or gettext("another patient")
