"""The forms of a task: each knows which action it stands for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from carewright.core.access.model import Role
from carewright.core.work import actions
from carewright.core.work.model import END_WORDS, End, Priority
from carewright.shell.by_when import LATER, later
from carewright.shell.forms import ContextForm
from carewright.shell.saying import term_words
from carewright.shell.whom import whom

LONGEST = 200
WORKING = (Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER, Role.FRONT_DESK, Role.MANAGER)
"""The roles to whose pool a task can be given; those who may work on tasks."""
OTHER_ENDS = tuple(end for end in End if end not in (End.DONE, End.NOT_DONE))
PRIORITIES = {
    Priority.ROUTINE: gettext_lazy("Routine"),
    Priority.URGENT: gettext_lazy("Urgent"),
    Priority.ASAP: gettext_lazy("As soon as possible"),
    Priority.STAT: gettext_lazy("STAT: it pops up on their screens, by room and job"),
}


def words_field(label: Any, **more: Any) -> forms.CharField:
    """One line of words."""
    return forms.CharField(
        label=label, max_length=LONGEST, widget=forms.TextInput(attrs={"autocomplete": "off"}), **more
    )


class TaskForm(ContextForm):
    """A change of one task. `choices` are the lists of what can be chosen, by field; `at` is local clinic time."""

    title: Any = ""
    done: Any = ""
    name = ""

    def __init__(self, *args: Any, choices: Mapping[str, list[tuple[str, str]]], at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.at = at
        for name, listed in choices.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField):
                field.choices = listed

    def act(self, writer: Any, task_id: str) -> None:
        """Do it, at the version that was read; raises what the action raises."""
        version = self.opened.versions.get(f"Task/{task_id}") if self.opened else None
        self.change(writer, task_id, version)

    def change(self, writer: Any, task_id: str, version: int | None) -> None:
        raise NotImplementedError


class HoldForm(TaskForm):
    """It waits for something or somebody."""

    name, title, done = "hold", gettext_lazy("Waiting on…"), gettext_lazy("Let it wait")
    waiting_on = words_field(gettext_lazy("Waiting on"))
    remind_at = forms.ChoiceField(label=gettext_lazy("Remind me"), choices=list(LATER.items()), initial="60")

    def change(self, writer: Any, task_id: str, version: int | None) -> None:
        until = later(self.cleaned_data["remind_at"], self.at)
        actions.hold(writer, task_id=task_id, waiting_on=self.cleaned_data["waiting_on"], until=until, version=version)


class HandOverForm(TaskForm):
    """Somebody else does it."""

    name, title, done = "hand-over", gettext_lazy("Hand over"), gettext_lazy("Hand it over")
    to = forms.ChoiceField(label=gettext_lazy("To"))

    def change(self, writer: Any, task_id: str, version: int | None) -> None:
        person, pool = whom(self.cleaned_data["to"])
        actions.hand_over(writer, task_id=task_id, to=person, pool=pool, version=version)


class SplitForm(TaskForm):
    """It is several tasks."""

    name, title, done = "split", gettext_lazy("Split into parts"), gettext_lazy("Split it")
    parts = forms.CharField(
        label=gettext_lazy("The parts, one on each line"), max_length=5 * LONGEST, widget=forms.Textarea
    )

    def change(self, writer: Any, task_id: str, version: int | None) -> None:
        actions.split(writer, task_id=task_id, parts=self.cleaned_data["parts"].splitlines(), version=version)


class MergeForm(TaskForm):
    """It was asked for twice."""

    name, title, done = "merge", gettext_lazy("Asked for twice"), gettext_lazy("Make them one")
    into = forms.ChoiceField(label=gettext_lazy("The one that stays"))
    why = words_field(gettext_lazy("How do you know?"))

    def change(self, writer: Any, task_id: str, version: int | None) -> None:
        into, why = self.cleaned_data["into"], self.cleaned_data["why"]
        actions.merge(writer, duplicate_id=task_id, into_id=into, why=why)


class EndForm(TaskForm):
    """It will not be done."""

    name, title, done = "end", gettext_lazy("It will not be done"), gettext_lazy("End it")
    how = forms.ChoiceField(label=gettext_lazy("Because"))
    why = words_field(gettext_lazy("In a few words, for whoever asked"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        how = self.fields["how"]
        assert isinstance(how, forms.ChoiceField)  # noqa: S101  # the field above
        how.choices = [(end.value, term_words(END_WORDS[end])) for end in OTHER_ENDS]

    def change(self, writer: Any, task_id: str, version: int | None) -> None:
        how, why = End(self.cleaned_data["how"]), self.cleaned_data["why"]
        actions.end(writer, task_id=task_id, how=how, why=why, at=self.at, version=version)


class PlaceForm(TaskForm):
    """The lead puts it before others."""

    name, title, done = "place", gettext_lazy("Put in place"), gettext_lazy("Put it there")
    rank = forms.IntegerField(
        label=gettext_lazy("Place"), min_value=0, max_value=99, initial=1,
        help_text=gettext_lazy("1 comes first; 0 lets it fall back."),
    )  # fmt: skip
    why = words_field(gettext_lazy("Why, for those who see it"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("rank") and not str(cleaned.get("why", "")).strip():
            self.add_error("why", gettext("Say why this comes first; the others see it."))
        return cleaned

    def change(self, writer: Any, task_id: str, version: int | None) -> None:
        rank, why = self.cleaned_data["rank"], self.cleaned_data["why"]
        actions.put_in_place(writer, task_id=task_id, rank=rank, why=why)


class AddForm(TaskForm):
    """A new task."""

    name, title, done = "add", gettext_lazy("A new task"), gettext_lazy("Add it")
    words = words_field(
        gettext_lazy("What is to be done"), help_text=gettext_lazy("Without the patient’s name: others see this.")
    )
    job = forms.ChoiceField(
        label=gettext_lazy("Job"), required=False,
        help_text=gettext_lazy("A STAT pops up with the room and this, and nothing of what you typed."),
    )  # fmt: skip
    to = forms.ChoiceField(label=gettext_lazy("Who does it"))
    due = forms.ChoiceField(label=gettext_lazy("By when"), choices=list(LATER.items()), initial="today")
    priority = forms.ChoiceField(
        label=gettext_lazy("How urgent"), choices=list(PRIORITIES.items()), initial=Priority.ROUTINE
    )


CHANGES: dict[str, type[TaskForm]] = {
    form.name: form for form in (HoldForm, HandOverForm, SplitForm, MergeForm, EndForm)
}
"""The changes that anybody who works on a task may make, by the word in their address."""
