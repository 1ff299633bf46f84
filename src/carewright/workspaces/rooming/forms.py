"""The forms of the checklist: the reason, an allergy, how the asking about allergies went."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carewright.shell.forms import ContextForm
from carewright.skills.reason import codes
from carewright.skills.reason.model import MAX_WORDS


class ReasonForm(ContextForm):
    """What the patient said, and who said it. `seen` is what stood there when the form was opened."""

    words = forms.CharField(
        label=_("In the patient's words"),
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    told_by = forms.ChoiceField(
        label=_("Who said it"),
        required=False,
        choices=(
            ("", _("Choose")),
            (codes.PATIENT.code, _("Patient")),
            (codes.PARENT.code, _("Parent")),
            (codes.CAREGIVER.code, _("Caregiver")),
            (codes.INTERPRETER.code, _("Through an interpreter")),
        ),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class AllergyForm(ContextForm):
    """An allergy as it is told."""

    substance = forms.CharField(
        label=_("Allergic to"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reaction = forms.CharField(
        label=_("What happens"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    severity = forms.ChoiceField(
        label=_("How bad"),
        required=False,
        choices=(("", _("not said")), ("mild", _("mild")), ("moderate", _("moderate")), ("severe", _("severe"))),
    )


class AskedForm(ContextForm):
    """How the asking went: asked, or why it could not be."""

    could_not = forms.CharField(
        label=_("Couldn't ask, because"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "couldnt" in self.data and not cleaned.get("could_not", "").strip():
            self.add_error("could_not", gettext("Write why, in a word or two."))
        return cleaned
