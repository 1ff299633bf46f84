"""The authorization server: oauthlib's grants and endpoints, put together so that what SMART forbids is not there.

PKCE with S256 alone; no implicit, password or hybrid grants; a code, `state` and `aud` always.
Sources: https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html, RFC 6749, RFC 7636; oauthlib:
https://oauthlib.readthedocs.io/en/latest/oauth2/server.html
"""

from collections.abc import Mapping
from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2 import AuthorizationEndpoint, BearerToken, RevocationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749 import errors, grant_types
from oauthlib.oauth2.rfc6749.endpoints.introspect import IntrospectEndpoint
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import code_challenge_method_s256
from oauthlib.oauth2.rfc6749.tokens import OAuth2Token
from oauthlib.openid.connect.core.grant_types import AuthorizationCodeGrant

from carewright.core.access import sessions
from carewright.core.access.sessions import SessionKind
from carewright.core.smart import authorizations, requested, tickets
from carewright.core.smart.model import ACCESS_FOR, BACKEND_FOR, Answer, ClientKind, TicketKind
from carewright.core.smart.validator import CHALLENGE_METHOD, Here, Validator, given


class Tokens(BearerToken):  # type: ignore[misc] # oauthlib has no types
    """Makes the tokens: a session of core for access, a ticket for the next one."""

    def __init__(self, here: Here, validator: Validator) -> None:
        super().__init__(validator)
        self.here = here

    def create_token(self, request: Request, refresh_token: bool = False, **_: Any) -> OAuth2Token:
        """The token response, without an id token."""
        if request.client.kind is ClientKind.BACKEND:
            return self._backend(request)
        store, given = self.here.store, request.authorization
        words = list(request.scopes)
        practitioner = given.actor.removeprefix(authorizations.PRACTITIONER)
        secret = sessions.open_session(
            store, practice=given.practice, actor=given.actor, display=given.display, user_name=given.user_name,
            roles=given.roles, site=given.site, kind=SessionKind.TOKEN,
            patient=given.patient if requested.confines(given.scopes.split()) else None,
            scopes=requested.of_token(words, practitioner=practitioner),
            expires_at=min(store.clock.wall() + ACCESS_FOR, given.expires_at),
            data={sessions.CLIENT: given.client_id, sessions.AUTHORIZATION: given.id},
        )  # fmt: skip
        self._require_standing(request)
        encounter = request.ticket.data.get("encounter")
        said: dict[str, Any] = {
            "access_token": secret, "token_type": "Bearer", "expires_in": int(ACCESS_FOR.total_seconds()),
            "scope": " ".join(words), "need_patient_banner": True,
        }  # fmt: skip
        said |= {"patient": given.patient} if given.patient else {}
        said |= {"encounter": encounter} if encounter else {}
        if requested.refreshes(given.scopes.split()):
            said["refresh_token"] = tickets.make(
                store, TicketKind.REFRESH, practice=given.practice, client_id=given.client_id, authorization=given.id,
                lasts=given.expires_at - store.clock.wall(), data={"encounter": encounter},
            )  # fmt: skip
        return OAuth2Token(said)

    def _require_standing(self, request: Request) -> None:
        """What a second use of the code has ended while the first was answered gives nothing."""
        store, given = self.here.store, request.authorization
        now = authorizations.find(store, given.practice, given.id)
        if now is None or now.ended_at is not None:
            authorizations.end(store, given, reason="authorization.used-twice")
            raise errors.InvalidGrantError(request=request)

    def _backend(self, request: Request) -> OAuth2Token:
        store, client = self.here.store, request.client
        secret = sessions.open_session(
            store, practice=client.practice, actor=client.actor, display=client.name, user_name=client.client_id,
            roles=client.roles, kind=SessionKind.TOKEN, scopes=" ".join(request.scopes),
            expires_at=store.clock.wall() + BACKEND_FOR, data={sessions.CLIENT: client.client_id},
        )  # fmt: skip
        return OAuth2Token({
            "access_token": secret, "token_type": "Bearer", "expires_in": int(BACKEND_FOR.total_seconds()),
            "scope": " ".join(request.scopes),
        })  # fmt: skip


