"""The form in which a manager registers an app or a backend program."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.smart.clients import MAX_NAME, Wanted
from carewright.core.smart.model import ClientKind
from carewright.shell.forms import ContextForm
from carewright.shell.saying import term_words

LINES = {"rows": 3, "spellcheck": "false", "autocomplete": "off"}
PLAIN = {"spellcheck": "false", "autocomplete": "off"}


class ClientForm(ContextForm):
    """What of it counts depends on the kind; `core.smart.clients` says what is missing.

    It is about no patient: the form base says who opened it, and gives the key by which it registers one program,
    however often it is sent.
    """

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, help_text=_("As people know it."))
    kind = forms.ChoiceField(
        label=_("What it is"),
        widget=forms.RadioSelect,
        choices=[
            (ClientKind.PUBLIC.value, _("An app in a browser or on a phone, which can keep no secret")),
            (ClientKind.SECRET.value, _("An app on a server, with a secret")),
            (ClientKind.BACKEND.value, _("A program without a person, with keys of its own")),
        ],
    )
    scopes = forms.CharField(
        label=_("The most that it may ask for"),
        widget=forms.Textarea(LINES),
        help_text=_("SMART scopes with spaces between, for instance: launch openid fhirUser patient/*.rs"),
    )
    redirect_uris = forms.CharField(
        label=_("Sent back to"),
        required=False,
        widget=forms.Textarea(LINES),
        help_text=_("For apps: each address on a line, exactly as the app sends it."),
    )
    launch_url = forms.CharField(
        label=_("Started at"),
        required=False,
        widget=forms.TextInput(PLAIN),
        help_text=_("For apps that are started from a chart; empty for others."),
    )
    jwks_url = forms.CharField(
        label=_("Address of its public keys"),
        required=False,
        widget=forms.TextInput(PLAIN),
        help_text=_("For programs without a person: this, or the keys themselves."),
    )
    jwks = forms.CharField(
        label=_("Its public keys"), required=False, widget=forms.Textarea(LINES), help_text=_("A JWK Set.")
    )
    roles = forms.ChoiceField(
        label=_("Sees what this role sees"), required=False, help_text=_("For programs without a person.")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        roles = [(role.value, term_words(words)) for role, words in ROLE_WORDS.items()]
        cast(forms.ChoiceField, self.fields["roles"]).choices = [("", "–"), *roles]

    def wanted(self) -> Wanted:
        """What was typed, for `core.smart.clients`."""
        typed = self.cleaned_data
        return Wanted(
            name=typed["name"],
            kind=ClientKind(typed["kind"]),
            scopes=typed["scopes"],
            redirect_uris=tuple(typed["redirect_uris"].split()),
            launch_url=typed["launch_url"].strip(),
            jwks_url=typed["jwks_url"].strip(),
            jwks=typed["jwks"],
            roles=frozenset({Role(typed["roles"])}) if typed["roles"] else frozenset(),
        )
