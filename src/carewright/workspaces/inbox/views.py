"""The lists of messages, how many are unread, one thread, a file of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from carewright.core.store.model import NotFound
from carewright.shell import drafts, runtime
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.incoming.rules import SHOWN
from carewright.skills.messages import queries
from carewright.workspaces.inbox import reading
from carewright.workspaces.inbox.forms import AnswerForm, CloseForm, GiveForm
from carewright.workspaces.inbox.reading import Page

FILE_POLICY = "default-src 'none'; sandbox"


@require_GET
@needs("messages.see")
def inbox(request: CareRequest) -> HttpResponse:
    """What is for me, for my role, what I asked; with `closed` what is over."""
    return render(request, "inbox/inbox.html", _lists(request))


@require_GET
@needs("messages.see")
def listed(request: CareRequest) -> HttpResponse:
    """The lists alone, when something of them has changed."""
    return render(request, "inbox/list.html", _lists(request))


@require_GET
@needs("messages.see")
def unread(request: CareRequest) -> HttpResponse:
    """How many threads wait to be read, for the bar of every page."""
    return render(request, "inbox/unread.html", {"unread": reading.unread(request)})


@require_GET
@needs("messages.see")
def thread(request: CareRequest, thread_id: str) -> HttpResponse:
    """One thread. A message about a visit stands on the visit's page."""
    visit = queries.visit_of(request.reader("inbox.thread"), thread_id)
    return redirect("visit", visit) if visit else show(request, reading.load(request, thread_id))


@require_GET
@needs("messages.see")
def words(request: CareRequest, thread_id: str) -> HttpResponse:
    """What was said and how it stands, alone: asked for again when something comes."""
    return render(request, "inbox/words.html", {"page": reading.load(request, thread_id)})


@require_GET
@needs("messages.see")
def file(request: CareRequest, message_id: str, number: int) -> HttpResponse:
    """A file of a message, to save. No cache keeps it, and opened by itself it may run nothing."""
    found, data = queries.file(request.reader("inbox.file"), runtime.blobs(), message_id, number)
    if found.content_type not in SHOWN:  # a record from elsewhere may name any file
        raise NotFound("There is no file here.")
    answer = HttpResponse(data, content_type=found.content_type)
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.title) or "attachment"
    answer["Content-Security-Policy"] = FILE_POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def show(request: CareRequest, page: Page, *, sent: ContextForm | None = None, status: int = 200) -> HttpResponse:
    """The page of a thread, with the form that was not saved in its place."""
    if sent is not None and sent.problem is not None:
        sent.renew()
    here, now = reading.context_of(request, page), request.store.clock.wall()
    offer = drafts.offer(request, form=draft_of(page), patient=page.patient)
    fresh = AnswerForm(here=here, now=now, auto_id="answer-%s", initial=drafts.resumed(request, offer))
    values: dict[str, Any] = {
        "page": page,
        "banner": page.banner,
        "answer": sent if isinstance(sent, AnswerForm) else fresh,
        "offer": None if isinstance(sent, AnswerForm) else offer,
        "draft": draft_of(page),
        "may_take": page.thread.to != request.access.actor.reference,
        "me": request.access.actor.reference,
    }
    if page.thread.is_open:
        people = reading.choices(request, me_too=False)
        give = sent if isinstance(sent, GiveForm) else GiveForm(here=here, now=now, people=people, auto_id="give-%s")
        close = sent if isinstance(sent, CloseForm) else CloseForm(here=here, now=now, auto_id="close-%s")
        values |= {"give": give, "close": close}
    return render(request, "inbox/thread.html", values, status=status)


def draft_of(page: Page) -> str:
    """The name of the draft of an answer: one for each thread."""
    return f"message-answer-{page.id}".replace(".", "_")


def _lists(request: CareRequest) -> dict[str, Any]:
    closed = request.GET.get("closed") == "1"
    return {"lists": reading.lists(request, closed=closed), "closed": closed}
