"""The form in which a standing order is drafted."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.work.whom import Age
from carewright.shell.care import Choice
from carewright.shell.forms import ContextForm
from carewright.skills.standing_orders.model import LONGEST_NAME, LONGEST_WORDS, MOST_EXCLUSIONS

ACTING = (Role.MA, Role.LEAD_MA, Role.NURSE)
"""Who may be let act under a standing order."""


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"])


class AgeField(forms.Field):
    """`15 months`, `18 years`; cleans to an Age, or None where left empty."""

    def to_python(self, value: Any) -> Any:
        given = str(value or "").strip().lower()
        if not given:
            return None
        try:
            return Age.read(given)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write an age such as 12 days, 6 weeks, 15 months or 40 years."), code="age"
            ) from error


class StandingOrderForm(ContextForm):
    """`signers` and `tasks` are the choices of this practice."""

    name = forms.CharField(
        label=_("Short name"),
        max_length=LONGEST_NAME,
        help_text=_("One or two words: flu, rapid strep. It goes into “Under Dr. …’s flu order”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    allows = forms.ChoiceField(label=_("Allows"))
    words = forms.CharField(
        label=_("What exactly may be done"), max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )
    exclusions = forms.CharField(
        label=_("Not if"),
        required=False,
        max_length=LONGEST_WORDS * 2,
        help_text=_("One on each line. Whoever acts asks them."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    signer = forms.ChoiceField(label=_("Signed by"))
    first_day = _day(_("From"))
    last_day = _day(_("Through"))
    roles = forms.MultipleChoiceField(
        label=_("Who may act"),
        choices=[(role.value, _(ROLE_WORDS[role])) for role in ACTING],
        widget=forms.CheckboxSelectMultiple,
    )
    competency = forms.RegexField(
        label=_("Sign-off needed"),
        regex=r"^[a-z0-9]+(-[a-z0-9]+)*\Z",
        required=False,
        max_length=50,
        help_text=_("Its short name: immunization, waived-tests."),
    )
    age_from = AgeField(label=_("Age from"), required=False, help_text=_("6 months, 18 years"))
    age_below = AgeField(label=_("to below"), required=False)
    sex = forms.ChoiceField(
        label=_("Sex"), required=False, choices=[("", _("any")), ("female", _("female")), ("male", _("male"))]
    )

    def __init__(self, *args: Any, signers: tuple[Choice, ...], tasks: tuple[Choice, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        for name, choices in (("signer", signers), ("allows", tasks)):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", "–"), *((choice.value, choice.label) for choice in choices)]

    def clean_exclusions(self) -> tuple[str, ...]:
        """Each line that is not empty."""
        found = tuple(line.strip() for line in str(self.cleaned_data["exclusions"]).splitlines() if line.strip())
        if len(found) > MOST_EXCLUSIONS:
            raise forms.ValidationError(_("At most twenty lines."), code="many")
        return found

    def clean(self) -> dict[str, Any]:
        """The days and ages must leave something between them."""
        found = super().clean()
        first, last = found.get("first_day"), found.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("It cannot end before it begins."))
        since, below = found.get("age_from"), found.get("age_below")
        if since and below and not _leave_somebody(since, below):
            self.add_error("age_below", _("Nobody is of an age that ends before it begins."))
        return found


def _leave_somebody(since: Age, below: Age) -> bool:
    born = date(2000, 1, 1)
    return since.reached_on(born) < below.reached_on(born)
