"""The vitals of a visit: save, check one field, correct, charted by mistake, tell somebody.

Every answer that is a page is the rooming page with its banner; what was typed is always shown again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.forms import ChoiceField
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from carewright.core.fhir.dates import interval
from carewright.core.store.model import Conflict, KeyTaken, NotFound
from carewright.core.store.once import was_saved
from carewright.shell import drafts, whose
from carewright.shell.forms import ContextForm
from carewright.shell.people import providers
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.critical_calls import actions as critical_calls
from carewright.skills.vitals import actions, panel
from carewright.skills.vitals.forms import UNIT_KEYS, Occasion, TellForm, VitalsForm, initial_of, kind_words, kinds_for
from carewright.skills.vitals.model import Kind
from carewright.skills.vitals.panel import Chart
from carewright.skills.vitals.queries import Recorded
from carewright.skills.vitals.rules.findings import NotPossible, check_possible
from carewright.workspaces.rooming import page
from carewright.workspaces.rooming.checklist import VITALS
from carewright.workspaces.rooming.page import Rooming

FORM = "vitals"
UNITS_OF_SESSION = "vitals_units"


@require_POST
@needs("vitals.record")
def save(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Save what was typed, as a whole; what somebody else saved meanwhile is shown first, and nothing is lost."""
    rooming = page.load(request, encounter_id)
    chart = chart_of(request, rooming)
    form = vitals_form(request, rooming, chart, data=request.POST)
    if not form.is_valid():
        return _not_here(request, form) or _again(request, rooming, form, chart)
    if was_saved(request.reader("rooming.page"), form.idempotency_key):
        return HttpResponseRedirect(_after_saving(request, encounter_id))
    if differing := _changed_meanwhile(form, chart):
        form.renew(versions={**rooming.versions, **chart.versions})
        values = {**panel_values(request, rooming, form=form), "differences": _differences(form, chart, differing)}
        return page.show(request, rooming, VITALS, values, status=409)
    try:
        _record(request, form)
    except NotPossible:
        _mark_impossible(form)
        return _again(request, rooming, form, chart)
    drafts.done(request, form=FORM, patient=rooming.patient_id)
    return HttpResponseRedirect(_after_saving(request, encounter_id))


@require_POST
@needs("vitals.record")
def check(request: CareRequest, encounter_id: str, kind: str) -> HttpResponse:
    """What the rules say of one row: only what stands beside the field, for htmx to swap. Reads; saves nothing."""
    if kind not in set(Kind):
        raise NotFound("There is no such vital sign.")
    rooming = page.load(request, encounter_id)
    chart = chart_of(request, rooming)
    form = vitals_form(request, rooming, chart, data=request.POST, only=Kind(kind))
    form.is_valid()
    if _half_a_pressure(form):
        form.readings = []
    state = panel.state_of(
        form, Kind(kind), chart, encounter_id=encounter_id, clock=request.care.clock,
        right=request.GET.get("right") == "1",
    )  # fmt: skip
    errors = list(form.errors.get(kind, ()))
    return render(request, "shell/components/field_state.html", {"name": kind, "state": state, "errors": errors})


@require_POST
@needs("vitals.record")
def mistake(request: CareRequest, encounter_id: str, observation_id: str) -> HttpResponse:
    """Charted by mistake; `version` is the one that the page showed. The saved lines of that sign come back."""
    rooming = page.load(request, encounter_id)
    entry = _of_this_visit(chart_of(request, rooming), observation_id)
    form = ContextForm(request.POST, here=page.context(request, rooming), now=request.store.clock.wall())
    if not form.is_valid():
        return _not_here(request, form) or HttpResponse(status=409)
    version = request.POST.get("version", "")
    actions.charted_by_mistake(
        request.writer(), observation_id=observation_id, version=int(version) if version.isdigit() else 0
    )
    chart = chart_of(request, page.load(request, encounter_id))
    saved = panel.saved_of(chart, entry.reading.kind)
    values = {"key": entry.reading.kind.value, "saved": saved, "encounter_id": encounter_id, "may_record": True}
    return render(request, "vitals/saved.html", values)