class _S256Grant(grant_types.AuthorizationCodeGrant):  # type: ignore[misc] # oauthlib has no types
    _code_challenge_methods = {CHALLENGE_METHOD: code_challenge_method_s256}  # noqa: RUF012 - oauthlib's own attribute


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc] # oauthlib has no types
    """The code grant with an id token for `openid`, over the one that knows S256 alone."""

    def __init__(self, here: Here, validator: Validator) -> None:
        self.proxy_target = _S256Grant(request_validator=validator)
        self.here = here
        self.custom_validators.pre_auth.append(self._require_smart)
        self.custom_validators.post_auth.append(self.openid_authorization_validator)
        self.register_token_modifier(self.add_id_token)

    def _require_smart(self, request: Request) -> dict[str, Any]:
        """What SMART asks of every request besides OAuth."""
        if not request.state:
            raise errors.InvalidRequestError("state is missing.", request=request)
        if (base := given(request, "aud").removesuffix("/")) not in self.here.bases:
            raise errors.InvalidRequestError(
                f"aud is the address of the FHIR API: {self.here.bases[0]}", request=request
            )
        words = str(request.scope or "").split()
        if requested.LAUNCH in words and not given(request, "launch"):
            raise errors.InvalidRequestError("The scope launch needs the parameter launch.", request=request)
        return {"aud": base, "launch": given(request, "launch") if requested.LAUNCH in words else ""}


class Server:
    """The endpoints for one request at one practice."""

    def __init__(self, here: Here) -> None:
        validator = Validator(here)
        tokens = Tokens(here, validator)
        code = _CodeGrant(here, validator)
        self._authorization = AuthorizationEndpoint(
            default_response_type="code", default_token_type=tokens, response_types={"code": code}
        )
        self._token = TokenEndpoint(
            default_grant_type="authorization_code", default_token_type=tokens,
            grant_types={
                "authorization_code": code,
                "refresh_token": grant_types.RefreshTokenGrant(validator),
                "client_credentials": grant_types.ClientCredentialsGrant(validator),
            },
        )  # fmt: skip
        self._introspection = IntrospectEndpoint(validator)
        self._revocation = RevocationEndpoint(validator)

    def check_request(self, uri: str) -> tuple[list[str], dict[str, Any]]:
        """The scopes that would be given, and what else is asked for.

        oauthlib's FatalClientError where the person must be told and the app must not be answered, its OAuth2Error
        where the app is sent back with the error (`error.in_uri(error.redirect_uri)`).
        """
        scopes, asked = self._authorization.validate_authorization_request(uri)
        return list(scopes), dict(asked)

    def give_code(self, uri: str, *, scopes: list[str], allowed: authorizations.Allowed) -> str:
        """The address to which the app is sent back with a code."""
        headers, _, _ = self._authorization.create_authorization_response(
            uri, scopes=scopes, credentials={"allowed": allowed}
        )
        return str(headers["Location"])

    def token(self, uri: str, body: str, headers: Mapping[str, str]) -> Answer:
        return _answer(self._token.create_token_response(uri, "POST", body, dict(headers)))

    def introspect(self, uri: str, body: str, headers: Mapping[str, str]) -> Answer:
        return _answer(self._introspection.create_introspect_response(uri, "POST", body, dict(headers)))

    def revoke(self, uri: str, body: str, headers: Mapping[str, str]) -> Answer:
        return _answer(self._revocation.create_revocation_response(uri, "POST", body, dict(headers)))


def _answer(found: tuple[Any, Any, Any]) -> Answer:
    headers, body, status = found
    return {str(name): str(value) for name, value in headers.items()}, str(body or ""), int(status)
