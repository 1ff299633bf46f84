"""The forms of refills: a new request, what is still missing, the prescriber's answer, who was told, how it ended."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from carewright.core.work.model import END_WORDS
from carewright.shell.care import Choice
from carewright.shell.forms import ContextForm
from carewright.shell.saying import term_words
from carewright.skills.refills.actions import Found
from carewright.skills.refills.model import (
    ASKER_WORDS,
    BECAUSE_WORDS,
    ENDS,
    HOW_WORDS,
    MOST_DAYS,
    MOST_REFILLS,
    VIA_WORDS,
    WHOM_WORDS,
    Refill,
    Said,
    Supply,
    Whom,
)

LONGEST, MOST_LEFT = 200, 400
OTHER = "other"
ANSWERS = {"": None, "yes": True, "no": False}


def _line() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off"})


def _number() -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"})


def _choices(field: forms.Field, choices: Sequence[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  # a field of the form's own
    field.choices = list(choices)


class NewForm(ContextForm):
    """Somebody asks for a medicine again."""

    medicine = forms.ChoiceField(label=gettext_lazy("Which medicine?"))
    other = forms.CharField(
        label=gettext_lazy("Its name, if it is not on the list"), required=False, max_length=LONGEST, widget=_line(),
        help_text=gettext_lazy("as the label says it: name, strength, form"),
    )  # fmt: skip
    via = forms.ChoiceField(label=gettext_lazy("How did it come?"))
    asker = forms.ChoiceField(label=gettext_lazy("Who asks?"))
    days_left = forms.IntegerField(
        label=gettext_lazy("For how many days is there some left?"), required=False, min_value=0, max_value=MOST_LEFT,
        widget=_number(),
    )  # fmt: skip
    pharmacy = forms.CharField(label=gettext_lazy("Pharmacy"), required=False, max_length=LONGEST, widget=_line())
    words = forms.CharField(label=gettext_lazy("A word about it"), required=False, max_length=LONGEST, widget=_line())

    def __init__(self, *args: Any, medicines: Sequence[Choice], **options: Any) -> None:
        super().__init__(*args, **options)
        listed = [(one.value, one.label) for one in medicines]
        _choices(self.fields["medicine"], [("", gettext("Choose")), *listed, (OTHER, gettext("Not on the list"))])
        _choices(self.fields["via"], [(via.value, term_words(words)) for via, words in VIA_WORDS.items()])
        _choices(self.fields["asker"], [(asker.value, term_words(words)) for asker, words in ASKER_WORDS.items()])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("medicine") == OTHER and not cleaned.get("other", "").strip():
            raise forms.ValidationError(gettext("Write which medicine."))
        return cleaned


class PrepareForm(ContextForm):
    """What the patient and the pharmacy say, and how much is laid before the prescriber."""

    pharmacy = forms.CharField(label=gettext_lazy("Pharmacy"), required=False, max_length=LONGEST, widget=_line())
    days_left = forms.IntegerField(
        label=gettext_lazy("Days left"), required=False, min_value=0, max_value=MOST_LEFT, widget=_number()
    )
    dose = forms.CharField(label=gettext_lazy("How it is taken"), required=False, max_length=LONGEST, widget=_line())
    as_written = forms.ChoiceField(label=gettext_lazy("Taken as the label says?"), required=False)
    well = forms.ChoiceField(label=gettext_lazy("No trouble with it?"), required=False)
    pregnant = forms.ChoiceField(label=gettext_lazy("Pregnant, or may be?"), required=False)
    said = forms.CharField(
        label=gettext_lazy("In the patient’s words"), required=False, max_length=LONGEST, widget=_line()
    )
    prescriber = forms.ChoiceField(label=gettext_lazy("Whose yes or no?"), required=False)
    days = forms.IntegerField(
        label=gettext_lazy("Supply, in days"), required=False, min_value=1, max_value=MOST_DAYS, widget=_number()
    )
    refills = forms.IntegerField(
        label=gettext_lazy("Refills"), required=False, min_value=0, max_value=MOST_REFILLS, widget=_number()
    )
    note = forms.CharField(
        label=gettext_lazy("Note for the prescriber"), required=False, max_length=LONGEST, widget=_line()
    )

    def __init__(self, *args: Any, providers: Sequence[Choice], **options: Any) -> None:
        super().__init__(*args, **options)
        asked = [("", gettext("Not asked")), ("yes", gettext("Yes")), ("no", gettext("No"))]
        for name in ("as_written", "well", "pregnant"):
            _choices(self.fields[name], asked)
        known = [(one.value, one.label) for one in providers]
        _choices(self.fields["prescriber"], [("", gettext("Choose")), *known])

    @property
    def found(self) -> Found:
        """What was learned, once the form is valid."""
        typed = self.cleaned_data
        said = Said(
            as_written=ANSWERS[typed["as_written"]], well=ANSWERS[typed["well"]], pregnant=ANSWERS[typed["pregnant"]],
            words=typed["said"].strip(),
        )  # fmt: skip
        return Found(pharmacy=typed["pharmacy"], prescriber=typed["prescriber"], days_left=typed["days_left"],
                     said=said, dose=typed["dose"])  # fmt: skip

    @property
    def supply(self) -> Supply | None:
        """How much is laid before the prescriber; None where nothing was typed."""
        days = self.cleaned_data["days"]
        return Supply(days=days, refills=self.cleaned_data["refills"] or 0) if days else None


def typed_before(refill: Refill, supply: Supply | None) -> dict[str, object]:
    """What a PrepareForm begins with."""
    words = {None: "", True: "yes", False: "no"}
    said = refill.said
    return {
        "pharmacy": refill.pharmacy, "days_left": refill.days_left, "dose": refill.dose, "said": said.words,
        "as_written": words[said.as_written], "well": words[said.well], "pregnant": words[said.pregnant],
        "prescriber": refill.prescriber, "days": supply.days if supply else None,
        "refills": supply.refills if supply else None,
    }  # fmt: skip


class YesForm(ContextForm):
    """Yes, as it was prepared."""


class ElsewhereForm(ContextForm):
    """A controlled drug, prescribed in the system for electronic prescriptions."""


class ChangeForm(ContextForm):
    """Yes, with another amount, or with a word for the patient."""

    days = forms.IntegerField(label=gettext_lazy("Supply, in days"), min_value=1, max_value=MOST_DAYS, widget=_number())
    refills = forms.IntegerField(label=gettext_lazy("Refills"), min_value=0, max_value=MOST_REFILLS, widget=_number())
    tell = forms.CharField(
        label=gettext_lazy("What the patient should hear"), required=False, max_length=LONGEST, widget=_line()
    )
    looked = forms.BooleanField(label=gettext_lazy("I have looked: it is no controlled drug"), required=False)

    def __init__(self, *args: Any, must_look: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if must_look:
            self.fields["looked"].required = True
        else:
            del self.fields["looked"]


class NoForm(ContextForm):
    """No, and why."""

    because = forms.ChoiceField(
        label=gettext_lazy("Why not?"), error_messages={"required": gettext_lazy("Say why not.")}
    )
    tell = forms.CharField(
        label=gettext_lazy("What the patient should hear"), required=False, max_length=LONGEST, widget=_line()
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        why = [(because.value, term_words(words)) for because, words in BECAUSE_WORDS.items()]
        _choices(self.fields["because"], [("", gettext("Choose")), *why])


class TellForm(ContextForm):
    """Somebody was told, or not reached."""

    whom = forms.ChoiceField(label=gettext_lazy("Who?"))
    how = forms.ChoiceField(label=gettext_lazy("How?"))
    name = forms.CharField(
        label=gettext_lazy("Who heard it, if somebody else"), required=False, max_length=LONGEST, widget=_line()
    )

    def __init__(self, *args: Any, whom: Sequence[Whom], **options: Any) -> None:
        super().__init__(*args, **options)
        _choices(self.fields["whom"], [(one.value, term_words(WHOM_WORDS[one])) for one in whom])
        _choices(self.fields["how"], [(how.value, term_words(words)) for how, words in HOW_WORDS.items()])


class EndForm(ContextForm):
    """Nobody has to answer any more."""

    how = forms.ChoiceField(label=gettext_lazy("How did it end?"))
    why = forms.CharField(
        label=gettext_lazy("Why?"), max_length=LONGEST, widget=_line(),
        error_messages={"required": gettext_lazy("Say why, in a few words.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _choices(self.fields["how"], [(end.value, term_words(END_WORDS[end])) for end in ENDS])
