"""What is pressed at a request: prepared, answered, told, ended."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from carewright.core.store.model import Conflict, KeyTaken, Refused
from carewright.core.work.model import End
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.refills import actions, queries
from carewright.skills.refills.model import Answer, Because, How, NotPossible, Refill, Supply, Whom
from carewright.workspaces.refills import reading
from carewright.workspaces.refills.forms import (
    ChangeForm,
    ElsewhereForm,
    EndForm,
    NoForm,
    PrepareForm,
    TellForm,
    YesForm,
)
from carewright.workspaces.refills.views import form_options, providers, show_refill

Make = Callable[[Refill, dict[str, Any]], ContextForm]
Act = Callable[[Any, dict[str, Any]], None]
KINDS = {"yes": Answer.YES, "change": Answer.YES, "no": Answer.NO, "elsewhere": Answer.ELSEWHERE}


@require_POST
@needs("refills.do")
def prepare(request: CareRequest, refill_id: str) -> HttpResponse:
    """What was learned is written down; with `send`, it is laid before the prescriber."""

    def act(form: PrepareForm, about_it: dict[str, Any]) -> None:
        if request.POST.get("step") != "send":
            actions.complete(request.writer(), **about_it, found=form.found)
            return
        actions.prepare(
            request.writer(), **about_it, found=form.found, supply=form.supply, note=form.cleaned_data["note"],
            at=request.care.now, today=request.care.now_local.date(),
        )  # fmt: skip

    def make(found: Refill, options: dict[str, Any]) -> ContextForm:
        return PrepareForm(request.POST, **options, providers=providers(request))

    return _change(request, refill_id, "prepare", make, act)


@require_POST
@needs("refills.decide")
def answer(request: CareRequest, refill_id: str) -> HttpResponse:
    """The prescriber's yes, no, or that a controlled drug was prescribed elsewhere."""
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        return show_refill(request, refill_id, wrong=gettext("Say yes or no."), status=422)

    def make(found: Refill, options: dict[str, Any]) -> ContextForm:
        if kind == "change":
            bare = found.preparing is None or found.preparing.supply is None
            return ChangeForm(request.POST, **options, prefix=kind, must_look=bare)
        plain: dict[str, type[ContextForm]] = {"yes": YesForm, "no": NoForm, "elsewhere": ElsewhereForm}
        return plain[kind](request.POST, **options, prefix=kind)

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        typed = form.cleaned_data
        actions.decide(
            request.writer(), **about_it, answer=KINDS[kind], at=request.care.now, tell=typed.get("tell", ""),
            supply=Supply(days=typed["days"], refills=typed["refills"]) if kind == "change" else None,
            because=Because(typed["because"]) if kind == "no" else None,
        )  # fmt: skip

    following = reading.next_of_mine(request, besides=refill_id)
    to = f"{reverse('refill', args=[following])}?next=1" if following else reverse("refills")
    return _change(request, refill_id, kind, make, act, then=to)


@require_POST
@needs("refills.do")
def tell(request: CareRequest, refill_id: str) -> HttpResponse:
    """Somebody was told, or not reached."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        typed = form.cleaned_data
        actions.tell(
            request.writer(), **about_it, whom=Whom(typed["whom"]), how=How(typed["how"]), name=typed["name"],
            at=request.care.now,
        )  # fmt: skip

    def make(found: Refill, options: dict[str, Any]) -> ContextForm:
        return TellForm(request.POST, **options, whom=tuple(Whom), prefix="tell")

    return _change(request, refill_id, "tell", make, act)


@require_POST
@needs("refills.do")
def end(request: CareRequest, refill_id: str) -> HttpResponse:
    """Nobody has to answer any more."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        typed = form.cleaned_data
        actions.end(request.writer(), **about_it, how=End(typed["how"]), why=typed["why"])

    return _change(request, refill_id, "end", lambda _, options: EndForm(request.POST, **options, prefix="end"), act)


def _change(request: CareRequest, refill_id: str, name: str, make: Make, act: Act, *, then: str = "") -> HttpResponse:
    """Check the form, act over the version that was shown, show the request as it stands then."""
    found, _ = queries.refill(request.reader("refills.step"), refill_id)
    form = make(found, form_options(request, found))
    here = reverse("refill", args=[refill_id])
    if not form.is_valid() or form.opened is None:
        if elsewhere := whose.of_another(request, form, name="refills", right_url=here):
            return elsewhere
        if form.problem is not None:
            form.renew(versions={f"MedicationRequest/{found.id}": found.version})
        return show_refill(request, refill_id, forms={name: form}, status=422)
    version = form.opened.versions.get(f"MedicationRequest/{refill_id}", 0)
    try:
        act(form, {"refill_id": refill_id, "version": version, "form_key": form.idempotency_key})
    except KeyTaken:
        return redirect(here)
    except NotPossible as lost:
        return show_refill(request, refill_id, forms={name: form}, wrong=say(lost.reason), status=409)
    except Refused as lost:
        return show_refill(request, refill_id, wrong=say(lost.reason), status=409)
    except Conflict:
        words = gettext("Someone else changed this request just now. Nothing of yours was saved. Look again.")
        return show_refill(request, refill_id, wrong=words, status=409)
    return redirect(then or here)
