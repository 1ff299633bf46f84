"""What is pressed at a referral: a new one, the next step, a barrier, what was done about it, its end."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from carewright.core.store.model import Conflict, KeyTaken
from carewright.core.work.model import End
from carewright.shell import people, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.referrals import actions, queries
from carewright.skills.referrals.model import Hindrance, NotPossible, Referral, Step, Taken
from carewright.workspaces.banner import about
from carewright.workspaces.referrals import reading
from carewright.workspaces.referrals.forms import BarrierForm, EndForm, HelpForm, NewForm, StepForm
from carewright.workspaces.referrals.views import form_options, show_referral

Make = Callable[[Referral, dict[str, Any]], ContextForm]
Act = Callable[[ContextForm, dict[str, Any]], None]


@require_http_methods(["GET", "POST"])
@needs("referrals.do")
def new(request: CareRequest, patient_id: str) -> HttpResponse:
    """A new referral for a patient."""
    reader = request.reader("referrals.new")
    patient = about(request, reader, patient_id)
    patient_id = patient.patient.id
    here, now = whose.context_of(request, patient=patient_id), request.store.clock.wall()
    providers = people.providers(reader, site=request.access.site)
    data = request.POST if request.method == "POST" else None
    me = request.access.actor.reference
    form = NewForm(data, here=here, now=now, providers=providers, initial={"provider": me})
    values = {"banner": patient.banner, "form": form, "patient_id": patient_id}
    if request.method == "GET":
        return render(request, "referrals/new.html", values)
    if not form.is_valid():
        if answer := _not_here(request, form, reverse("referrals")):
            return answer
        if form.problem is not None:
            form.renew()
        return render(request, "referrals/new.html", values, status=422)
    try:
        ref = actions.refer(request.writer(), referral=_typed(request, form, patient_id),
                            form_key=form.idempotency_key)  # fmt: skip
    except KeyTaken as taken:
        return redirect("referral", taken.holder.id) if taken.holder else redirect("referrals")
    return redirect("referral", ref.id)


def _typed(request: CareRequest, form: NewForm, patient_id: str) -> Referral:
    typed = form.cleaned_data
    needed = Taken(step=Step.NEEDED, at=request.care.now, by=request.access.actor.reference)
    return Referral(
        patient=f"Patient/{patient_id}", provider=typed["provider"], to=typed["to"].strip(),
        reason=typed["reason"].strip(), taken=(needed,), site=request.access.site or "", urgent=typed["urgent"],
        needs_authorisation=typed["needs_authorisation"],
    )  # fmt: skip


@require_POST
@needs("referrals.do")
def step(request: CareRequest, referral_id: str) -> HttpResponse:
    """The next step was taken."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        typed = form.cleaned_data
        at, zone = typed["at"], request.care.clock.zone
        seen_at = datetime.combine(typed["on"], at, tzinfo=zone) if typed["on"] and at else None
        taken = Step(typed["step"])
        actions.advance(
            request.writer(), **about_it, step=taken, at=request.care.now, words=typed["words"],
            seen_at=seen_at if taken is Step.SCHEDULED else None,
            note=typed["note"] if taken is Step.NOTE_BACK else "",
        )  # fmt: skip

    def make(found: Referral, options: dict[str, Any]) -> ContextForm:
        return StepForm(request.POST, **options, notes=reading.notes(request, found))

    return _change(request, referral_id, "step", make, act)


@require_POST
@needs("referrals.do")
def barrier(request: CareRequest, referral_id: str) -> HttpResponse:
    """Something stands in the way, or the patient did not go."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        typed = form.cleaned_data
        actions.hinder(
            request.writer(), **about_it, kind=Hindrance(typed["kind"]), words=typed["words"], at=request.care.now,
            missed=typed["missed"],
        )  # fmt: skip

    return _change(
        request, referral_id, "barrier", lambda _, options: BarrierForm(request.POST, **options, prefix="barrier"), act
    )


@require_POST
@needs("referrals.do")
def help_with(request: CareRequest, referral_id: str, number: int) -> HttpResponse:
    """Something was done about a barrier."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        actions.help_with(
            request.writer(), **about_it, number=number, done=form.cleaned_data["done"], at=request.care.now
        )

    return _change(
        request, referral_id, "help",
        lambda _, options: HelpForm(request.POST, **options, prefix="help", auto_id=False), act,
    )  # fmt: skip


@require_POST
@needs("referrals.do")
def end(request: CareRequest, referral_id: str) -> HttpResponse:
    """The loop ends without being closed."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        typed = form.cleaned_data
        actions.end(request.writer(), **about_it, how=End(typed["how"]), why=typed["why"])

    return _change(request, referral_id, "end", lambda _, options: EndForm(request.POST, **options, prefix="end"), act)


def _change(request: CareRequest, referral_id: str, name: str, make: Make, act: Act) -> HttpResponse:
    """Check the form, act over the version that was shown, show the referral as it stands then."""
    found, _ = queries.referral(request.reader("referrals.step"), referral_id)
    form = make(found, form_options(request, found))
    if not form.is_valid() or form.opened is None:
        if answer := _not_here(request, form, reverse("referral", args=[referral_id])):
            return answer
        if form.problem is not None:
            form.renew(versions={f"ServiceRequest/{found.id}": found.version})
        return show_referral(request, referral_id, forms={name: form}, status=422)
    version = form.opened.versions.get(f"ServiceRequest/{referral_id}", 0)
    try:
        act(form, {"referral_id": referral_id, "version": version, "form_key": form.idempotency_key})
    except KeyTaken:
        return redirect("referral", referral_id)
    except NotPossible as lost:
        return show_referral(request, referral_id, wrong=say(lost.reason), status=409)
    except Conflict:
        words = gettext("Someone else changed this referral just now. Nothing of yours was saved. Look again.")
        return show_referral(request, referral_id, wrong=words, status=409)
    return redirect("referral", referral_id)


def _not_here(request: CareRequest, form: ContextForm, url: str) -> HttpResponse | None:
    return whose.of_another(request, form, name="referrals", right_url=url)
