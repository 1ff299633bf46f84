"""The manager's pages: which programs are registered, a new one, and disabling one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from carewright.core.smart import clients
from carewright.core.smart.clients import MANAGE, BadClient
from carewright.core.smart.model import Client, ClientKind
from carewright.core.store.model import KeyTaken, Ref
from carewright.core.subscriptions import standing
from carewright.shell import whose
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.workspaces.apps.addresses import bases
from carewright.workspaces.apps.forms import ClientForm


def kind_words(client: Client) -> str:
    return {
        ClientKind.PUBLIC: gettext("App without a secret"),
        ClientKind.SECRET: gettext("App with a secret"),
        ClientKind.BACKEND: gettext("Program without a person"),
    }[client.kind]


@require_GET
@needs(MANAGE)
def listed(request: CareRequest) -> HttpResponse:
    """Every program, those that work first; and who is told what happens here."""
    found = clients.listed(request.store, request.access.practice)
    reader = request.reader("apps.registered")
    names = names_of(reader, (client.created_by for client in found))
    shown = [
        (client, kind_words(client), names.get(client.created_by, client.created_by.partition("/")[2]))
        for client in sorted(found, key=lambda client: client.disabled_at is not None)
    ]
    values = {"clients": shown, "subscriptions": standing.every(request.store, reader)}
    return render(request, "apps/registered.html", values)


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def register(request: CareRequest) -> HttpResponse:
    """A new one. Its secret is shown in this one answer and kept nowhere; sent twice, the form registers one."""
    data = request.POST if request.method == "POST" else None
    here = whose.context_of(request, patient="")
    form = ClientForm(data, here=here, now=request.store.clock.wall())
    if data is not None and form.is_valid():
        try:
            client, secret = clients.register(
                request.store, request.access, form.wanted(), form_key=form.idempotency_key
            )
        except BadClient as bad:
            form.add_error(bad.field, say(bad.says))
        except KeyTaken as sent_before:
            return _registered_before(request, sent_before.holder)
        else:
            return _made(request, client, secret=secret)
    elsewhere = whose.of_another(request, form, name="apps-new", right_url=reverse("apps-new")) if data else None
    if elsewhere is not None:
        return elsewhere
    if form.problem is not None:
        form.renew()
    return render(request, "apps/new.html", {"form": form}, status=422 if form.is_bound else 200)


def _made(request: CareRequest, client: Client, *, secret: str = "", again: bool = False) -> HttpResponse:
    base = bases(request, request.store, request.access.practice)[0]
    values = {"client": client, "secret": secret, "base": base, "again": again}
    return render(request, "apps/made.html", values)


def _registered_before(request: CareRequest, holder: Ref | None) -> HttpResponse:
    """The form was sent twice: what the first sending has registered, without its secret, which nobody has any more."""
    client = clients.find(request.store, request.access.practice, holder.id) if holder else None
    return _made(request, client, again=True) if client else redirect("apps-registered")


@require_POST
@needs(MANAGE)
def disable(request: CareRequest, client_id: str) -> HttpResponse:
    """Nobody comes in by it any more, and its tokens end."""
    clients.disable(request.store, request.access, client_id)
    return redirect("apps-registered")
