"""Who asks one of our services: a registered program, by a JWT that it has signed, used once.

https://cds-hooks.hl7.org/2.0/#trusting-cds-clients; RS384 and ES384, keys from the registered address alone (a `jku`
in the header is not followed).
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from carewright.core.access.sessions import hash_of
from carewright.core.cds.settings import CLIENTS
from carewright.core.fhir.codec import MalformedJson, decode
from carewright.core.settings import values
from carewright.core.smart import jwks
from carewright.core.smart.model import Client, ClientKind, Ticket, TicketKind
from carewright.core.store import client_rows, setting_rows

if TYPE_CHECKING:
    from carewright.core.store.store import Store

ALGORITHMS = ("RS384", "ES384")
LONGEST, LEEWAY = timedelta(minutes=5), timedelta(seconds=5)
MAX_BYTES, MAX_JTI = 8 * 1024, 255


class CallerRefused(ValueError):
    """The JWT does not show a registered program; the text says why."""


def require(store: "Store", practice: str, token: str, *, audience: str) -> str:
    """The issuer of the JWT; CallerRefused. The JWT is used up."""
    issuer, kid = _unverified(token)
    address = _registered(store, practice).get(issuer)
    if address is None:
        raise CallerRefused("No program of this issuer is registered here.")
    program = Client(
        practice=practice, client_id=issuer, kind=ClientKind.BACKEND, name=issuer, scopes="", jwks_url=address,
        created_at=store.clock.wall(),
    )  # fmt: skip
    try:
        keys = jwks.FETCHER.keys_of(program, kid=kid)
        if not any(key.kid == kid for key in keys.keys):
            raise CallerRefused("The JWT names no key ('kid') of its issuer.")
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    except jwks.KeysError as error:
        raise CallerRefused(str(error)) from error
    except (JoseError, ValueError, TypeError) as error:
        if isinstance(error, CallerRefused):
            raise
        raise CallerRefused("The JWT is not signed by its issuer with RS384 or ES384.") from error
    _use_up(store, practice, issuer, claims, _check(store, claims, audience))
    return issuer


def _registered(store: "Store", practice: str) -> dict[str, str]:
    with store.driver.reading(practice) as connection:
        rows = setting_rows.newest(connection, practice, scopes=[values.practice_scope()], names=[CLIENTS.name])
    listed = values.resolve(CLIENTS, rows, scopes=[values.practice_scope()])
    return {issuer: address for issuer, _, address in (one.partition(" ") for one in listed)}


def _unverified(token: str) -> tuple[str, str]:
    """Issuer and key, as the JWT claims: only to know whose keys to look at it with."""
    try:
        found = jws.extract_compact(token.encode()[: MAX_BYTES + 1])
        claims = decode(found.payload)
    except (JoseError, ValueError, MalformedJson) as error:
        raise CallerRefused("Send a signed JWT as the bearer token.") from error
    if len(token) > MAX_BYTES:
        raise CallerRefused("Send a signed JWT as the bearer token.")
    return str(claims.get("iss", "")), str(found.protected.get("kid", ""))


def _check(store: "Store", claims: dict[str, Any], audience: str) -> datetime:
    """When the JWT ends."""
    now = store.clock.wall()
    ends, jti, issued = claims.get("exp"), claims.get("jti"), claims.get("iat")
    if claims.get("aud") not in (audience, [audience]):
        raise CallerRefused(f"'aud' is the address that is asked: {audience}.")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise CallerRefused(f"'jti' is a text of at most {MAX_JTI} characters.")
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**40 for one in (ends, issued)):
        raise CallerRefused("'exp' and 'iat' are whole numbers of seconds.")
    until, since = datetime.fromtimestamp(float(str(ends)), UTC), datetime.fromtimestamp(float(str(issued)), UTC)
    if until + LEEWAY <= now or since > now + LEEWAY or until > now + LONGEST + LEEWAY:
        raise CallerRefused("The JWT has ended, is of the future, or is good for more than five minutes.")
    return until


def _use_up(store: "Store", practice: str, issuer: str, claims: dict[str, Any], until: datetime) -> None:
    ticket = Ticket(
        practice=practice, kind=TicketKind.ASSERTION, client_id=issuer, app_authorization="", data={},
        expires_at=until + LEEWAY, used_at=None,
    )  # fmt: skip
    secret_hash = hash_of(f"cds {issuer} {claims['jti']}")
    with store.driver.writing(practice) as connection:
        if not client_rows.add_ticket(connection, ticket, secret_hash=secret_hash, at=store.clock.wall()):
            raise CallerRefused("This JWT ('jti') was used before.")
