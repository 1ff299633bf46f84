"""A step of a visit as a form: the same on every page that moves a visit on."""

from typing import Any

from django import forms

from carewright.core.sentences import Sentence, sentence
from carewright.core.store.model import Conflict
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest
from carewright.skills.visit import actions, queries
from carewright.skills.visit.model import VisitStatus

ATTEMPTS = 4


class StepForm(ContextForm):
    """Which step, from which status, to which room. The status is the one the page showed, not a version:

    a reason that somebody writes meanwhile is no step of the visit, and must not stop one.
    """

    action = forms.CharField(max_length=40, widget=forms.HiddenInput)
    shown = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    room = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, status: VisitStatus | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["shown"].initial = status.value if status else ""


class MovedOn(Exception):
    """Somebody has taken a step meanwhile. `reason` is for the screen."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


def take(request: CareRequest, form: StepForm, *, encounter_id: str) -> VisitStatus:
    """Take the step of a valid form; MovedOn if the visit no longer stands where the page showed it."""
    wanted, room = form.cleaned_data["action"], form.cleaned_data["room"]
    for attempt in range(ATTEMPTS):
        found = queries.open_visit(request.reader("visit.step"), encounter_id)
        if form.cleaned_data["shown"] not in ("", found.visit.status.value):
            raise MovedOn(sentence("Somebody has moved this visit on. Look where it stands now."))
        try:
            return actions.take_step(
                request.writer(),
                encounter_id=encounter_id,
                action=wanted,
                at=request.store.now(),
                version=found.version,
                room=f"Location/{room}" if room else None,
            )
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")
