"""What an app asks for, as the page that answers it needs it; and the answer."""

from dataclasses import dataclass
from typing import cast

from django.utils.translation import gettext
from oauthlib.oauth2.rfc6749.errors import FatalClientError, MismatchingRedirectURIError, OAuth2Error

from carewright.core.smart import requested, tickets
from carewright.core.smart.authorizations import Allowed
from carewright.core.smart.model import Client, TicketKind
from carewright.shell.permissions import CareRequest
from carewright.workspaces.apps import addresses


class Over(Exception):
    """This request is not answered any more, or not by this person; `words` say why to them."""

    def __init__(self, words: str, *, status: int) -> None:
        super().__init__(words)
        self.words, self.status = words, status


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`patient` is the one of the chart from which the app was started, "" otherwise. `ticket` and `launch` are the
    secrets that one answer uses up."""

    ticket: str
    launch: str
    client: Client
    scopes: tuple[str, ...]
    patient: str
    redirect_uri: str
    state: str
    base: str
    uri: str

    @property
    def needs_patient(self) -> bool:
        return requested.needs_patient(self.scopes)

    @property
    def back_to(self) -> str:
        """The host that is told, for people."""
        return self.redirect_uri.partition("://")[2].partition("/")[0] or self.redirect_uri.partition(":")[0]


def asked(request: CareRequest, practice: str, ticket: str) -> Asked:
    """The request behind a page's address; Over."""
    if practice != request.access.practice:
        raise Over(gettext("This app works with another practice. Sign in there."), status=403)
    found = tickets.standing(request.store, TicketKind.REQUEST, ticket, practice=practice)
    if found is None:
        raise _ended()
    uri = addresses.asked_at(request, practice, str(found.data["query"]))
    try:
        scopes, said = addresses.server(request, request.store, practice).check_request(uri)
    except OAuth2Error as error:
        raise _ended() from error
    client = cast(Client, said["request"].client)
    launch = str(said["launch"] or "")
    return Asked(
        ticket=ticket, launch=launch, client=client, scopes=tuple(scopes), uri=uri, base=str(said["aud"]),
        redirect_uri=str(said["redirect_uri"]), state=str(said["state"]),
        patient=_started_from(request, launch, client=client) if launch else "",
    )  # fmt: skip


def _started_from(request: CareRequest, launch: str, *, client: Client) -> str:
    """The patient of the chart that the app was started from, by the person who did it, in this sign-on."""
    found = tickets.standing(request.store, TicketKind.LAUNCH, launch, practice=client.practice)
    if found is None or found.client_id != client.client_id or found.data["session"] != request.signed_on.id:
        raise Over(gettext("The app was not started from a chart just now. Start it there again."), status=410)
    return str(found.data["patient"])


def answer(request: CareRequest, found: Asked) -> None:
    """Use up what leads to this answer; Over if somebody has answered already."""
    for secret in filter(None, (found.ticket, found.launch)):
        if not tickets.use(request.store, secret, practice=found.client.practice):
            raise _ended()


def code_for(request: CareRequest, found: Asked, scopes: list[str], *, patient: str | None) -> str:
    """The address with the code, to which the app is sent back."""
    allowed = Allowed(signed_on=request.signed_on, patient=patient, encounter=None, base=found.base)
    return addresses.server(request, request.store, found.client.practice).give_code(
        found.uri, scopes=scopes, allowed=allowed
    )


def fatal_words(error: FatalClientError) -> str:
    """Why an app is not answered, for whoever looks after it."""
    if isinstance(error, MismatchingRedirectURIError):
        return gettext("The app wants to be sent back to an address that it is not registered with.")
    return gettext("The app is not registered here, or was disabled, or says too little. Ask the manager.")


def _ended() -> Over:
    return Over(gettext("This was answered already, or it took too long. Start the app again."), status=410)
