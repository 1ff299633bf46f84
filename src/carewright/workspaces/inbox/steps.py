"""What is pressed at a thread: read, answered, somebody else's, closed with what came of it."""

from collections.abc import Callable
from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from carewright.core.store.model import KeyTaken
from carewright.shell import drafts, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.refusals import for_script
from carewright.shell.saying import say
from carewright.shell.uploads import takes_files, too_large
from carewright.shell.whom import whom
from carewright.skills.incoming.model import NotTaken
from carewright.skills.incoming.rules import LARGEST_BYTES
from carewright.skills.messages import actions
from carewright.skills.messages.threads import NotPossible, Outcome, Words
from carewright.workspaces.inbox import files, reading
from carewright.workspaces.inbox.forms import AnswerForm, CloseForm, GiveForm
from carewright.workspaces.inbox.reading import Page
from carewright.workspaces.inbox.views import draft_of, show


@require_POST
@needs("messages.write")
def see(request: CareRequest, thread_id: str) -> HttpResponse:
    """This person was shown the thread as it stood at `turns`."""
    turns = turns_of(request)
    if turns is not None:
        actions.see(request.writer(), thread_id=thread_id, turns=turns)
    return HttpResponse(status=204) if for_script(request) else redirect("inbox-thread", thread_id)


@takes_files(up_to=LARGEST_BYTES)
@require_POST
@needs("messages.write")
def answer(request: CareRequest, thread_id: str) -> HttpResponse:
    """Write an answer."""
    page = reading.load(request, thread_id)
    here, now = reading.context_of(request, page), request.store.clock.wall()
    form = AnswerForm(
        request.POST, files=request.FILES, too_large=too_large(request), here=here, now=now, auto_id="answer-%s"
    )

    def act() -> None:
        words = Words(
            by=request.access.actor.reference, at=request.care.now.replace(microsecond=0),
            words=form.cleaned_data["words"], files=files.keep(request, form),
        )  # fmt: skip
        actions.answer(request.writer(), thread_id=thread_id, words=words, form_key=form.idempotency_key)
        drafts.done(request, form=draft_of(page), patient=page.patient)

    return _step(request, page, form, act)


@require_POST
@needs("messages.write")
def give(request: CareRequest, thread_id: str) -> HttpResponse:
    """Somebody else answers it, or whoever presses."""
    page = reading.load(request, thread_id)
    here, now = reading.context_of(request, page), request.store.clock.wall()
    people = reading.choices(request, me_too=True)
    form = GiveForm(request.POST, here=here, now=now, people=people, auto_id="give-%s")

    def act() -> None:
        person, pool = whom(form.cleaned_data["to"])
        actions.give_to(request.writer(), thread_id=thread_id, to=person, pool=pool, turns=turns_of(request))

    return _step(request, page, form, act)


@require_POST
@needs("messages.write")
def close(request: CareRequest, thread_id: str) -> HttpResponse:
    """It is over, with what came of it."""
    page = reading.load(request, thread_id)
    here, now = reading.context_of(request, page), request.store.clock.wall()
    form = CloseForm(request.POST, here=here, now=now, auto_id="close-%s")

    def act() -> None:
        outcome, note = Outcome(form.cleaned_data["outcome"]), form.cleaned_data["note"]
        actions.close(request.writer(), thread_id=thread_id, outcome=outcome, words=note, turns=turns_of(request))

    return _step(request, page, form, act)


def turns_of(request: CareRequest) -> int | None:
    """How far the thread was when the page was drawn; None where the form does not say."""
    sent = request.POST.get("turns", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else None


def _step(request: CareRequest, page: Page, form: ContextForm, act: Callable[[], None]) -> HttpResponse:
    if not form.is_valid():
        elsewhere = whose.of_another(request, form, name=draft_of(page), right_url=reverse("inbox"))
        return elsewhere or show(request, page, sent=form, status=422)
    try:
        with suppress(KeyTaken):  # sent twice; the first sending is there
            act()
    except (NotPossible, NotTaken) as refused:
        form.add_error(None, say(refused.reason))
        return show(request, reading.load(request, page.id), sent=form, status=422)
    return redirect("inbox-thread", page.id)
