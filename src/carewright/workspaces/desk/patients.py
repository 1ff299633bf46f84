"""Finding a patient to book, and registering a new one; a look-alike is shown before a second record is made."""

import uuid
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from carewright.core.sentences import term
from carewright.core.store.model import KeyTaken
from carewright.core.terminology.coding import BCP47, Coding
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.shell.words import age_on, sex_words
from carewright.skills.registration import actions, queries
from carewright.skills.registration.model import Name, Patient, Phone
from carewright.workspaces.desk import steps

FOUND_SHOWN = 8
OLDEST = date(1900, 1, 1)
LANGUAGES = (
    ("en", term("English")), ("es", term("Spanish")), ("vi", term("Vietnamese")),
    ("hmn", term("Hmong")), ("so", term("Somali")), ("ar", term("Arabic")),
    ("zh", term("Chinese")), ("ru", term("Russian")),
)  # fmt: skip


class NewPatientForm(forms.Form):
    """What the desk asks of somebody new; the rest can wait."""

    family = forms.CharField(label=gettext_lazy("Last name"), max_length=100)
    given = forms.CharField(label=gettext_lazy("First and middle names"), max_length=100)
    birth_date = forms.DateField(
        label=gettext_lazy("Birth date"),
        input_formats=["%m/%d/%Y", "%Y-%m-%d"],
        help_text=gettext_lazy("month/day/year, like 08/21/2025"),
    )
    gender = forms.ChoiceField(
        label=gettext_lazy("Sex"),
        choices=[
            ("", gettext_lazy("Choose")), ("female", gettext_lazy("female")), ("male", gettext_lazy("male")),
            ("other", gettext_lazy("another")), ("unknown", gettext_lazy("not known")),
        ],
    )  # fmt: skip
    phone = forms.CharField(label=gettext_lazy("Phone"), required=False, max_length=40)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[(code, gettext_lazy(words)) for code, words in LANGUAGES],
        required=False,
    )
    interpreter = forms.BooleanField(label=gettext_lazy("Needs an interpreter"), required=False)
    care_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    """Which opening of the form this is: sent twice, it registers once."""

    def clean_birth_date(self) -> date:
        born: date = self.cleaned_data["birth_date"]
        if not born >= OLDEST:
            raise forms.ValidationError(gettext_lazy("Check the year."))
        return born

    def patient(self) -> Patient:
        """What was typed, as a patient."""
        typed = self.cleaned_data
        code = typed["language"] or "en"
        return Patient(
            name=Name(family=typed["family"].strip(), given=tuple(typed["given"].split())),
            gender=typed["gender"],
            birth_date=typed["birth_date"],
            phones=(Phone(number=typed["phone"].strip()),) if typed["phone"].strip() else (),
            language=Coding(BCP47, code, dict(LANGUAGES)[code]),
            needs_interpreter=typed["interpreter"],
        )


@require_http_methods(["GET", "POST"])
@needs("desk.see")
def find(request: CareRequest) -> HttpResponse:
    """Find the patient to book; what is typed goes by POST, so that no address holds it."""
    typed = request.POST.get("q", "").strip()
    found = queries.find(request.reader("desk.find"), typed, count=FOUND_SHOWN) if typed else []
    today = request.care.now_local.date()
    hits = [_hit(request, patient, today) for patient in found]
    context: dict[str, Any] = {
        "typed": typed,
        "hits": hits,
        "walk_in": "walk_in" in request.POST or "walk_in" in request.GET,
        "starts_at": request.POST.get("starts_at") or request.GET.get("starts_at", ""),
        "schedule": request.POST.get("schedule") or request.GET.get("schedule", ""),
        "day": request.POST.get("day") or request.GET.get("day", ""),
        "may_register": request.access.may_do("registration.write"),
    }
    template = "desk/found.html" if request.method == "POST" else "desk/find.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@needs("registration.write")
def register(request: CareRequest) -> HttpResponse:
    """Register somebody new; with `is_new` after a look at those who are alike."""
    form = NewPatientForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "walk_in": "walk_in" in request.POST or "walk_in" in request.GET}
    if request.method == "GET":
        return render(request, "desk/register.html", context)
    if not form.is_valid():
        return steps.into_dialog(render(request, "desk/register.html", context, status=422))
    if form.cleaned_data["birth_date"] > request.care.now_local.date():
        form.add_error("birth_date", gettext_lazy("This date is still to come."))
        return steps.into_dialog(render(request, "desk/register.html", context, status=422))
    try:
        ref = actions.register(
            request.writer(), entered=form.patient(), is_new="is_new" in request.POST,
            form_key=str(form.cleaned_data["care_key"]),
        )  # fmt: skip
    except KeyTaken as sent_before:
        if sent_before.holder is None:
            raise
        ref = sent_before.holder
    except actions.LooksRegistered as alike:
        today = request.care.now_local.date()
        matches = [
            (_hit(request, patient, today), [say(reason) for reason in reasons]) for patient, reasons in alike.matches
        ]
        return steps.into_dialog(render(request, "desk/register.html", {**context, "matches": matches}, status=409))
    patient, _ = queries.patient(request.reader("desk.registered"), ref.id)
    hit = _hit(request, patient, request.care.now_local.date())
    return steps.into_dialog(render(request, "desk/registered.html", {**context, "hit": hit}))


def _hit(request: CareRequest, patient: Patient, today: date) -> dict[str, str]:
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    return {
        "id": patient.id,
        "name": patient.name.words,
        "age_sex": f"{age_on(born=born, on=today)}, {sex_words(patient.gender)}",
        "born": request.care.clock.partial_date(born) if born else "",
        "mrn": patient.mrn,
    }
