"""The manager's pages: which programs are registered, a new one, and disabling one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from carewright.core.smart import clients
from carewright.core.smart.clients import MANAGE, BadClient
from carewright.core.smart.model import Client, ClientKind
from carewright.core.subscriptions import standing
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
    """A new one. Its secret is shown in this one answer and kept nowhere."""
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            client, secret = clients.register(request.store, request.access, form.wanted())
        except BadClient as bad:
            form.add_error(bad.field, say(bad.says))
        else:
            base = bases(request, request.store, request.access.practice)[0]
            return render(request, "apps/made.html", {"client": client, "secret": secret, "base": base})
    return render(request, "apps/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@needs(MANAGE)
def disable(request: CareRequest, client_id: str) -> HttpResponse:
    """Nobody comes in by it any more, and its tokens end."""
    clients.disable(request.store, request.access, client_id)
    return redirect("apps-registered")