@require_http_methods(["GET", "POST"])
@needs("vitals.record")
def change(request: CareRequest, encounter_id: str, observation_id: str) -> HttpResponse:
    """Put the right number in place of a wrong one; somebody else's change is shown beside one's own."""
    rooming = page.load(request, encounter_id)
    chart = chart_of(request, rooming)
    entry = _of_this_visit(chart, observation_id)
    form = _change_form(request, rooming, chart, entry)
    if request.method == "GET" or not form.is_valid() or not form.readings:
        other = _not_here(request, form) if form.is_bound else None
        return other or _change_page(request, rooming, chart, entry, form, status=422 if form.errors else 200)
    version = (form.opened or form.here).versions.get(f"Observation/{observation_id}", 0)
    try:
        actions.correct(request.writer(), observation_id=observation_id, version=version, reading=form.readings[0])
    except Conflict:
        return _changed_by_another(request, encounter_id, observation_id, form)
    except NotPossible:
        _mark_impossible(form)
        return _change_page(request, rooming, chart, entry, form, status=422)
    return HttpResponseRedirect(page.url(encounter_id, VITALS.key))


@require_POST
@needs("vitals.record")
def tell(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Ring somebody about the critical readings of this visit; or they were told: whom, and when."""
    rooming = page.load(request, encounter_id)
    form = tell_form(request, rooming, data=request.POST)
    if not form.is_valid():
        values = panel_values(request, rooming, tell=form)
        return _not_here(request, form) or page.show(request, rooming, VITALS, values, status=422)
    choice = form.fields["whom"]
    names = dict(choice.choices) if isinstance(choice, ChoiceField) else {}  # type: ignore[arg-type] # Django's choices are pairs here
    whom = form.cleaned_data["whom"]
    if "ring" in request.POST:
        critical_calls.ring(
            request.writer(), encounter_id=encounter_id, patient=rooming.found.visit.patient,
            site=request.access.site or "", whom=whom, at=request.care.now,
        )  # fmt: skip
        return HttpResponseRedirect(page.url(encounter_id, VITALS.key))
    at = _latest(request.care.now_local, form.cleaned_data["when"])
    reader = request.reader("rooming.tell")
    with request.writer().transaction(reason="rooming.tell") as tx:
        actions.plan_tell(tx, reader, encounter_id=encounter_id, whom=whom, name=str(names[whom]), at=at)
        critical_calls.plan_told_in_person(tx, reader, encounter_id=encounter_id, whom=whom, at=at)
    return HttpResponseRedirect(page.url(encounter_id, VITALS.key))


def chart_of(request: CareRequest, rooming: Rooming) -> Chart:
    """The readings of this visit and the last ones before it."""
    reader = request.reader("rooming.page")
    before = rooming.found.visit.stages[0].since
    return panel.read_chart(reader, patient=rooming.patient.resource, encounter_id=rooming.id, before=before)


def panel_values(
    request: CareRequest, rooming: Rooming, *, form: VitalsForm | None = None, tell: TellForm | None = None
) -> dict[str, Any]:
    """What the vitals panel shows: the form and its rows, the critical readings, the offer of a draft."""
    chart = chart_of(request, rooming)
    offer = drafts.offer(request, form=FORM, patient=rooming.patient_id)
    if form is None:
        form = vitals_form(request, rooming, chart, initial=drafts.resumed(request, offer))
    rows = panel.rows_of(form, chart, encounter_id=rooming.id, clock=request.care.clock)
    again = request.GET.get("again", "")
    return {
        "form": form,
        "rows": rows,
        "offer": offer if not form.is_bound else None,
        "untold": chart.untold,
        "told": [(told, chart.names.get(told.whom, ""), chart.names.get(told.by, "")) for told in chart.told],
        "tell": (tell or tell_form(request, rooming)) if chart.untold else None,
        "first": again if again in set(Kind) else "",
        "may_record": request.access.may_do("vitals.record"),
        "entered": sum(1 for row in rows if any(not saved.mistake for saved in row.saved)),
    }


def tell_form(request: CareRequest, rooming: Rooming, *, data: Any = None) -> TellForm:
    """Whom, and when: the providers of this site, and now."""
    people = providers(request.reader("rooming.page"), site=request.access.site)
    return TellForm(
        data,
        people=[(choice.value, choice.label) for choice in people],
        here=page.context(request, rooming),
        now=request.store.clock.wall(),
        initial={"when": request.care.now_local.time().replace(second=0, microsecond=0)},
        auto_id="tell-%s",
    )


def vitals_form(
    request: CareRequest,
    rooming: Rooming,
    chart: Chart,
    *,
    data: Any = None,
    only: Kind | None = None,
    initial: Mapping[str, Any] | None = None,
) -> VitalsForm:
    """The form of this visit: the signs of the patient's age, in the units that were chosen last."""
    born = chart.subject.birth_date if chart.subject else None
    now = request.care.now_local.replace(microsecond=0)
    return VitalsForm(
        data,
        kinds=(only,) if only else kinds_for(born, on=now.date()),
        occasion=Occasion(
            patient=rooming.found.visit.patient,
            encounter=f"Encounter/{rooming.id}",
            at=now,
            performer=request.access.actor.reference,
        ),
        units=_units(request, chart),
        here=page.context(request, rooming, versions=chart.versions),
        now=request.store.clock.wall(),
        initial=dict(initial or {}),
    )


def instant(text: str) -> datetime:
    """The instant of a FHIR dateTime."""
    return interval(text)[0]


def _record(request: CareRequest, form: VitalsForm) -> None:
    """Write the readings once: a form that was sent twice was saved by its first sending."""
    if not form.readings:
        return
    try:
        actions.record(request.writer(), readings=form.readings, form_key=form.idempotency_key)
    except KeyTaken:
        return
    chosen = {r.kind.value: UNIT_KEYS[r.value.unit] for r in form.readings if r.value and r.value.unit in UNIT_KEYS}
    request.session[UNITS_OF_SESSION] = {**request.session.get(UNITS_OF_SESSION, {}), **chosen}


def _units(request: CareRequest, chart: Chart) -> dict[str, str]:
    """The unit each row offers: that of this visit, else of the last one, else what this person chose last."""
    here = {
        entry.reading.kind.value: UNIT_KEYS.get(entry.reading.value.unit, "")
        for entry in chart.saved
        if entry.reading.value is not None and entry.reading.status != "entered-in-error"
    }
    last = {
        kind.value: UNIT_KEYS.get(reading.value.unit, "")
        for kind in Kind
        if (reading := chart.last_of(kind)) is not None and reading.value is not None
    }
    return {**request.session.get(UNITS_OF_SESSION, {}), **last, **here}


def _changed_meanwhile(form: VitalsForm, chart: Chart) -> list[Kind]:
    """The signs that are typed here and of which a reading has come or changed since the form was opened."""
    seen = (form.opened or form.here).versions
    typed = {reading.kind for reading in form.readings}
    changed = (e.reading.kind for e in chart.saved if seen.get(str(e.ref)) != e.version and e.reading.kind in typed)
    return list(dict.fromkeys(changed))


def _differences(form: VitalsForm, chart: Chart, kinds: list[Kind]) -> list[dict[str, Any]]:
    """Now and yours, side by side."""
    yours = {reading.kind: panel.typed_words(reading) for reading in form.readings}
    return [{"label": kind_words(kind), "now": panel.saved_of(chart, kind), "yours": yours[kind]} for kind in kinds]


def _again(request: CareRequest, rooming: Rooming, form: VitalsForm, chart: Chart) -> HttpResponse:
    if form.problem is not None:
        form.renew(versions={**rooming.versions, **chart.versions})
    return page.show(request, rooming, VITALS, panel_values(request, rooming, form=form), status=422)


def _change_form(request: CareRequest, rooming: Rooming, chart: Chart, entry: Recorded) -> VitalsForm:
    reading = entry.reading
    return VitalsForm(
        request.POST if request.method == "POST" else None,
        kinds=(reading.kind,),
        occasion=Occasion(
            patient=reading.patient, encounter=reading.encounter, at=reading.at, performer=reading.performer
        ),
        units={},
        here=page.context(request, rooming, versions=chart.versions),
        now=request.store.clock.wall(),
        initial=initial_of(reading),
    )


def _change_page(
    request: CareRequest, rooming: Rooming, chart: Chart, entry: Recorded, form: VitalsForm, *, status: int,
    yours: str = "",
) -> HttpResponse:  # fmt: skip
    if form.is_bound and form.problem is not None:
        form.renew(versions={**rooming.versions, **chart.versions})
    (row,) = panel.rows_of(form, chart, encounter_id=rooming.id, clock=request.care.clock)
    now = next(saved for saved in row.saved if saved.id == entry.reading.id)
    values = {"form": form, "row": row, "now": now, "yours": yours}
    return page.show(request, rooming, VITALS, values, status=status, template="vitals/change.html")


def _changed_by_another(request: CareRequest, encounter_id: str, observation_id: str, form: VitalsForm) -> HttpResponse:
    """Someone else changed this: theirs and one's own, and the form again with the version that stands now."""
    rooming = page.load(request, encounter_id)
    chart = chart_of(request, rooming)
    form.renew(versions={**rooming.versions, **chart.versions})
    entry = _of_this_visit(chart, observation_id)
    return _change_page(request, rooming, chart, entry, form, status=409, yours=panel.typed_words(form.readings[0]))


def _of_this_visit(chart: Chart, observation_id: str) -> Recorded:
    for entry in chart.saved:
        if entry.reading.id == observation_id:
            return entry
    raise NotFound("This visit has no such reading.")


def _mark_impossible(form: VitalsForm) -> None:
    """Say beside each field that holds a number no patient can have; what was typed stays in it."""
    for reading in form.readings:
        try:
            check_possible(reading)
        except NotPossible as refused:
            form.add_error(reading.kind.value, say(refused.reason))


def _half_a_pressure(form: VitalsForm) -> bool:
    """The first number of a blood pressure alone is no finding yet: the second is being typed."""
    return any(r.kind is Kind.BLOOD_PRESSURE and r.diastolic is None for r in form.readings)


def _latest(now: datetime, time_of_day: Any) -> datetime:
    """The latest such time of day that is not after now; a minute ahead of now is now."""
    at = datetime.combine(now.date(), time_of_day, tzinfo=now.tzinfo)
    if at - now > timedelta(minutes=5):
        return at - timedelta(days=1)
    return min(at, now)


def _not_here(request: CareRequest, form: ContextForm) -> HttpResponse | None:
    encounter_id = whose.encounter_in(form.problem.opened_for if form.problem else None)
    right = page.url(encounter_id, VITALS.key) if encounter_id else reverse("home")
    return whose.of_another(request, form, name=FORM, right_url=right)


def _after_saving(request: CareRequest, encounter_id: str) -> str:
    """To the field that is measured again, to the critical reading that somebody is to be told of, or onwards."""
    here = page.url(encounter_id, VITALS.key)
    again = request.POST.get("again", "")
    if again in set(Kind):
        return f"{here}?again={again}"
    if "tell" in request.POST:
        return f"{here}#tell"
    if "onward" not in request.POST:
        return here
    rooming = page.load(request, encounter_id)
    if any(vital.told is None for vital in rooming.readiness.critical_vitals):
        return f"{here}#tell"
    onward = page.following(rooming, VITALS)
    return onward[1] if onward else here
