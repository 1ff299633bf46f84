"""Whose chart a form is opened for, and the answer where a form does not belong where it was sent."""

from collections.abc import Mapping
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render

from carewright.shell import drafts
from carewright.shell.forms import ContextForm, PatientContext, WrongPatient
from carewright.shell.permissions import CareRequest

OPEN_FOR = timedelta(hours=12)
"""A form lives as long as a shift; after that it is looked through and sent again."""


def context_of(request: CareRequest, *, patient: str, versions: Mapping[str, int] | None = None) -> PatientContext:
    """The context of this request for the chart of `patient` (an id), with the versions just read."""
    return PatientContext(
        practice=request.access.practice,
        patient=patient,
        user=request.access.actor.reference,
        expires_at=request.store.clock.wall() + OPEN_FOR,
        versions=dict(versions or {}),
        is_also=lambda other: request.reader("shell.same-person").are_one(patient, other),
    )


def standing(request: CareRequest, patient_id: str) -> str:
    """The id of the chart that stands for a patient: what a page of a merged chart shows, and writes to."""
    return request.reader("shell.standing").standing((patient_id,))[patient_id] if patient_id else ""


def encounter_in(context: PatientContext | None) -> str:
    """The visit that a form was opened at, by the versions it carries; "" for none."""
    refs = [] if context is None else [ref for ref in context.versions if ref.startswith("Encounter/")]
    return refs[0].removeprefix("Encounter/") if refs else ""


def of_another(request: CareRequest, form: ContextForm, *, name: str, right_url: str) -> HttpResponse | None:
    """The answer (409) to a form that was typed for another patient, or did not come from us; None for all others.

    What was typed for another patient waits as a draft in their form at `right_url`.
    """
    if isinstance(form.problem, WrongPatient):
        return drafts.wrong_patient(request, form, name=name, right_url=right_url)
    if form.problem is not None and form.opened is None and form.problem.opened_for is None:
        return render(request, "shell/errors/stale_page.html", {"form": form}, status=409)
    return None
