"""What is pressed at a result: the provider's review, who was told, what was tried."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from carewright.core.store.model import Ref
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.results import actions, queries
from carewright.skills.results.model import How, Outcome, Result
from carewright.workspaces.results import reading
from carewright.workspaces.results.acting import Sent, settle
from carewright.workspaces.results.forms import ReviewForm, ToldForm, TriedForm
from carewright.workspaces.results.views import ref_of, result_options, show_result

Make = Callable[[Result, dict[str, Any]], ContextForm]


@require_POST
@needs("results.review")
def review(request: CareRequest, result_id: str) -> HttpResponse:
    """A provider has reviewed it."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        outcome, words = Outcome(form.cleaned_data["outcome"]), form.cleaned_data["words"]
        actions.review(request.writer(), **about_it, outcome=outcome, words=words, at=request.care.now)

    return _change(
        request, result_id, "review", lambda _, opened: ReviewForm(request.POST, **opened, prefix="review"), act
    )


@require_POST
@needs("results.tell")
def told(request: CareRequest, result_id: str) -> HttpResponse:
    """Somebody was told."""

    def make(found: Result, opened: dict[str, Any]) -> ContextForm:
        people, voicemail, _ = reading.whom(request, found)
        return ToldForm(request.POST, **opened, prefix="told", people=people, voicemail=voicemail)

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        assert isinstance(form, ToldForm)  # noqa: S101  # made above
        how, words = How(form.cleaned_data["how"]), form.cleaned_data["words"]
        actions.tell(request.writer(), **about_it, whom=form.named, how=how, words=words, at=request.care.now)

    return _change(request, result_id, "told", make, act)


@require_POST
@needs("results.tell")
def tried(request: CareRequest, result_id: str) -> HttpResponse:
    """Nobody could be told yet."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        actions.tried(request.writer(), **about_it, words=form.cleaned_data["words"], at=request.care.now)

    return _change(
        request, result_id, "tried", lambda _, opened: TriedForm(request.POST, **opened, prefix="tried"), act
    )


def _change(
    request: CareRequest, result_id: str, name: str, make: Make, act: Callable[[ContextForm, dict[str, Any]], None]
) -> HttpResponse:
    """Check the form, act over the version that was shown, show the result as it stands then."""
    reader = request.reader("results.step")
    found, _, _ = queries.result(reader, ref_of(reader, result_id))
    sent = Sent(
        form=make(found, result_options(request, found)), name=name, ref=found.ref, version=found.version,
        url=reverse("result", args=[result_id]), show=lambda **more: show_result(request, result_id, **more),
    )  # fmt: skip
    return settle(request, sent, lambda form, more: act(form, {"ref": Ref.local(found.ref), **more}))
