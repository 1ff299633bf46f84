"""The library of standing orders, one of them, and what is done with it."""

from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from carewright.core.access.model import Role
from carewright.core.store.model import KeyTaken
from carewright.core.store.reader import Reader
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import TASK_CODE
from carewright.core.work.whom import Whom
from carewright.shell import drafts, whose
from carewright.shell.care import Choice
from carewright.shell.people import PRACTITIONER, names_of
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.standing_orders import actions, queries
from carewright.skills.standing_orders.model import StandingOrder
from carewright.workspaces.standing_order_pages.forms import StandingOrderForm
from carewright.workspaces.standing_order_pages.reading import groups, line_of

DRAFT = "standing-order"


@require_GET
@needs("standing-orders.see")
def standing_orders(request: CareRequest) -> HttpResponse:
    """Every standing order, by how it stands: what waits for this person's signature first."""
    listed = queries.listed(request.reader("standing-orders.list"))
    values = {
        "groups": groups(listed, on=request.care.now_local.date(), me=request.access.actor.reference),
        "may_draft": request.access.may_do(actions.DRAFT),
    }
    return render(request, "standing_order_pages/standing_orders.html", values)


@require_GET
@needs("standing-orders.see")
def standing_order(request: CareRequest, order_id: str) -> HttpResponse:
    """One standing order."""
    order, _ = queries.stored_order(request.reader("standing-orders.page"), order_id)
    today, me = request.care.now_local.date(), request.access.actor.reference
    values = {
        "line": line_of(order, on=today, me=me),
        "order": order,
        "may_sign": request.access.may_do(actions.SIGN),
        "may_retire": request.access.may_do(actions.RETIRE),
    }
    return render(request, "standing_order_pages/standing_order.html", values)


@require_http_methods(["GET", "POST"])
@needs("standing-orders.draft")
def draft(request: CareRequest) -> HttpResponse:
    """Write one down for a provider to sign."""
    form = _form(request, request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        other = whose.of_another(request, form, name=DRAFT, right_url=request.path) if form.is_bound else None
        if other is None and form.problem is not None:
            form.renew()
        return other or _show(request, form, status=422 if form.is_bound else 200)
    try:
        ref = actions.draft(
            request.writer(), order=_order(form), at=request.care.now_local, form_key=form.idempotency_key
        )
    except KeyTaken:
        return redirect("standing-orders")  # sent twice; the first sending is there
    drafts.done(request, form=DRAFT)
    return redirect("standing-order", ref.id)


@require_POST
@needs("standing-orders.sign")
def sign(request: CareRequest, order_id: str) -> HttpResponse:
    """Sign it in one's own name."""
    version = _version(request)
    if version is None:
        return HttpResponseBadRequest()
    actions.sign(request.writer(), order_id=order_id, version=version, at=request.care.now_local)
    return redirect("standing-order", order_id)


@require_POST
@needs("standing-orders.retire")
def retire(request: CareRequest, order_id: str) -> HttpResponse:
    """Use it no longer, with the reason."""
    version = _version(request)
    if version is None:
        return HttpResponseBadRequest()
    why = request.POST.get("why", "")[:200]
    actions.retire(request.writer(), order_id=order_id, version=version, why=why, at=request.care.now_local)
    return redirect("standing-order", order_id)


def _form(request: CareRequest, data: Any) -> StandingOrderForm:
    reader = request.reader("standing-orders.draft")
    offer = drafts.offer(request, form=DRAFT)
    return StandingOrderForm(
        data,
        signers=_signers(reader),
        tasks=_tasks(request),
        here=whose.context_of(request, patient=""),
        now=request.store.clock.wall(),
        initial={
            "first_day": request.care.now_local.date(),
            "roles": [Role.MA.value, Role.NURSE.value],
            **drafts.resumed(request, offer),
        },
    )


def _signers(reader: Reader) -> tuple[Choice, ...]:
    """The providers of the practice, by name."""
    rows = reader.rows("staff_role", where={"role": Role.PROVIDER.value, "active": 1})
    names = names_of(reader, (f"{PRACTITIONER}{row['practitioner']}" for row in rows))
    return tuple(Choice(value=ref, label=name) for ref, name in sorted(names.items(), key=lambda pair: pair[1]))


def _tasks(request: CareRequest) -> tuple[Choice, ...]:
    """The tasks that MAs or nurses are named for, by name."""
    acting = {Role.MA, Role.NURSE}
    declared = [code for manifest in request.store.registry.manifests for code in manifest.task_codes]
    found = {code.code: gettext(code.display) for code in declared if code.roles & acting}
    return tuple(Choice(value=code, label=words) for code, words in sorted(found.items(), key=lambda pair: pair[1]))


def _order(form: StandingOrderForm) -> StandingOrder:
    given = form.cleaned_data
    return StandingOrder(
        name=given["name"].strip(),
        allows=Coding(TASK_CODE, given["allows"], _display(form, "allows")),
        words=given["words"].strip(),
        signer=given["signer"],
        signer_name=_display(form, "signer"),
        first_day=given["first_day"],
        last_day=given["last_day"],
        roles=frozenset(Role(role) for role in given["roles"]),
        competency=given["competency"],
        exclusions=given["exclusions"],
        whom=Whom(age_from=given["age_from"], age_below=given["age_below"], sex=given["sex"]),
    )


def _display(form: StandingOrderForm, name: str) -> str:
    choices: Any = form.fields[name]
    return str(dict(choices.choices)[form.cleaned_data[name]])


def _show(request: CareRequest, form: StandingOrderForm, *, status: int) -> HttpResponse:
    offer = drafts.offer(request, form=DRAFT) if request.method == "GET" else None
    return render(request, "standing_order_pages/draft.html", {"form": form, "offer": offer}, status=status)


def _version(request: CareRequest) -> int | None:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
