"""The forms of merging: which chart stays and how one knows; and why a merge is undone."""

from django import forms
from django.utils.translation import gettext_lazy as _

from carewright.shell.forms import ContextForm
from carewright.skills.registration.rules.merging import LONGEST_REASON


class ReasonForm(ContextForm):
    """How somebody knows that two charts are one person's, or two."""

    reason = forms.CharField(
        label=_("How do you know?"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say in a few words how you know.")},
    )


class ApartForm(ReasonForm):
    """That they are two people: asked in words of its own, since both questions stand on one page."""

    def __init__(self, *values: object, **options: object) -> None:
        super().__init__(*values, **options)  # type: ignore[arg-type]  # as the form base takes them
        self.fields["reason"].label = _("What tells them apart?")


class MergeForm(ReasonForm):
    """Which of the two charts stays."""

    keep = forms.ChoiceField(
        label=_("Which chart stays?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the chart that stays."),
            "invalid_choice": _("Choose one of the two charts."),
        },
    )
    field_order = ("keep", "reason")

    def __init__(self, *values: object, choices: list[tuple[str, str]], **options: object) -> None:
        super().__init__(*values, **options)  # type: ignore[arg-type]  # as the form base takes them
        keep = self.fields["keep"]
        assert isinstance(keep, forms.ChoiceField)  # noqa: S101  # the field above
        keep.choices = choices
