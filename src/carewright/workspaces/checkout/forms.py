"""The forms of check-out: when the next visit should be, and the note for school or work."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carewright.shell.forms import ContextForm
from carewright.skills.scheduling.model import VISIT_TYPES

MOST_AHEAD = 100


def _day() -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), input_formats=["%Y-%m-%d"]
    )


class NextVisitForm(ContextForm):
    """ "In 3 months, well child"."""

    amount = forms.IntegerField(label=_("In"), min_value=1, max_value=MOST_AHEAD, initial=3)
    span = forms.ChoiceField(
        label=_("days, weeks or months"),
        choices=(("days", _("days")), ("weeks", _("weeks")), ("months", _("months")), ("years", _("years"))),
        initial="months",
    )
    kind = forms.ChoiceField(
        label=_("Kind of visit"),
        choices=[(known.coding.code, _(known.coding.display)) for known in VISIT_TYPES],
        initial="follow-up",
    )
    reason = forms.CharField(
        label=_("For"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class NoteForm(ContextForm):
    """A note that says when, and until when; never why."""

    kind = forms.ChoiceField(label=_("For"), choices=(("school", _("School")), ("work", _("Work"))))
    first = _day()
    last = _day()
    limits = forms.CharField(
        label=_("On return, in the provider's words"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["first"].label, self.fields["last"].label = gettext("Excused from"), gettext("through")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", gettext("The note ends after it begins."))
        return cleaned
