"""What each panel of the checklist shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from carewright.shell import drafts, whose
from carewright.shell.forms import ContextForm
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say
from carewright.skills.allergies import queries as allergies
from carewright.skills.allergies.rules import in_words, standing
from carewright.skills.history import queries as history
from carewright.skills.history.model import Part
from carewright.skills.reason import queries as reasons
from carewright.skills.reason.rules import tell_now
from carewright.workspaces.rooming import page, vitals
from carewright.workspaces.rooming.checklist import Line
from carewright.workspaces.rooming.forms import AllergyForm, AskedForm, ReasonForm
from carewright.workspaces.rooming.page import Rooming

SHOWN_MEDICINES = 40


def values(request: CareRequest, rooming: Rooming, line: Line) -> dict[str, Any]:
    """The values of the panel of `line`."""
    match line.panel:
        case "reason":
            return reason_values(request, rooming)
        case "allergies":
            return allergy_values(request, rooming)
        case "vitals":
            return vitals.panel_values(request, rooming)
        case "identity":
            return {"form": plain_form(request, rooming), "done_by": _done_by(request, rooming, line)}
        case _:
            return tick_values(request, rooming, line)


def plain_form(request: CareRequest, rooming: Rooming) -> ContextForm:
    """A form that says only whose it is: a button."""
    return ContextForm(here=page.context(request, rooming), now=request.store.clock.wall(), auto_id=False)


def tick_values(request: CareRequest, rooming: Rooming, line: Line) -> dict[str, Any]:
    medicines = None
    if line.key == "medicines" and request.access.may_do("history.see"):
        listed = history.entries(request.reader("rooming.page"), rooming.patient_id, Part.MEDICINES)
        medicines = listed.active[:SHOWN_MEDICINES]
    return {
        "form": plain_form(request, rooming),
        "medicines": medicines,
        "done_by": _done_by(request, rooming, line),
        "is_done": page.is_done(rooming, line),
    }


def reason_values(request: CareRequest, rooming: Rooming, *, form: ReasonForm | None = None) -> dict[str, Any]:
    """The patient's words, who said them, and the prompt where they hold a warning sign."""
    told = reasons.of_visit(request.reader("rooming.page"), rooming.id)
    offer = drafts.offer(request, form="reason", patient=rooming.patient_id)
    words = told[0].words if told else ""
    if form is None:
        initial = {
            "words": words,
            "told_by": told[0].told_by.code if told and told[0].told_by else "",
            "seen": words,
            **drafts.resumed(request, offer),
        }
        form = ReasonForm(here=page.context(request, rooming), now=request.store.clock.wall(), initial=initial)
    names = names_of(request.reader("rooming.page"), (reason.recorded_by for reason in told))
    return {
        "form": form,
        "offer": offer if not form.is_bound else None,
        "told": [(reason, names.get(reason.recorded_by or "", "")) for reason in told],
        "prompt": tell_now(words),
    }


def allergy_values(
    request: CareRequest, rooming: Rooming, *, form: AllergyForm | None = None, asked: AskedForm | None = None
) -> dict[str, Any]:
    """The list, when it was last asked, one form to add and one to say how the asking went."""
    reader = request.reader("rooming.page")
    listed = allergies.listed(reader, rooming.patient_id)
    askings = allergies.askings(reader, rooming.patient_id)
    by_id = {entry.allergy.id: entry for entry in listed}
    counting = standing(entry.allergy for entry in listed)
    people = [*(a.recorded_by for a in counting), *(asking.by for asking in askings)]
    names = names_of(reader, people)
    versions = {f"AllergyIntolerance/{allergy.id}": by_id[allergy.id].version for allergy in counting}
    here = page.context(request, rooming, versions=versions)
    now = request.store.clock.wall()
    offer = drafts.offer(request, form="allergy", patient=rooming.patient_id)
    initial = drafts.resumed(request, offer)
    here_now = [asking for asking in askings if asking.encounter == f"Encounter/{rooming.id}"]
    return {
        "entries": [(a, say(in_words(a)), by_id[a.id].version, names.get(a.recorded_by or "", "")) for a in counting],
        "is_asked": any(asking.counts for asking in here_now),
        "asked_here": [(asking, names.get(asking.by, "")) for asking in here_now],
        "last_asked": next(((a, names.get(a.by, "")) for a in askings if a.counts and a not in here_now), None),
        "form": form or AllergyForm(here=here, now=now, initial=initial),
        "asked": asked or AskedForm(here=here, now=now, auto_id="asked-%s"),
        "offer": offer if form is None else None,
        "may_record": request.access.may_do("allergies.record"),
    }


def right_url(form: ContextForm, key: str) -> str:
    """Where a form of another patient belongs: the same step of the visit it was opened at."""
    encounter_id = whose.encounter_in(form.problem.opened_for if form.problem else None)
    return page.url(encounter_id, key) if encounter_id else reverse("home")


def _done_by(request: CareRequest, rooming: Rooming, line: Line) -> tuple[str, datetime] | None:
    """Who did it, and when."""
    task: Mapping[str, Any] | None = rooming.tasks.get(line.key)
    if task is None or task["status"] != "completed":
        return None
    who = task.get("owner", {}).get("reference", "")
    names = names_of(request.reader("rooming.page"), [who])
    return names.get(who, ""), vitals.instant(task["lastModified"])
