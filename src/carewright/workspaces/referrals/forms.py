"""The forms of referrals: a new one, the next step, what stands in the way, what was done, how it ended."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from carewright.core.work.model import END_WORDS
from carewright.shell.care import Choice
from carewright.shell.forms import ContextForm
from carewright.shell.saying import term_words
from carewright.skills.referrals.model import ENDS, HINDRANCE_WORDS, Step

LONGEST = 200


def _line(**more: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **more})


class NewForm(ContextForm):
    """What a provider refers a patient for."""

    to = forms.CharField(
        label=gettext_lazy("To whom?"), max_length=LONGEST, widget=_line(),
        help_text=gettext_lazy("the specialty, and the clinic if it is known"),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Why?"), max_length=LONGEST, widget=_line())
    provider = forms.ChoiceField(label=gettext_lazy("Which provider refers?"))
    urgent = forms.BooleanField(label=gettext_lazy("Urgent"), required=False)
    needs_authorisation = forms.BooleanField(
        label=gettext_lazy("The insurance has to authorize it first"), required=False
    )

    def __init__(self, *args: Any, providers: Sequence[Choice], **options: Any) -> None:
        super().__init__(*args, **options)
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ChoiceField)  # noqa: S101  # the field above
        provider.choices = [("", gettext("Choose")), *((one.value, one.label) for one in providers)]


class StepForm(ContextForm):
    """The next step: with the appointment, or the note that came back, where the step needs one."""

    step = forms.ChoiceField(choices=[(step.value, step.value) for step in Step], widget=forms.HiddenInput)
    on = forms.DateField(
        label=gettext_lazy("Appointment on"), required=False, input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    at = forms.TimeField(
        label=gettext_lazy("at"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    note = forms.ChoiceField(label=gettext_lazy("The note that came back"), required=False, widget=forms.RadioSelect)
    words = forms.CharField(label=gettext_lazy("A word about it"), required=False, max_length=LONGEST, widget=_line())

    def __init__(self, *args: Any, notes: Sequence[Choice], **options: Any) -> None:
        super().__init__(*args, **options)
        note = self.fields["note"]
        assert isinstance(note, forms.ChoiceField)  # noqa: S101  # the field above
        note.choices = [(one.value, one.label) for one in notes]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("step") == Step.SCHEDULED and not (cleaned.get("on") and cleaned.get("at")) and not self.errors:
            raise forms.ValidationError(gettext("Say when the appointment is: the date and the time."))
        if cleaned.get("step") == Step.NOTE_BACK and not cleaned.get("note") and not self.errors:
            raise forms.ValidationError(gettext("Choose the note that came back. It has to be in this chart first."))
        return cleaned


class BarrierForm(ContextForm):
    """What stands in the way; `missed`: the patient did not go."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What stands in the way?"),
        choices=[(kind.value, gettext_lazy(words)) for kind, words in HINDRANCE_WORDS.items()],
    )
    words = forms.CharField(label=gettext_lazy("A word about it"), required=False, max_length=LONGEST, widget=_line())
    missed = forms.BooleanField(label=gettext_lazy("The patient did not go"), required=False)


class HelpForm(ContextForm):
    """What was done about a barrier."""

    done = forms.CharField(
        label=gettext_lazy("What was done?"), max_length=LONGEST, widget=_line(),
        error_messages={"required": gettext_lazy("Say what was done.")},
    )  # fmt: skip


class EndForm(ContextForm):
    """How a loop ends that is not closed."""

    how = forms.ChoiceField(label=gettext_lazy("How did it end?"))
    why = forms.CharField(
        label=gettext_lazy("Why?"), max_length=LONGEST, widget=_line(),
        error_messages={"required": gettext_lazy("Say why, in a few words.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        how = self.fields["how"]
        assert isinstance(how, forms.ChoiceField)  # noqa: S101  # the field above
        how.choices = [(end.value, term_words(END_WORDS[end])) for end in ENDS]
