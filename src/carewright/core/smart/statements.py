"""A statement that a program has signed with a key it was registered with: who it is, until when, and good once.

What `private_key_jwt` of SMART and the JWT of CDS Hooks have in common: RS384 or ES384, keys from what was registered
alone (a `jku` in the header is not followed), an `aud` that is exactly the address that is asked, an end within five
minutes, and a `jti` that is taken by whichever process sees it first.
Sources: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html (RFC 7523);
https://cds-hooks.hl7.org/2.0/#trusting-cds-clients; RFC 7519 (JWT).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from carewright.core.access.sessions import hash_of
from carewright.core.fhir.codec import MalformedJson, decode
from carewright.core.smart import jwks
from carewright.core.smart.model import Client, Ticket, TicketKind
from carewright.core.store import client_rows

if TYPE_CHECKING:
    from carewright.core.store.store import Store

ALGORITHMS = ("RS384", "ES384")
LONGEST = timedelta(minutes=5)
LEEWAY = timedelta(seconds=5)
"""By how much another's clock may differ from ours."""
MAX_BYTES, MAX_JTI, MAX_SECONDS = 8 * 1024, 255, 2**40


class StatementRefused(ValueError):
    """The statement does not show who sends it; the text says why."""


@dataclass(frozen=True)
class Claimed:
    """What a statement says of itself before its signature is looked at: whose keys to look at it with."""

    issuer: str
    kid: str


def claimed(token: str) -> Claimed:
    """StatementRefused unless it is a JWT that could be signed."""
    try:
        found = jws.extract_compact(token.encode()[: MAX_BYTES + 1])
        claims = decode(found.payload)
    except (JoseError, ValueError, MalformedJson) as error:
        raise StatementRefused("Send a signed JWT.") from error
    if len(token) > MAX_BYTES:
        raise StatementRefused(f"A signed JWT has at most {MAX_BYTES} bytes.")
    return Claimed(str(claims.get("iss", "")), str(found.protected.get("kid", "")))


def signed_by(store: "Store", program: Client, token: str, *, kid: str) -> dict[str, Any]:
    """What the statement says, signed by the program; StatementRefused."""
    try:
        keys = jwks.FETCHER.keys_of(program, kid=kid, outward=store.outward)
        if not any(key.kid == kid for key in keys.keys):
            raise StatementRefused("The JWT names no key ('kid') of the program.")
        return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
    except StatementRefused:
        raise
    except jwks.KeysError as error:
        raise StatementRefused(str(error)) from error
    except (JoseError, ValueError, TypeError) as error:
        raise StatementRefused("The JWT is not signed by the program with RS384 or ES384.") from error


def take(store: "Store", program: Client, claims: dict[str, Any], *, audience: str, purpose: str) -> None:
    """Use the statement up for one purpose; StatementRefused if it is not for us now, or was used before."""
    until = _end(claims, audience=audience, now=store.clock.wall())
    ticket = Ticket(
        practice=program.practice, kind=TicketKind.ASSERTION, client_id=program.client_id, app_authorization="",
        data={}, expires_at=until + LEEWAY, used_at=None,
    )  # fmt: skip
    secret_hash = hash_of(f"{purpose} {program.client_id} {claims['jti']}")
    with store.driver.writing(program.practice) as connection:
        if not client_rows.add_ticket(connection, ticket, secret_hash=secret_hash, at=store.clock.wall()):
            raise StatementRefused("This JWT ('jti') was used before.")


def _end(claims: dict[str, Any], *, audience: str, now: datetime) -> datetime:
    jti = claims.get("jti")
    if claims.get("aud") not in (audience, [audience]):
        raise StatementRefused(f"'aud' is the address that is asked: {audience}.")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise StatementRefused(f"'jti' is a text of at most {MAX_JTI} characters.")
    until = _instant(claims, "exp")
    if until + LEEWAY <= now:
        raise StatementRefused("The JWT has ended.")
    if until > now + LONGEST + LEEWAY:
        raise StatementRefused("'exp' is at most five minutes from now.")
    for name in ("nbf", "iat"):
        if name in claims and _instant(claims, name) > now + LEEWAY:
            raise StatementRefused(f"'{name}' lies in the future.")
    return until


def _instant(claims: dict[str, Any], name: str) -> datetime:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < MAX_SECONDS:
        raise StatementRefused(f"'{name}' is a number of seconds since 1970.")
    try:
        return datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise StatementRefused(f"'{name}' is a number of seconds since 1970.") from error
