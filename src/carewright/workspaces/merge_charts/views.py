"""The pages of merging charts. A view loads, calls one action, renders."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from carewright.core.store.model import Conflict, Refused
from carewright.shell import drafts, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.registration import actions, merges, queries
from carewright.workspaces.banner import who
from carewright.workspaces.merge_charts import reading
from carewright.workspaces.merge_charts.forms import ApartForm, MergeForm, ReasonForm
from carewright.workspaces.merge_charts.reading import Comparison

FOUND_SHOWN = 12
DRAFT = "merge-charts"


@require_GET
@needs("registration.merge")
def pairs(request: CareRequest) -> HttpResponse:
    """Who may be registered twice, and a search for two charts that look less alike."""
    return render(request, "merge_charts/pairs.html", reading.pairs(request))


@require_POST
@needs("registration.merge")
def find(request: CareRequest) -> HttpResponse:
    """Charts by name; two of them chosen lead to their comparison."""
    reader = request.reader("merge-charts.find")
    chosen = list(queries.patients(reader, request.POST.getlist("chart")[:FOUND_SHOWN]).values())
    if len(chosen) == 2 and "compare" in request.POST:
        return redirect("merge-compare", *(patient.id for patient in chosen))
    typed = request.POST.get("q", "").strip()
    found = queries.find(reader, typed, count=FOUND_SHOWN) if typed else []
    hits = {patient.id: patient for patient in (*chosen, *found)}
    values = {
        "typed": typed,
        "hits": [who(request, patient) for patient in hits.values()],
        "chosen": {patient.id for patient in chosen},
        "wrong": gettext("Choose two charts.") if "compare" in request.POST else "",
    }
    return render(request, "merge_charts/find.html", values, status=422 if values["wrong"] else 200)


@require_http_methods(["GET", "POST"])
@needs("registration.merge")
def compare(request: CareRequest, patient_id: str, other_id: str) -> HttpResponse:
    """Two charts side by side; with a choice and a reason, the second look at who is merged."""
    page = reading.comparison(request, patient_id, other_id)
    if (standing := _standing(request, page)) is not None:
        return standing
    if request.method == "GET" or page.apart is not None:
        return _show(request, page, status=200 if request.method == "GET" else 409)
    form = _form(request, page, request.POST)
    if not form.is_valid():
        return _not_here(request, form) or _show(request, page, form=form, status=422)
    keep = page.one if form.cleaned_data["keep"] == page.one.id else page.other
    retire = page.other if keep is page.one else page.one
    return render(
        request, "merge_charts/second_look.html", {"page": page, "form": form, "keep": keep, "retire": retire}
    )


@require_POST
@needs("registration.merge")
def merge(request: CareRequest, patient_id: str, other_id: str) -> HttpResponse:
    """Merge, after the second look."""
    page = reading.comparison(request, patient_id, other_id)
    form = _form(request, page, request.POST)
    if not form.is_valid() or form.opened is None:
        return _not_here(request, form) or _show(request, page, form=form, status=422)
    keep = form.cleaned_data["keep"]
    retire = page.other.id if keep == page.one.id else page.one.id
    try:
        actions.merge_charts(
            request.writer(), keep=keep, retire=retire, versions=form.opened.versions,
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
    except (Conflict, Refused) as lost:
        return _after_a_race(request, form, lost, patient_id, other_id)
    drafts.done(request, form=DRAFT, patient=patient_id)
    return redirect("merge-done", retire)


@require_POST
@needs("registration.merge")
def apart(request: CareRequest, patient_id: str, other_id: str) -> HttpResponse:
    """These are two people: the pair is offered no more."""
    page = reading.comparison(request, patient_id, other_id)
    form = _apart_form(request, page, request.POST)
    if not form.is_valid():
        return _not_here(request, form) or _show(request, page, form=form, status=422)
    try:
        actions.tell_apart(
            request.writer(), one=page.one.id, other=page.other.id, reason=form.cleaned_data["reason"],
            at=request.care.now_local,
        )  # fmt: skip
    except (Conflict, Refused) as lost:
        return _after_a_race(request, form, lost, patient_id, other_id)
    return redirect("merge-charts")


@require_POST
@needs("registration.merge")
def apart_back(request: CareRequest, patient_id: str, other_id: str) -> HttpResponse:
    """They may be one person after all: the pair is offered again."""
    page = reading.comparison(request, patient_id, other_id)
    form = _apart_form(request, page, request.POST)
    if page.apart is None:
        return redirect("merge-compare", page.one.id, page.other.id)
    if not form.is_valid():
        return _not_here(request, form) or _show(request, page, form=form, status=422)
    try:
        actions.take_back_apart(
            request.writer(), one=page.one.id, other=page.other.id, reason=form.cleaned_data["reason"]
        )
    except (Conflict, Refused) as lost:
        return _after_a_race(request, form, lost, patient_id, other_id)
    return redirect("merge-compare", page.one.id, page.other.id)


@require_GET
@needs("registration.merge")
def done(request: CareRequest, patient_id: str) -> HttpResponse:
    """What a merge did, with what was written since; where it was undone, in which chart that is."""
    return _done(request, patient_id)


@require_POST
@needs("registration.merge")
def undo(request: CareRequest, patient_id: str) -> HttpResponse:
    """Two people after all."""
    reader = request.reader("merge-charts.done")
    found = merges.merge_of(reader, patient_id)
    if found is None or found.undone_at is not None:
        return redirect("merge-done", patient_id)
    form = _undo_form(request, found, request.POST)
    if not form.is_valid() or form.opened is None:
        return _not_here(request, form) or _done(request, patient_id, form=form, status=422)
    try:
        actions.unmerge_charts(
            request.writer(), retire=patient_id, versions=form.opened.versions, reason=form.cleaned_data["reason"]
        )
    except (Conflict, Refused) as lost:
        form.add_error(None, _words(lost))
        form.renew(versions=_versions(request, found))
        return _done(request, patient_id, form=form, status=409)
    return redirect("merge-done", patient_id)


def _show(request: CareRequest, page: Comparison, *, form: ReasonForm | None = None, status: int = 200) -> HttpResponse:
    """Both charts with the two forms; `form` is the one that was sent."""
    if form is not None and form.problem is not None:
        form.renew(versions=page.versions)
    offer = drafts.offer(request, form=DRAFT, patient=page.one.id)
    merging = form if isinstance(form, MergeForm) else None
    values = {
        "page": page,
        "form": merging or _form(request, page, initial=drafts.resumed(request, offer)),
        "apart_form": form if form is not merging else _apart_form(request, page),
        "offer": offer if form is None else None,
    }
    return render(request, "merge_charts/compare.html", values, status=status)


def _done(request: CareRequest, patient_id: str, *, form: ReasonForm | None = None, status: int = 200) -> HttpResponse:
    reader = request.reader("merge-charts.done")
    retired, _ = queries.patient(reader, patient_id)
    found = merges.merge_of(reader, patient_id)
    if found is None:
        return redirect("merge-charts")
    values = {
        "merge": found,
        "merged_at": request.store.clock.at(found.merged_at),
        "undone_at": found.undone_at and request.store.clock.at(found.undone_at),
        "retired": who(request, retired),
        "kept": who(request, queries.patient(reader, found.survivor)[0]),
        "since": reading.since(request, found),
        "sees_chart": request.access.may_do("chart.see"),
        "form": form or _undo_form(request, found),
    }
    return render(request, "merge_charts/done.html", values, status=status)


def _standing(request: CareRequest, page: Comparison) -> HttpResponse | None:
    """Where the two cannot be merged: the page of the merge that stands, or the list."""
    reader = request.reader("merge-charts.compare")
    if page.one.id == page.other.id:
        return redirect("merge-charts")
    for one in (page.one.id, page.other.id):
        if queries.patient(reader, one)[0].replaced_by:
            return redirect("merge-done", one)
    return None


def _after_a_race(
    request: CareRequest, form: ReasonForm, lost: Conflict | Refused, patient_id: str, other_id: str
) -> HttpResponse:
    """Somebody was faster: what they did is shown, or the charts as they are now, with what was typed."""
    page = reading.comparison(request, patient_id, other_id)
    if (standing := _standing(request, page)) is not None:
        return standing
    form.add_error(None, _words(lost))
    form.renew(versions=page.versions)
    return _show(request, page, form=form, status=409)


def _words(lost: Conflict | Refused) -> str:
    if isinstance(lost, Refused):
        return say(lost.reason)
    return gettext("Someone else changed one of these charts just now. Nothing was saved. Look again.")


def _form(request: CareRequest, page: Comparison, data: Any = None, *, initial: Any = None) -> MergeForm:
    here = whose.context_of(request, patient=page.one.id, versions=page.versions)
    choices = [(who.id, who.words) for who in (page.one, page.other)]
    return MergeForm(data, here=here, now=request.store.clock.wall(), choices=choices, initial=initial)


def _apart_form(request: CareRequest, page: Comparison, data: Any = None) -> ReasonForm:
    here = whose.context_of(request, patient=page.one.id, versions=page.versions)
    kind = ApartForm if page.apart is None else ReasonForm
    return kind(data, here=here, now=request.store.clock.wall(), auto_id="apart_%s")


def _undo_form(request: CareRequest, found: merges.Merged, data: Any = None) -> ReasonForm:
    here = whose.context_of(request, patient=found.retired, versions=_versions(request, found))
    return ReasonForm(data, here=here, now=request.store.clock.wall())


def _versions(request: CareRequest, found: merges.Merged) -> dict[str, int]:
    reader = request.reader("merge-charts.done")
    both = [queries.patient(reader, one)[1] for one in (found.retired, found.survivor)]
    return {f"Patient/{one['id']}": int(one["meta"]["versionId"]) for one in both}


def _not_here(request: CareRequest, form: ContextForm) -> HttpResponse | None:
    return whose.of_another(request, form, name=DRAFT, right_url=reverse("merge-charts"))
