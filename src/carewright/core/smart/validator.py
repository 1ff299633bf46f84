"""What oauthlib asks while it follows the protocol: who the client is, what it may, whether a code still stands.

oauthlib knows the order of the questions and the errors (RFC 6749, 7636, 7009, 7662, OpenID Connect Core); the answers
come from the rows of the store. One validator answers for one request at one practice.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid import RequestValidator

from carewright.core.access.scopes import ScopeError
from carewright.core.access.tenure import still_holds
from carewright.core.smart import assertions, authorizations, clients, introspection, requested, tickets
from carewright.core.smart.basic import basic_credentials
from carewright.core.smart.model import CODE_FOR, Client, ClientKind, TicketKind
from carewright.core.smart.statements import StatementRefused

if TYPE_CHECKING:
    from carewright.core.store.store import Store

CHALLENGE_METHOD = "S256"
GRANT_TYPES = {
    ClientKind.PUBLIC: ("authorization_code", "refresh_token"),
    ClientKind.SECRET: ("authorization_code", "refresh_token"),
    ClientKind.BACKEND: ("client_credentials",),
}


@dataclass(frozen=True, kw_only=True)
class Here:
    """The server as the request names it: `bases` are the addresses of the practice's FHIR API, `token_url` the one
    that a signed statement is for."""

    store: "Store"
    practice: str
    bases: tuple[str, ...]
    token_url: str


class Validator(RequestValidator):  # type: ignore[misc] # oauthlib has no types
    """Answers for one practice. What it has found it leaves on oauthlib's request."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self.here, self.store, self.practice = here, here.store, here.practice

    def _client(self, client_id: str | None) -> Client | None:
        return clients.find(self.store, self.practice, client_id) if client_id else None

    # -- who the client is ------------------------------------------------------------------------------------------

    def client_authentication_required(self, request: Request, *_: Any, **__: Any) -> bool:
        """Only a public client that brings nothing by which to tell it is taken at its word, or at its refresh token's:
        SMART's own client for browsers does not say its name there (RFC 6749, 6, does not ask it to)."""
        if not request.client_id and request.refresh_token:
            ticket = tickets.find(self.store, TicketKind.REFRESH, request.refresh_token, practice=self.practice)
            request.client_id = ticket.client_id if ticket else None
        if given(request, "client_assertion") or request.client_secret or basic_credentials(request.headers):
            return True
        client = self._client(request.client_id)
        return client is None or client.kind is not ClientKind.PUBLIC

    def authenticate_client(self, request: Request, *_: Any, **__: Any) -> bool:
        client = self._signed(request) if given(request, "client_assertion") else self._with_secret(request)
        if client is None or (request.client_id and request.client_id != client.client_id):
            return False
        request.client, request.client_id = client, client.client_id
        return True

    def _signed(self, request: Request) -> Client:
        if given(request, "client_assertion_type") != assertions.TYPE:
            raise errors.InvalidRequestError(f"client_assertion_type is {assertions.TYPE}.", request=request)
        try:
            return assertions.client_of(
                self.store, given(request, "client_assertion"), audience=self.here.token_url, find=self._client
            )
        except StatementRefused as refused:
            raise errors.InvalidClientError(_plain(str(refused)), request=request) from refused

    def _with_secret(self, request: Request) -> Client | None:
        named, secret = basic_credentials(request.headers) or (request.client_id, request.client_secret)
        client = self._client(named)
        right = (
            client is not None and client.kind is ClientKind.SECRET and clients.secret_is_right(client, secret or "")
        )
        return client if right else None

    def authenticate_client_id(self, client_id: str, request: Request, *_: Any, **__: Any) -> bool:
        client = self._client(client_id)
        if client is None or client.kind is not ClientKind.PUBLIC:
            return False
        request.client = client
        return True

    # -- asking for an authorization --------------------------------------------------------------------------------

    def validate_client_id(self, client_id: str, request: Request, *_: Any, **__: Any) -> bool:
        client = self._client(client_id)
        if client is None or client.kind is ClientKind.BACKEND:
            return False
        request.client = client
        return True

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Request, *_: Any, **__: Any) -> bool:
        return redirect_uri in request.client.redirect_uris

    def get_default_redirect_uri(self, client_id: str, request: Request, *_: Any, **__: Any) -> None:
        """None: an app always says where it is sent back to."""

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: Request, *_: Any, **__: Any
    ) -> bool:
        return response_type == "code"

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        return True

    def get_default_scopes(self, client_id: str, request: Request, *_: Any, **__: Any) -> list[str]:
        """None by default. A backend program that names none gets those that it is registered for."""
        backend = request.client is not None and request.client.kind is ClientKind.BACKEND
        return request.client.scopes.split() if backend else []

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Request, *_: Any, **__: Any
    ) -> bool:
        """Leave those that the client is registered for; an error where that opens nothing."""
        try:
            request.scopes = requested.within(scopes, client.scopes)
            opens = bool(requested.of_token(request.scopes, practitioner=requested.SOMEBODY))
        except ScopeError as error:
            raise errors.InvalidScopeError(_plain(str(error)), request=request) from error
        return opens

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *_: Any, **__: Any
    ) -> None:
        """Keep what the person has allowed, and the code that leads to it."""
        given = authorizations.begin(self.store, request.allowed, client=request.client, scopes=request.scopes)
        tickets.make(
            self.store, TicketKind.CODE, practice=self.practice, client_id=client_id, lasts=CODE_FOR,
            authorization=given.id, secret=code["code"],
            data={
                "redirect_uri": request.redirect_uri, "challenge": request.code_challenge,
                "method": request.code_challenge_method, "nonce": request.nonce,
                "encounter": request.allowed.encounter,
            },
        )  # fmt: skip

    # -- using it ---------------------------------------------------------------------------------------------------

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Request, *_: Any, **__: Any
    ) -> bool:
        return grant_type in GRANT_TYPES[client.kind]

    def validate_code(self, client_id: str, code: str, client: Client, request: Request, *_: Any, **__: Any) -> bool:
        """Use the code up. One that comes a second time ends what the first has led to (RFC 6749, 4.1.2)."""
        if not self._use(TicketKind.CODE, code, client, request):
            return False
        request.nonce = request.ticket.data.get("nonce")
        request.scopes = request.authorization.scopes.split()
        return bool(request.ticket.data["redirect_uri"] == request.redirect_uri)

    def validate_refresh_token(self, refresh_token: str, client: Client, request: Request, *_: Any, **__: Any) -> bool:
        """Use the token up: each is good for one turn, and one that comes twice was stolen from somebody."""
        if not self._use(TicketKind.REFRESH, refresh_token, client, request):
            return False
        given = request.authorization
        if authorizations.is_over(self.store, given) or not still_holds(self.store, given):
            authorizations.end(self.store, given, reason="authorization.over")
            return False
        return True

    def _use(self, kind: TicketKind, secret: str, client: Client, request: Request) -> bool:
        ticket = tickets.find(self.store, kind, secret, practice=self.practice)
        if ticket is None or ticket.client_id != client.client_id:
            return False
        given = authorizations.find(self.store, self.practice, ticket.app_authorization)
        if given is None:
            return False
        if not tickets.use(self.store, secret, practice=self.practice):
            authorizations.end(self.store, given, reason="authorization.used-twice")
            return False
        now = self.store.clock.wall()
        request.ticket, request.authorization, request.user = ticket, given, given.actor
        return now < ticket.expires_at and given.valid(now)

    def get_original_scopes(self, refresh_token: str, request: Request, *_: Any, **__: Any) -> str:
        return str(request.authorization.scopes)

    def get_code_challenge(self, code: str, request: Request) -> str:
        return str(request.ticket.data["challenge"])

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return str(request.ticket.data["method"])

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, request: Request, *_: Any, **__: Any
    ) -> bool:
        return bool(request.ticket.data["redirect_uri"] == redirect_uri)

    def invalidate_authorization_code(self, client_id: str, code: str, request: Request, *_: Any, **__: Any) -> None:
        """It was used up when it was looked at."""

    def save_bearer_token(self, token: dict[str, Any], request: Request, *_: Any, **__: Any) -> None:
        """It was kept when it was made."""

    def is_origin_allowed(self, client_id: str, origin: str, request: Request, *_: Any, **__: Any) -> bool:
        """The API answers browsers of any origin for itself; see fhirapi."""
        return False

    # -- OpenID Connect ---------------------------------------------------------------------------------------------

    def get_authorization_code_nonce(
        self, client_id: str, code: str, redirect_uri: str, request: Request
    ) -> str | None:
        return request.nonce or None

    def get_id_token(self, token: dict[str, Any], token_handler: Any, request: Request) -> None:
        """None: `finalize_id_token` makes it."""

    def finalize_id_token(
        self, id_token: dict[str, Any], token: dict[str, Any], token_handler: Any, request: Request
    ) -> str:
        return authorizations.id_token(self.store, request.authorization, claims=id_token)

    def validate_silent_login(self, request: Request) -> bool:
        """Nobody is let in without looking."""
        return False

    def validate_silent_authorization(self, request: Request) -> bool:
        return False

    def validate_user_match(self, id_token_hint: str, scopes: list[str], claims: Any, request: Request) -> bool:
        return True

    # -- about tokens -----------------------------------------------------------------------------------------------

    def introspect_token(self, token: str, token_type_hint: str, request: Request, *_: Any, **__: Any) -> Any:
        return introspection.claims_of(self.store, self.practice, token, asked_by=request.client)

    def revoke_token(self, token: str, token_type_hint: str, request: Request, *_: Any, **__: Any) -> None:
        """End what the token belongs to, if it is the client's own."""
        introspection.revoke(self.store, self.practice, token, client=request.client)


def given(request: Request, name: str) -> str:
    """A parameter that oauthlib does not know by name, "" where it was not sent."""
    return str(getattr(request, name, None) or "")


def _plain(text: str) -> str:
    """What an error_description may hold (RFC 6749, 5.2): printable ASCII without quotes and backslashes."""
    return "".join("'" if c == '"' else c for c in text if " " <= c <= "~" and c != "\\")
