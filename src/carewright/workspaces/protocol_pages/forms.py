"""The form in which a manager edits a protocol: its text, why, and the patient of the sample visit."""

from django import forms
from django.utils.translation import gettext_lazy as _

from carewright.core.work.whom import Age
from carewright.shell.forms import ContextForm
from carewright.skills.protocols.rules.located import LONGEST_TEXT


class ProtocolForm(ContextForm):
    """`age` and `sex` are those of a made-up patient; `is_new`: whom nobody here has seen before."""

    text = forms.CharField(
        label=_("The protocol’s text"),
        strip=False,
        max_length=LONGEST_TEXT * 2,
        widget=forms.Textarea(
            attrs={"rows": 30, "spellcheck": "false", "autocomplete": "off", "wrap": "off", "data-lines": ""}
        ),
    )
    note = forms.CharField(
        label=_("Why this change"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    age = forms.CharField(label=_("Age"), required=False, max_length=20, help_text=_("15 months, 40 years"))
    sex = forms.ChoiceField(
        label=_("Sex"), required=False, choices=[("", "–"), ("female", _("female")), ("male", _("male"))]
    )
    is_new = forms.BooleanField(label=_("New here"), required=False)

    def clean_text(self) -> str:
        """With the line ends of a file: a browser sends others."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").replace("\r", "\n")

    def clean_age(self) -> Age | None:
        given = str(self.cleaned_data["age"]).strip().lower()
        if not given:
            return None
        try:
            return Age.read(given)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write an age such as 12 days, 6 weeks, 15 months or 40 years."), code="age"
            ) from error
