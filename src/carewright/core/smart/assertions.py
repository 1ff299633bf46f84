"""A client says who it is with a statement that it has signed: `private_key_jwt`.

Source: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html (RFC 7523, RFC 7521). RS384 or
ES384; `iss` and `sub` are the client, `aud` is exactly the token address, it ends within five minutes, and its `jti` is
taken once, by whichever process sees it first.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from carewright.core.access.sessions import hash_of
from carewright.core.smart import jwks
from carewright.core.smart.model import Client, ClientKind, Ticket, TicketKind
from carewright.core.store import client_rows

if TYPE_CHECKING:
    from carewright.core.store.store import Store

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS384", "ES384")
LONGEST = timedelta(minutes=5)
LEEWAY = timedelta(seconds=5)
"""By how much a client's clock may differ from ours."""
MAX_BYTES, MAX_JTI = 8 * 1024, 255


class AssertionRefused(ValueError):
    """The statement does not show who the client is; the text says why."""


def client_of(store: "Store", assertion: str, *, audience: str, find: Callable[[str], Client | None]) -> Client:
    """The client that has signed the statement; AssertionRefused. The statement is used up."""
    claimed = _unverified(assertion)
    client = find(str(claimed.get("iss", "")))
    if client is None or client.disabled_at is not None or client.kind is not ClientKind.BACKEND:
        raise AssertionRefused("No client of this name signs what it says.")
    kid = str(_header(assertion).get("kid", ""))
    try:
        keys = jwks.FETCHER.keys_of(client, kid=kid)
        if not any(key.kid == kid for key in keys.keys):
            raise AssertionRefused("The statement names no key ('kid') of the client.")
        claims = jwt.decode(assertion, keys, algorithms=list(ALGORITHMS)).claims
    except jwks.KeysError as error:
        raise AssertionRefused(str(error)) from error
    except (JoseError, ValueError, TypeError) as error:
        raise AssertionRefused("The signature is not that of the client with RS384 or ES384.") from error
    until = _check(claims, client=client, audience=audience, now=store.clock.wall())
    _use_up(store, client, str(claims["jti"]), until=until)
    return client


def _check(claims: dict[str, Any], *, client: Client, audience: str, now: datetime) -> datetime:
    """When the statement ends; AssertionRefused."""
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise AssertionRefused("'iss' and 'sub' are both the client's id.")
    if claims.get("aud") not in (audience, [audience]):
        raise AssertionRefused(f"'aud' is the address that is asked: {audience}.")
    ends, jti = claims.get("exp"), claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise AssertionRefused(f"'jti' is a text of at most {MAX_JTI} characters.")
    if isinstance(ends, bool) or not isinstance(ends, int | float) or not 0 < ends < 2**40:
        raise AssertionRefused("'exp' is a number of seconds.")
    until = datetime.fromtimestamp(ends, UTC)
    if until + LEEWAY <= now:
        raise AssertionRefused("The statement has ended.")
    if until > now + LONGEST + LEEWAY:
        raise AssertionRefused("'exp' is at most five minutes from now.")
    for name in ("nbf", "iat"):
        begins = claims.get(name, 0)
        if isinstance(begins, bool) or not isinstance(begins, int | float) or begins > (now + LEEWAY).timestamp():
            raise AssertionRefused(f"'{name}' lies in the future.")
    return until


def _use_up(store: "Store", client: Client, jti: str, *, until: datetime) -> None:
    ticket = Ticket(
        practice=client.practice, kind=TicketKind.ASSERTION, client_id=client.client_id, app_authorization="", data={},
        expires_at=until + LEEWAY, used_at=None,
    )  # fmt: skip
    secret_hash = hash_of(f"assertion {client.client_id} {jti}")
    with store.driver.writing(client.practice) as connection:
        if not client_rows.add_ticket(connection, ticket, secret_hash=secret_hash, at=store.clock.wall()):
            raise AssertionRefused("This statement ('jti') was used before.")


def _unverified(assertion: str) -> dict[str, Any]:
    """What it claims, before the signature is looked at: only to know whose keys to look at it with."""
    try:
        found = json.loads(jws.extract_compact(assertion.encode()[: MAX_BYTES + 1]).payload)
    except (JoseError, ValueError) as error:
        raise AssertionRefused("The statement is no signed JWT.") from error
    if len(assertion) > MAX_BYTES or not isinstance(found, dict):
        raise AssertionRefused("The statement is no signed JWT.")
    return found


def _header(assertion: str) -> dict[str, Any]:
    return dict(jws.extract_compact(assertion.encode()).protected)
