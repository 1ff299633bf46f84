"""The forms of orders and results: a new order, its steps, the review, who was told."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from carewright.core.work.model import END_WORDS
from carewright.shell.care import Choice
from carewright.shell.forms import ContextForm
from carewright.shell.saying import term_words
from carewright.skills.orders.catalog import TESTS
from carewright.skills.orders.model import ENDS, KIND_WORDS, OBSTACLE_WORDS, Kind, Step
from carewright.skills.orders.model import LONGEST as LONGEST_ORDER
from carewright.skills.results.model import HOW_WORDS, LONGEST, OUTCOME_WORDS, How, Outcome

OTHER = "other"
"""Stands in the list of tests for one that is written out."""


def _words(label: Any, *, required: bool = False, longest: int = LONGEST_ORDER) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=longest, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say it in a few words.")},
    )  # fmt: skip


def _choose(form: forms.Form, name: str, choices: Sequence[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  # a field of the class
    field.choices = list(choices)


class OrderForm(ContextForm):
    """What a provider asks for."""

    test = forms.ChoiceField(label=gettext_lazy("What is ordered?"))
    words = _words(gettext_lazy("If it is something else: what?"))
    kind = forms.ChoiceField(label=gettext_lazy("And what kind?"), required=False)
    reason = _words(gettext_lazy("Why?"))
    provider = forms.ChoiceField(label=gettext_lazy("Which provider orders it?"))
    urgent = forms.BooleanField(label=gettext_lazy("Urgent"), required=False)
    elsewhere = forms.BooleanField(label=gettext_lazy("The specimen is taken at a draw station"), required=False)

    def __init__(self, *args: Any, providers: Sequence[Choice], **options: Any) -> None:
        super().__init__(*args, **options)
        tests = [(test.key, term_words(test.words)) for test in TESTS]
        _choose(self, "test", [("", gettext("Choose")), *tests, (OTHER, gettext("Something else"))])
        _choose(self, "kind", [(kind.value, term_words(KIND_WORDS[kind])) for kind in Kind])
        _choose(self, "provider", [("", gettext("Choose")), *((one.value, one.label) for one in providers)])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("test") == OTHER and not cleaned.get("words", "").strip() and not self.errors:
            raise forms.ValidationError(gettext("Say what is ordered."))
        return cleaned


class StepForm(ContextForm):
    """The next step of an order."""

    step = forms.ChoiceField(choices=[(step.value, step.value) for step in Step], widget=forms.HiddenInput)
    words = _words(gettext_lazy("A word about it"))


class CouldNotForm(ContextForm):
    """It could not be had today."""

    obstacle = forms.ChoiceField(label=gettext_lazy("Why not?"))
    words = _words(gettext_lazy("A word about it"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "obstacle", [(one.value, term_words(words)) for one, words in OBSTACLE_WORDS.items()])


class AskForm(ContextForm):
    """Somebody asked where the result is."""

    words = _words(gettext_lazy("Whom did you ask, and what did they say?"), required=True)
    on = forms.DateField(
        label=gettext_lazy("Promised for"), required=False, input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


class AgainForm(ContextForm):
    """The specimen is no good."""

    words = _words(gettext_lazy("What is wrong with the specimen?"), required=True)


class PaperForm(ContextForm):
    """The result came on paper."""

    document = forms.ChoiceField(
        label=gettext_lazy("The paper with the result"), widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the paper.")},
    )  # fmt: skip

    def __init__(self, *args: Any, papers: Sequence[Choice], **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "document", [(one.value, one.label) for one in papers])


class EndForm(ContextForm):
    """The order will not be done."""

    how = forms.ChoiceField(label=gettext_lazy("How did it end?"))
    why = _words(gettext_lazy("Why?"), required=True)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "how", [(end.value, term_words(END_WORDS[end])) for end in ENDS])


class ReviewForm(ContextForm):
    """A provider has reviewed the result."""

    outcome = forms.ChoiceField(label=gettext_lazy("What follows?"), widget=forms.RadioSelect)
    words = _words(gettext_lazy("What the patient is to be told"), longest=LONGEST)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "outcome", [(one.value, term_words(OUTCOME_WORDS[one])) for one in Outcome])


class ToldForm(ContextForm):
    """Who was told, and how. Only those whom the patient lets us tell can be chosen."""

    whom = forms.ChoiceField(label=gettext_lazy("Who was told?"), widget=forms.RadioSelect)
    how = forms.ChoiceField(label=gettext_lazy("How?"))
    words = _words(gettext_lazy("A word about it"), longest=LONGEST)

    def __init__(self, *args: Any, people: Sequence[Choice], voicemail: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "whom", [(one.value, one.label) for one in people])
        ways = [how for how in How if voicemail or how is not How.VOICEMAIL]
        _choose(self, "how", [(how.value, term_words(HOW_WORDS[how])) for how in ways])
        self.people = {one.value: one.label for one in people}

    @property
    def named(self) -> str:
        """Who was told, by name."""
        return self.people[self.cleaned_data["whom"]]


class TriedForm(ContextForm):
    """Nobody could be told yet."""

    words = _words(gettext_lazy("What was tried?"), required=True, longest=LONGEST)
