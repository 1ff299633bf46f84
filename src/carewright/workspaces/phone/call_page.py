"""One call: who, what is owed, its trail, and the steps that are left."""

from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from carewright.core.store.model import KeyTaken, NotFound
from carewright.core.store.reader import Reader
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say, term_words
from carewright.skills.calls import actions, queries, rules
from carewright.skills.calls.model import (
    CALLER_WORDS,
    ENDING_WORDS,
    EVENT_WORDS,
    OUTCOME_WORDS,
    Caller,
    Line,
    Outcome,
    PhoneCall,
    State,
)
from carewright.skills.contacts import rules as telling
from carewright.workspaces.banner import AboutPatient, about
from carewright.workspaces.phone import reading
from carewright.workspaces.phone.forms import AttemptForm, StepForm
from carewright.workspaces.phone.taking import emergency_values


@require_GET
@needs("calls.see")
def call(request: CareRequest, phone_id: str) -> HttpResponse:
    """The call as it stands."""
    return _show(request, phone_id)


@require_POST
@needs("calls.take")
def take_over(request: CareRequest, phone_id: str) -> HttpResponse:
    """I have the caller: a nurse or a provider says so, and nobody else."""
    try:
        actions.take_over(request.writer(), call_id=phone_id, at=request.care.now)
    except rules.NotNow as refused:
        return _show(request, phone_id, refused=say(refused.words), status=409)
    return redirect("phone-call", phone_id)


@require_POST
@needs("calls.take")
def pick_up(request: CareRequest, phone_id: str) -> HttpResponse:
    """Go on with what a colleague has left half-way."""
    try:
        actions.pick_up(request.writer(), call_id=phone_id, at=request.care.now)
    except rules.NotNow as refused:
        return _show(request, phone_id, refused=say(refused.words), status=409)
    return redirect("phone-go-on", phone_id)


@require_POST
@needs("calls.take")
def attempt(request: CareRequest, phone_id: str) -> HttpResponse:
    """Somebody called back, and how it went."""
    reader = request.reader("phone.attempt")
    found, _ = queries.call(reader, phone_id)
    detailed = _detailed(request, reader, found)
    form = AttemptForm(request.POST, detailed=detailed, **_for(request, found))
    if not form.is_valid():
        return _not_here(request, form) or _show(request, phone_id, form=form, status=422)
    try:
        with suppress(KeyTaken):  # pressed twice: the first one counts
            actions.attempt(
                request.writer(), call_id=phone_id, outcome=Outcome(form.cleaned_data["outcome"]),
                detailed_allowed=detailed, words=form.cleaned_data["words"], at=request.care.now,
                form_key=form.idempotency_key,
            )  # fmt: skip
    except rules.NotNow as refused:
        return _show(request, phone_id, refused=say(refused.words), status=409)
    return redirect("phone-call", phone_id)


@require_POST
@needs("calls.take")
def step(request: CareRequest, phone_id: str) -> HttpResponse:
    """The letter is sent, nobody has to call back, they hung up, or a note."""
    found, _ = queries.call(request.reader("phone.step"), phone_id)
    form = StepForm(request.POST, **_for(request, found))
    if not form.is_valid():
        return _not_here(request, form) or _show(request, phone_id, step_form=form, status=422)
    words, at, writer = form.cleaned_data["words"], request.care.now, request.writer()
    try:
        match request.POST.get("step", ""):
            case "letter":
                actions.send_letter(writer, call_id=phone_id, at=at)
            case "not-needed":
                actions.not_needed(writer, call_id=phone_id, words=words, at=at)
            case "hung-up":
                actions.hang_up(writer, call_id=phone_id, at=at)
            case _:
                actions.note(writer, call_id=phone_id, words=words, at=at)
    except rules.NotNow as refused:
        return _show(request, phone_id, refused=say(refused.words), step_form=form, status=409)
    return redirect("phone-call", phone_id)


def _show(
    request: CareRequest,
    phone_id: str,
    *,
    form: AttemptForm | None = None,
    step_form: StepForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    reader = request.reader("phone.call")
    found, _ = queries.call(reader, phone_id)
    for sent in (form, step_form):
        if sent is not None and sent.problem is not None:
            sent.renew()
    detailed = _detailed(request, reader, found)
    patient = _patient(request, reader, found)
    (row,) = reading.rows(request, reader, [queries.of_call(found)])
    values: dict[str, Any] = {
        **emergency_values(found),
        "row": row,
        "banner": patient.banner if patient else None,
        "patient_id": patient.patient.id if patient else "",
        "who": reading.who(request, reader, found),
        "caller_words": _caller(found),
        "trail": [(line, _words(line)) for line in found.lines],
        "ending": term_words(ENDING_WORDS[found.ending]) if found.ending else "",
        "form": form or AttemptForm(detailed=detailed, **_for(request, found)),
        "step_form": step_form or StepForm(auto_id="step_%s", **_for(request, found)),
        "refused": refused,
        **_open_steps(request, found),
    }
    return render(request, "phone/call.html", values, status=status)


def _patient(request: CareRequest, reader: Reader, found: PhoneCall) -> AboutPatient | None:
    """The patient of the call; None before name and birth date were said, or for a chart that is not to be seen."""
    try:
        return about(request, reader, found.patient.removeprefix("Patient/")) if found.patient else None
    except NotFound:
        return None


def _open_steps(request: CareRequest, found: PhoneCall) -> dict[str, bool]:
    """Which buttons there are."""
    owed, made = found.state is State.OWED and not found.rings, len(found.attempts)
    for_me = not rules.reason_of(found).licensed or request.access.may_do("calls.licensed")
    taking = found.state is State.TAKING
    may_take = request.access.may_do("calls.take")
    return {
        "may_take_over": found.rings and request.access.may_do("calls.licensed"),
        "may_call": may_take and owed and for_me,
        "licensed_only": owed and not for_me,
        "may_letter": may_take and owed and made >= rules.MOST_ATTEMPTS,
        "may_go_on": taking and found.by == request.access.actor.reference,
        "may_pick_up": taking and may_take and found.by != request.access.actor.reference,
        "may_end": taking and may_take,
        "may_note": may_take,
    }


def _detailed(request: CareRequest, reader: Reader, found: PhoneCall) -> bool:
    """Whether a detailed message may be left: only the patient's own yes."""
    who = reading.who(request, reader, found)
    return who is not None and telling.detailed_voicemail(who.contacts)


def _caller(found: PhoneCall) -> str:
    words = term_words(CALLER_WORDS[found.caller])
    if found.caller is Caller.LISTED and found.caller_name:
        return found.caller_name
    return words


def _words(line: Line) -> str:
    parts = [term_words(EVENT_WORDS[line.event])]
    if line.outcome:
        parts.append(term_words(OUTCOME_WORDS[line.outcome]))
    return ": ".join(part for part in (" – ".join(parts), line.words) if part)


def _for(request: CareRequest, found: PhoneCall) -> dict[str, Any]:
    here = whose.context_of(request, patient=found.patient.removeprefix("Patient/"))
    return {"here": here, "now": request.store.clock.wall()}


def _not_here(request: CareRequest, form: ContextForm) -> HttpResponse | None:
    if form.problem is None:
        return None
    return render(request, "shell/errors/stale_page.html", {"form": form}, status=409)
