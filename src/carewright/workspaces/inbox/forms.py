"""The forms of messages: a new one, an answer, somebody else, closed with what came of it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy

from carewright.core.work.model import Priority
from carewright.shell.by_when import LATER
from carewright.shell.forms import ContextForm
from carewright.shell.saying import say, term_words
from carewright.skills.incoming.rules import TOO_LARGE
from carewright.skills.messages.threads import LONGEST_TOPIC, LONGEST_WORDS, OUTCOME_WORDS

ACCEPT = ".pdf,.png,.jpg,.jpeg,.tif,.tiff,.wav,.mp3"
MOST_FILES = 5
LONGEST_NOTE = 200
PRIORITIES = {
    Priority.ROUTINE: gettext_lazy("Routine"),
    Priority.URGENT: gettext_lazy("Urgent"),
    Priority.ASAP: gettext_lazy("As soon as possible"),
}
"""A STAT is no message: it is a task that calls by room and job."""


class FilesInput(forms.FileInput):
    """A control that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; a list."""

    widget = FilesInput(attrs={"accept": ACCEPT, "multiple": True})

    def clean(self, data: Any, initial: Any = None) -> Any:
        sent = data if isinstance(data, list | tuple) else [data]
        if len(sent) > MOST_FILES:
            raise forms.ValidationError(gettext("At most %(count)s files with one message.") % {"count": MOST_FILES})
        return [super(FilesField, self).clean(one, initial) for one in sent if one]


class MessageForm(ContextForm):
    """A form whose words may come with files. `too_large` says that one was larger than is taken."""

    words = forms.CharField(
        label=gettext_lazy("Message"), max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )  # fmt: skip
    attached = FilesField(
        label=gettext_lazy("Files"), required=False,
        help_text=gettext_lazy("PDF, pictures or recordings, up to 24 MB each."),
    )  # fmt: skip

    def __init__(self, *args: Any, too_large: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.too_large = too_large

    def clean(self) -> dict[str, Any]:
        if self.too_large:
            raise forms.ValidationError(say(TOO_LARGE))
        return super().clean()

    @property
    def sent_files(self) -> list["UploadedFile[bytes]"]:
        """The files that came with it."""
        return list(self.cleaned_data["attached"])


class AnswerForm(MessageForm):
    """An answer in a thread."""

    name = "answer"


class BeginForm(MessageForm):
    """A new thread. `people` and roles to choose from come with it."""

    field_order = ("to", "topic", "words", "attached", "due", "priority")
    to = forms.ChoiceField(label=gettext_lazy("To"), error_messages={"required": gettext_lazy("Say who gets it.")})
    topic = forms.CharField(
        label=gettext_lazy("About"), max_length=LONGEST_TOPIC, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("In a few words, without the patient’s name: lists show it."),
        error_messages={"required": gettext_lazy("Say in a few words what it is about.")},
    )  # fmt: skip
    due = forms.ChoiceField(
        label=gettext_lazy("Answer by"), choices=[(k, v) for k, v in LATER.items() if k not in ("15", "30")],
        initial="today",
    )  # fmt: skip
    priority = forms.ChoiceField(
        label=gettext_lazy("How urgent"), choices=list(PRIORITIES.items()), initial=Priority.ROUTINE
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        to = self.fields["to"]
        assert isinstance(to, forms.ChoiceField)  # noqa: S101  # the field above
        to.choices = [("", gettext("Choose")), *people]


class GiveForm(ContextForm):
    """Somebody else answers it."""

    name = "give"
    to = forms.ChoiceField(label=gettext_lazy("Give it to"))

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        to = self.fields["to"]
        assert isinstance(to, forms.ChoiceField)  # noqa: S101  # the field above
        to.choices = list(people)


class CloseForm(ContextForm):
    """It is over, with what came of it."""

    name = "close"
    outcome = forms.ChoiceField(label=gettext_lazy("What came of it"))
    note = forms.CharField(
        label=gettext_lazy("In a few words"), required=False, max_length=LONGEST_NOTE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        outcome = self.fields["outcome"]
        assert isinstance(outcome, forms.ChoiceField)  # noqa: S101  # the field above
        outcome.choices = [(one.value, term_words(words)) for one, words in OUTCOME_WORDS.items()]
