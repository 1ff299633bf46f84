"""The forms of the team page. They are about colleagues and the day, not about a patient, and carry the form base's
signed context without one: who opened them, where and when."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carewright.shell.forms import ContextForm
from carewright.skills.staffing.actions import LONGEST_DAYS
from carewright.skills.staffing.model import LONGEST_POD

MOST_WORDS = 200
Choices = Iterable[tuple[str, Any]]


class DayInput(forms.DateInput):
    input_type = "date"


class TimeInput(forms.TimeInput):
    input_type = "time"


class PersonForm(ContextForm):
    """A person's day. `works_with` is asked of medical assistants alone."""

    works_with = forms.ChoiceField(label=_("Works with"), required=False)
    pod = forms.CharField(label=_("Pod"), max_length=LONGEST_POD, required=False)
    lunch_from = forms.TimeField(label=_("Lunch from"), widget=TimeInput(format="%H:%M"), required=False)
    lunch_until = forms.TimeField(label=_("Lunch until"), widget=TimeInput(format="%H:%M"), required=False)

    def __init__(self, *values: Any, providers: Choices | None, **options: Any) -> None:
        super().__init__(*values, **options)
        if providers is None:
            del self.fields["works_with"]
        else:
            _choose(self, "works_with", [("", _("Nobody in particular")), *providers])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("lunch_from")) != bool(cleaned.get("lunch_until")):
            self.add_error("lunch_until", _("Give both times, or none."))
        return cleaned


class CoverForm(ContextForm):
    """Why somebody is away and how long; who takes what stands in fields of the page's own (`take-Task/…`)."""

    why = forms.ChoiceField(
        label=_("Why"), choices=[("sick", _("Sick")), ("leave", _("On leave")), ("other", _("Away"))], initial="sick"
    )
    last = forms.DateField(label=_("Away through"), widget=DayInput(format="%Y-%m-%d"))

    def __init__(self, *values: Any, today: date, **options: Any) -> None:
        options["initial"] = {"last": today, **(options.get("initial") or {})}
        super().__init__(*values, **options)
        self.today = today

    def clean_last(self) -> date:
        last: date = self.cleaned_data["last"]
        if not 0 <= (last - self.today).days < LONGEST_DAYS:
            raise forms.ValidationError(_("Choose a day within a month, not before today."))
        return last

    def chosen(self) -> dict[str, str]:
        """Who takes what, by reference."""
        return {
            name.removeprefix("take-"): str(value)
            for name, value in self.data.items()
            if name.startswith("take-") and value
        }


class ShortForm(ContextForm):
    """Which tasks are put off, until which day, and why."""

    task = forms.MultipleChoiceField(
        label=_("What waits"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what is put off."), "invalid_choice": _("The list has changed.")},
    )  # fmt: skip
    until = forms.DateField(label=_("Until"), widget=DayInput(format="%Y-%m-%d"))
    why = forms.CharField(
        label=_("Why"), max_length=MOST_WORDS, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why; whoever asked for it will read it.")},
    )  # fmt: skip

    def __init__(self, *values: Any, tasks: Choices, today: date, **options: Any) -> None:
        super().__init__(*values, **options)
        _choose(self, "task", tasks)
        self.today = today

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if not 0 < (until - self.today).days < LONGEST_DAYS:
            raise forms.ValidationError(_("Choose a day after today, within a month."))
        return until


class AddForm(ContextForm):
    """Something to do that belongs to no patient's chart: no names in it, more people read tasks than charts."""

    words = forms.CharField(
        label=_("What is to be done"), max_length=MOST_WORDS,
        help_text=_("No patient's name: everybody sees tasks."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say what is to be done.")},
    )  # fmt: skip
    to = forms.ChoiceField(label=_("For"))
    due = forms.ChoiceField(
        label=_("By"),
        choices=[
            ("today", _("End of today")), ("tomorrow", _("End of the next working day")),
            ("hour", _("Within the hour")),
        ],
    )  # fmt: skip

    def __init__(self, *values: Any, people: Choices, **options: Any) -> None:
        super().__init__(*values, **options)
        _choose(self, "to", people)


def _choose(form: forms.Form, name: str, choices: Choices) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared so above
    field.choices = list(choices)
