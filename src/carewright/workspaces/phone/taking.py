"""A call while it is taken: the page, what is kept of it, the emergency, who it is, and how it is sent on."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import NotFound, Ref, Resource, StoreError
from carewright.shell import whose
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.refusals import for_script
from carewright.shell.saying import say
from carewright.skills.calls import actions, queries, rules
from carewright.skills.calls.model import Answer, Caller, PhoneCall, State
from carewright.skills.calls.reasons import BY_CODE
from carewright.skills.calls.red_flags import BY_CODE as FLAGS
from carewright.skills.calls.red_flags import RED_FLAGS
from carewright.skills.registration import queries as registration
from carewright.skills.registration.model import Patient
from carewright.workspaces.phone import reading
from carewright.workspaces.phone.forms import CallForm

SEND_ON, ANSWERED, WRONG, HUNG_UP = "send-on", "answered", "wrong-number", "hung-up"


@require_GET
@needs("calls.take")
def phone(request: CareRequest) -> HttpResponse:
    """A new call. Nothing is written before something is typed or answered."""
    return _show(request, _form(request), None)


@require_GET
@needs("calls.take")
def go_on(request: CareRequest, phone_id: str) -> HttpResponse:
    """A call that was left goes on where it was; only for whoever answered it, while nothing was decided."""
    found, _ = queries.call(request.reader("phone.go-on"), phone_id)
    if found.by != request.access.actor.reference or found.state is not State.TAKING:
        return redirect("phone-call", phone_id)
    return _show(request, _form(request, begun=found), found)


@require_POST
@needs("calls.take")
def keep(request: CareRequest) -> HttpResponse:
    """What is being typed, kept as it is typed: the call is there from the first letter."""
    form = _sent(request)
    if form is None:
        return JsonResponse({"message": gettext("Not yet saved. Reload this page before you go on.")}, status=409)
    if any(form.typed_in(name) for name in ("number", "place", "words")):
        try:
            _keep(request, form)
        except (StoreError, AccessDenied, rules.NotNow):
            return JsonResponse({"message": gettext("Not yet saved. Reload this page before you go on.")}, status=409)
    return JsonResponse({"saved_at": request.care.now.isoformat()})


@require_POST
@needs("calls.take")
def emergency(request: CareRequest) -> HttpResponse:
    """The emergency question is answered: with yes, or a red flag, the nurse has it before this answers."""
    form = _sent(request)
    if form is None:
        return _stale(request)
    flag = request.POST.get("red_flag", "")
    flag = flag if flag in FLAGS else ""
    answer = Answer.NO if request.POST.get("emergency") == Answer.NO and not flag else Answer.YES
    for_whom = reading.licensed(request, request.reader("phone.emergency")).person if answer is Answer.YES else ""
    _keep(request, form)
    after = actions.answer_emergency(
        request.writer(), call_id=form.call_id, site=request.access.site or "", answer=answer, red_flag=flag,
        for_whom=for_whom, at=request.care.now,
    )  # fmt: skip
    if not for_script(request):
        return redirect("phone-go-on", after.id)
    return render(request, "phone/emergency.html", emergency_values(after))


@require_GET
@needs("calls.see")
def nurse(request: CareRequest, phone_id: str) -> HttpResponse:
    """Whether a nurse or a provider has the caller yet; asked for again when a call changes."""
    found, _ = queries.call(request.reader("phone.nurse"), phone_id)
    return render(request, "phone/nurse.html", emergency_values(found))


@require_POST
@needs("calls.take")
def find(request: CareRequest) -> HttpResponse:
    """Who has that name and that birth date, both as the caller says them. Sent by POST: no address holds them."""
    form = _sent(request)
    if form is None:
        return _stale(request)
    name, born = form.typed_in("said_name"), form.cleaned_data.get("said_born")
    found: list[Patient] = []
    if name and born:
        listed = registration.find(request.reader("phone.find"), f"{born.isoformat()} {name}")
        found = [patient for patient in listed if _holds(form, patient)]
    values = {"found": found, "asked": bool(name and born), "call": None}
    return render(request, "phone/found.html", values)


@require_POST
@needs("calls.take")
def identify(request: CareRequest) -> HttpResponse:
    """It is this patient: looked at once more, and written down, before anything of the chart is shown."""
    form = _sent(request)
    if form is None:
        return _stale(request)
    patient_id = request.POST.get("patient", "")
    patient, _ = registration.whole(request.reader("phone.identify"), patient_id)
    if not _holds(form, patient):
        raise NotFound("There is no such patient.")
    _keep(request, form)
    after = actions.identify(
        request.writer(), call_id=form.call_id, site=request.access.site or "", patient=f"Patient/{patient.id}",
        at=request.care.now,
    )  # fmt: skip
    return _who(request, after)


@require_POST
@needs("calls.take")
def caller(request: CareRequest) -> HttpResponse:
    """Who is on the phone: what may be said follows."""
    form = _sent(request)
    if form is None:
        return _stale(request)
    chosen, _, reference = request.POST.get("caller", "").partition(":")
    if chosen not in set(Caller) or (chosen == Caller.LISTED and not reference):
        return HttpResponse(gettext("Choose who is on the phone."), status=422)
    name = _relative(request, reference) if reference else ""
    after = actions.who_calls(
        request.writer(), call_id=form.call_id, site=request.access.site or "", caller=Caller(chosen), name=name,
        reference=reference, at=request.care.now,
    )  # fmt: skip
    return _who(request, after)


@require_POST
@needs("calls.take")
def finish(request: CareRequest) -> HttpResponse:
    """How the call goes on: somebody calls back, it was answered, a wrong number, they hung up."""
    form = _sent(request)
    if form is None:
        return _stale(request)
    how = request.POST.get("end", SEND_ON)
    missing = _missing(request, form, how)
    if missing or form.errors:
        form.add_error("number" if missing else None, missing) if missing else None
        return _show(request, form, _standing(request, form), status=422)
    try:
        after = _finished(request, form, how)
    except rules.NotNow as refused:
        form.add_error(None, say(refused.words))
        return _show(request, form, _standing(request, form), status=422)
    return redirect("phone-call", after.id)


def _finished(request: CareRequest, form: CallForm, how: str) -> PhoneCall:
    site, at, reason = request.access.site or "", request.care.now, str(form.cleaned_data["reason"])
    chosen = BY_CODE.get(reason)
    for_whom = reading.licensed(request, request.reader("phone.finish")).person if chosen and chosen.licensed else ""
    _keep(request, form)
    writer = request.writer()
    match how:
        case "answered":
            return actions.answer_now(writer, call_id=form.call_id, site=site, reason=reason, at=at)
        case "wrong-number":
            return actions.send_on(writer, call_id=form.call_id, site=site, reason=WRONG, at=at)
        case "hung-up":
            return actions.hang_up(writer, call_id=form.call_id, reason=reason, at=at)
    return actions.send_on(writer, call_id=form.call_id, site=site, reason=reason, for_whom=for_whom, at=at)


def _missing(request: CareRequest, form: CallForm, how: str) -> str:
    """A call back needs a number; nothing else stands in the way."""
    if how != SEND_ON or form.typed_in("number") or form.cleaned_data.get("reason") == WRONG:
        return ""
    before = _standing(request, form)
    if before is not None and (before.number or before.emergency is Answer.YES):
        return ""
    return gettext("Ask for the number to call back.")


def emergency_values(call: PhoneCall | None) -> dict[str, Any]:
    """What the part about the emergency shows."""
    flag = FLAGS.get(call.red_flag) if call else None
    asked = next((line for line in reversed(call.lines) if "emergency" in line.event), None) if call else None
    return {
        "call": call,
        "flags": RED_FLAGS,
        "flag": flag,
        "is_emergency": call is not None and call.emergency is Answer.YES,
        "is_none": call is not None and call.emergency is Answer.NO,
        "asked": asked,
        "over": call.taken_over if call else None,
    }


def _show(request: CareRequest, form: CallForm, call: PhoneCall | None, *, status: int = 200) -> HttpResponse:
    if form.is_bound and form.problem is not None:
        form.renew()
    reader = request.reader("phone.page")
    values = {
        **emergency_values(call),
        "form": form,
        "who": reading.who(request, reader, call) if call else None,
        "licensed": reading.licensed(request, reader),
    }
    return render(request, "phone/phone.html", values, status=status)


def _who(request: CareRequest, call: PhoneCall) -> HttpResponse:
    values = {"call": call, "who": reading.who(request, request.reader("phone.who"), call)}
    return render(request, "phone/who.html", values)


def _form(request: CareRequest, data: Any = None, *, begun: PhoneCall | None = None) -> CallForm:
    here = whose.context_of(request, patient="")
    return CallForm(data, here=here, now=request.store.clock.wall(), begun=begun)


def _sent(request: CareRequest) -> CallForm | None:
    """The form as it was sent; None for one that is not this page's, or not this person's."""
    form = _form(request, request.POST)
    form.is_valid()
    return None if form.problem is not None or not form.call_id else form


def _keep(request: CareRequest, form: CallForm) -> PhoneCall:
    return actions.keep(
        request.writer(), call_id=form.call_id, site=request.access.site or "", number=form.typed_in("number"),
        place=form.typed_in("place"), words=form.typed_in("words"), at=request.care.now,
    )  # fmt: skip


def _standing(request: CareRequest, form: CallForm) -> PhoneCall | None:
    try:
        return queries.call(request.reader("phone.standing"), form.call_id)[0]
    except NotFound:
        return None


def _holds(form: CallForm, patient: Patient) -> bool:
    """Whether the name and birth date that were said are this patient's."""
    born = form.cleaned_data.get("said_born")
    name = patient.name
    spoken = " ".join([*name.given, name.family])
    known = [spoken, *([f"{patient.preferred_name} {name.family}"] if patient.preferred_name else [])]
    return born is not None and rules.identity_holds(
        said_name=form.typed_in("said_name"), said_born=born, names=known, born=patient.birth_date
    )


def _relative(request: CareRequest, reference: str) -> str:
    """The name of somebody on the list; NotFound for anything else."""
    ref = Ref.local(reference)
    if ref is None or ref.type != "RelatedPerson":
        raise NotFound("There is nobody like that.")
    name: Resource = next(iter(request.reader("phone.caller").resource(ref).get("name", ())), {})
    return str(name.get("text") or " ".join([*name.get("given", ()), name.get("family", "")]).strip())


def _stale(request: CareRequest) -> HttpResponse:
    return render(request, "shell/errors/stale_page.html", status=409)
