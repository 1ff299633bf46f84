"""The templates of messages: the practice's own, or those that come with the product."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.settings import values as settings
from carewright.core.settings.manifest import CHANGE
from carewright.core.settings.model import BadSetting
from carewright.core.settings.values import SettingChanged
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import term_words
from carewright.skills.messages.settings import TEMPLATES
from carewright.skills.messages.templates import MOST, Template
from carewright.skills.messages.threads import LONGEST_TOPIC, LONGEST_WORDS
from carewright.workspaces.inbox.reading import ROLES

EMPTY_LINES = 3
"""So many lines for new templates stand below those that there are."""
VERSION = "setting"
"""Under this name the version of the setting that was read travels in the form."""


class TemplateForm(forms.Form):
    """One template; without a topic there is none."""

    topic = forms.CharField(
        label=gettext_lazy("About"), max_length=LONGEST_TOPIC, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("Its first words"), max_length=LONGEST_WORDS, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )  # fmt: skip
    role = forms.ChoiceField(label=gettext_lazy("To"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101  # the field above
        role.choices = [
            ("", gettext("Chosen each time")), *((one.value, term_words(ROLE_WORDS[one])) for one in ROLES),
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("words", "").strip() and not cleaned.get("topic", "").strip() and "topic" not in self.errors:
            self.add_error("topic", gettext("Say in a few words what it is about."))
        return cleaned

    @property
    def template(self) -> Template | None:
        """What was written; None for an empty line."""
        topic, words, role = (str(self.cleaned_data[name]).strip() for name in ("topic", "words", "role"))
        return Template(topic=topic, words=words, role=Role(role) if role else None) if topic else None


@require_http_methods(["GET", "POST"])
@needs(CHANGE)
def templates(request: CareRequest) -> HttpResponse:
    """All of them on one page; a line without a topic goes away."""
    sent = request.method == "POST"
    lines = _lines(request)
    form = ContextForm(
        request.POST if sent else None, here=_here(request), now=request.store.clock.wall(), auto_id="list-%s"
    )
    if not sent:
        return _show(request, form, lines)
    if not (form.is_valid() and _all_valid(lines)):
        elsewhere = whose.of_another(request, form, name="", right_url=request.path)
        return elsewhere or _show(request, form, lines, status=422)
    version = form.opened.versions.get(VERSION) if form.opened else None
    try:
        _change(request, [line.template for line in lines], version)
    except SettingChanged:
        form.add_error(None, gettext("Somebody else changed the templates meanwhile. Open the page again."))
    except BadSetting:
        form.add_error(None, gettext("Two templates are about the same. Give one of them another name."))
    else:
        return redirect("inbox-templates")
    return _show(request, form, lines, status=422)


def _all_valid(lines: list[TemplateForm]) -> bool:
    """Whether each can be kept; all are looked at, so that all that is wrong is said at once."""
    return all([line.is_valid() for line in lines])  # noqa: C419  # a generator would stop at the first


def _change(request: CareRequest, written: list[Template | None], version: int | None) -> None:
    value = tuple(one for one in written if one is not None)
    scope = settings.practice_scope()
    settings.change(request.store, TEMPLATES, request.access, scope=scope, value=value, version=version)


def _lines(request: CareRequest) -> list[TemplateForm]:
    if request.method == "POST":
        count = sum(f"line-{number}-topic" in request.POST for number in range(MOST))
        return [TemplateForm(request.POST, prefix=f"line-{number}") for number in range(count)]
    there = settings.get(request.store, TEMPLATES, request.access)
    listed = [
        {"topic": term_words(one.topic), "words": term_words(one.words), "role": one.role.value if one.role else ""}
        for one in there
    ]
    more = min(EMPTY_LINES, MOST - len(listed))
    filled = [*listed, *({"topic": "", "words": "", "role": ""} for _ in range(more))]
    return [TemplateForm(prefix=f"line-{number}", initial=values) for number, values in enumerate(filled)]


def _here(request: CareRequest) -> Any:
    """The context of the form: about nobody, with the version of the setting that stands."""
    scope = settings.practice_scope()
    found = settings.history(request.store, TEMPLATES, request.access, scope=scope)
    version = found[0].version if found else 0
    return whose.context_of(request, patient="", versions={VERSION: version})


def _show(request: CareRequest, form: ContextForm, lines: list[TemplateForm], *, status: int = 200) -> HttpResponse:
    if form.problem is not None:
        form.renew()
    return render(request, "inbox/templates.html", {"form": form, "lines": lines}, status=status)
