"""The forms of the phone: one call as it is taken, what happens to it later, and whom we may tell."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from carewright.shell.forms import KEY_FIELD, ContextForm
from carewright.shell.saying import term_words
from carewright.skills.calls.model import MAX_LINE, MAX_WORDS, OUTCOME_WORDS, Outcome, PhoneCall
from carewright.skills.calls.reasons import REASONS
from carewright.skills.contacts.model import (
    TOPIC_WORDS,
    VOICEMAIL_WORDS,
    Contacts,
    Person,
    Topic,
    Voicemail,
)

DATE_FORMATS = ["%m/%d/%Y", "%Y-%m-%d"]


class CallForm(ContextForm):
    """A call while it is taken. Its key is the call's id: however often it is sent, there is one call."""

    number = forms.CharField(label=gettext_lazy("Number to call back"), required=False, max_length=MAX_LINE)
    place = forms.CharField(label=gettext_lazy("Where the caller is now"), required=False, max_length=MAX_LINE)
    said_name = forms.CharField(label=gettext_lazy("Name, as the caller says it"), required=False, max_length=MAX_LINE)
    said_born = forms.DateField(
        label=gettext_lazy("Birth date, as the caller says it"), required=False, input_formats=DATE_FORMATS
    )
    reason = forms.ChoiceField(label=gettext_lazy("Why they call"), required=False, widget=forms.RadioSelect)
    words = forms.CharField(
        label=gettext_lazy("In the caller’s words"), required=False, max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, begun: PhoneCall | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        reasons = [(reason.code, term_words(reason.words)) for reason in REASONS]
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]  # a ChoiceField
        inputs = {"number": "tel", "place": "text", "said_name": "text", "said_born": "text"}
        for name, kind in inputs.items():
            self.fields[name].widget.attrs.update({"autocomplete": "off", "type": kind})
        self.fields["number"].widget.attrs["inputmode"] = "tel"
        self.fields["said_born"].widget.attrs["placeholder"] = gettext("08/21/2025")
        if begun is not None:
            self.initial.update({
                KEY_FIELD: begun.id, "number": begun.number, "place": begun.place, "reason": begun.reason,
                "words": begun.words,
            })  # fmt: skip

    @property
    def call_id(self) -> str:
        """The id of the call: of the one that was sent, else of the one that will be; "" where it is none of ours."""
        sent = self.opening if self.is_bound else str(self.initial[KEY_FIELD])
        try:
            return str(uuid.UUID(sent))
        except ValueError:
            return ""

    def typed_in(self, name: str) -> str:
        """What was typed into a field, whatever is wrong with the others; cut to what a call holds."""
        longest = MAX_WORDS if name == "words" else MAX_LINE
        return str(self.data.get(self.add_prefix(name), "")).strip()[:longest]


class AttemptForm(ContextForm):
    """How an attempt to call back went."""

    outcome = forms.ChoiceField(label=gettext_lazy("How it went"), widget=forms.RadioSelect)
    words = forms.CharField(label=gettext_lazy("What was said"), required=False, max_length=MAX_WORDS)

    def __init__(self, *args: Any, detailed: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [outcome for outcome in Outcome if detailed or outcome is not Outcome.DETAILED_VOICEMAIL]
        choices = [(outcome.value, term_words(OUTCOME_WORDS[outcome])) for outcome in offered]
        self.fields["outcome"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class StepForm(ContextForm):
    """Everything else that happens to a call later, with what there is to say about it."""

    words = forms.CharField(label=gettext_lazy("What happened"), required=False, max_length=MAX_WORDS)


class ContactsForm(ContextForm):
    """Whom we may tell: everybody around the patient with what they may hear, one more, voicemail, an own number."""

    voicemail = forms.ChoiceField(label=gettext_lazy("Voicemail"), widget=forms.RadioSelect)
    own_number = forms.CharField(
        label=gettext_lazy("The patient’s own number"), required=False, max_length=MAX_LINE,
        help_text=gettext_lazy("Confidential: nobody else is told it. For a teen, or whoever asks for it."),
    )  # fmt: skip
    new_name = forms.CharField(label=gettext_lazy("Somebody else: name"), required=False, max_length=MAX_LINE)
    new_relationship = forms.CharField(label=gettext_lazy("Who that is"), required=False, max_length=MAX_LINE)
    new_phone = forms.CharField(label=gettext_lazy("Their phone"), required=False, max_length=MAX_LINE)
    new_may = forms.MultipleChoiceField(
        label=gettext_lazy("May be told"), required=False, widget=forms.CheckboxSelectMultiple
    )
    said_by = forms.CharField(label=gettext_lazy("Who says so"), max_length=MAX_LINE)

    def __init__(self, data: Any = None, *, contacts: Contacts, **options: Any) -> None:
        self.contacts = contacts
        options["initial"] = {
            "voicemail": contacts.voicemail.value, "own_number": contacts.own_number,
            **{_field(p): [t.value for t in Topic if t in p.may_hear] for p in contacts.people},
            **(options.get("initial") or {}),
        }  # fmt: skip
        super().__init__(data, **options)
        topics = [(topic.value, term_words(TOPIC_WORDS[topic])) for topic in Topic]
        self.fields["new_may"].choices = topics  # type: ignore[attr-defined]  # a ChoiceField
        voicemails = [(v.value, term_words(VOICEMAIL_WORDS[v])) for v in Voicemail]
        self.fields["voicemail"].choices = voicemails  # type: ignore[attr-defined]  # a ChoiceField
        for person in contacts.people:
            label = f"{person.name} ({person.relationship})" if person.relationship else person.name
            self.fields[_field(person)] = forms.MultipleChoiceField(
                label=label, choices=topics, required=False, widget=forms.CheckboxSelectMultiple
            )

    @property
    def people(self) -> list[Any]:
        """The fields of those around the patient."""
        return [self[_field(person)] for person in self.contacts.people]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        named = bool(cleaned.get("new_name", "").strip())
        if not named and any(cleaned.get(name) for name in ("new_relationship", "new_phone", "new_may")):
            self.add_error("new_name", gettext("Write the name."))
        return cleaned

    def answer(self) -> Contacts:
        """What was answered, on top of what holds."""
        typed = self.cleaned_data
        people = [
            Person(
                name=p.name, relationship=p.relationship, phone=p.phone, reference=p.reference,
                may_hear=frozenset(Topic(topic) for topic in typed[_field(p)]),
            )
            for p in self.contacts.people
        ]  # fmt: skip
        if typed["new_name"].strip():
            people.append(Person(
                name=typed["new_name"].strip(), relationship=typed["new_relationship"].strip(),
                phone=typed["new_phone"].strip(), may_hear=frozenset(Topic(topic) for topic in typed["new_may"]),
            ))  # fmt: skip
        return Contacts(
            patient=self.contacts.patient, people=tuple(people), voicemail=Voicemail(typed["voicemail"]),
            own_number=typed["own_number"].strip(), said_by=typed["said_by"].strip(), id=self.contacts.id,
        )  # fmt: skip


def _field(person: Person) -> str:
    """By their record, not by their place: the list may have grown since the form was opened."""
    return f"may-{person.reference.removeprefix('RelatedPerson/')}"
