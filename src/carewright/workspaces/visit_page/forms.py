"""The form of a message about a visit."""

from django import forms
from django.utils.translation import gettext_lazy as _

from carewright.shell.forms import ContextForm
from carewright.skills.messages.model import MAX_WORDS


class MessageForm(ContextForm):
    """Plain words to whoever works with this patient."""

    words = forms.CharField(
        label=_("Message"), max_length=MAX_WORDS, widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"})
    )
