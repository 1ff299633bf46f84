"""The forms of papers: a file, what a paper is and who sees to it, why it is moved or put away, what was done."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from carewright.shell.care import Choice
from carewright.shell.forms import ContextForm
from carewright.shell.saying import say, term_words
from carewright.skills.incoming.actions import Naming
from carewright.skills.incoming.codes import TYPES
from carewright.skills.incoming.model import CAME_AS_WORDS, ROUTE_WORDS, CameAs, Route
from carewright.skills.incoming.rules import TOO_LARGE

ACCEPT = ".pdf,.png,.jpg,.jpeg,.tif,.tiff,.wav,.mp3"
LONGEST_REASON = 200
PROVIDER = "provider:"
"""In front of a provider's reference, among the choices of who sees to a paper."""


class UploadForm(ContextForm):
    """One file. `too_large` says that it was larger than is taken."""

    paper = forms.FileField(
        label=gettext_lazy("Fax, scan or recording"), required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )  # fmt: skip
    came_as = forms.ChoiceField(
        label=gettext_lazy("How it came"),
        choices=[(kind.value, gettext_lazy(CAME_AS_WORDS[kind])) for kind in (CameAs.FAX, CameAs.PAPER)],
    )

    def __init__(self, *args: Any, too_large: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.too_large = too_large

    def clean(self) -> dict[str, Any]:
        if self.too_large:
            raise forms.ValidationError(say(TOO_LARGE))
        cleaned = super().clean()
        if not self.errors and cleaned.get("paper") is None:
            raise forms.ValidationError(gettext("Choose a file first."))
        return cleaned


class NamingForm(ContextForm):
    """What a paper is and who sees to it; `later` leaves both for later where that may be."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"), required=False, error_messages={"required": gettext_lazy("Say what it is.")}
    )
    route = forms.ChoiceField(
        label=gettext_lazy("Who sees to it?"), required=False,
        error_messages={"required": gettext_lazy("Say who sees to it.")},
    )  # fmt: skip
    title = forms.CharField(
        label=gettext_lazy("A word about it"), required=False, max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, providers: Sequence[Choice], must: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        kind, route = self.fields["kind"], self.fields["route"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101  # the fields above
        assert isinstance(route, forms.ChoiceField)  # noqa: S101 - narrows the type
        kind.choices = [("", gettext("Choose")), *((name, term_words(words)) for name, (_, words) in TYPES.items())]
        route.choices = [
            ("", gettext("Choose")),
            *((f"{PROVIDER}{one.value}", gettext("%(name)s, to sign") % {"name": one.label}) for one in providers),
            *((one.value, term_words(ROUTE_WORDS[one])) for one in Route if one is not Route.SIGN),
        ]
        kind.required = route.required = must

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("kind")) != bool(cleaned.get("route")) and not self.errors:
            raise forms.ValidationError(gettext("Say both: what it is, and who sees to it. Or leave both for later."))
        return cleaned

    @property
    def naming(self) -> Naming | None:
        """What was chosen; None where it was left for later."""
        chosen = self.cleaned_data
        if not (chosen["kind"] and chosen["route"]):
            return None
        to = chosen["route"].removeprefix(PROVIDER) if chosen["route"].startswith(PROVIDER) else ""
        route = Route.SIGN if to else Route(chosen["route"])
        return Naming(kind=chosen["kind"], route=route, to=to, title=chosen["title"])


class ReasonForm(ContextForm):
    """Why a paper is moved or put away."""

    why = forms.CharField(
        label=gettext_lazy("Why?"), max_length=LONGEST_REASON, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say why, in a few words.")},
    )  # fmt: skip


class FinishForm(ContextForm):
    """What was done about a paper, if there is something to say."""

    note = forms.CharField(
        label=gettext_lazy("What was done, if anything"), required=False, max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
