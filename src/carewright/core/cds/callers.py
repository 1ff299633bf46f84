"""Who asks one of our services: a registered program, by a JWT that it has signed, used once.

https://cds-hooks.hl7.org/2.0/#trusting-cds-clients; `iat` is always said, and what else holds, statements.py says.
"""

from typing import TYPE_CHECKING

from carewright.core.cds.settings import CLIENTS
from carewright.core.settings import values
from carewright.core.smart import statements
from carewright.core.smart.model import Client, ClientKind
from carewright.core.smart.statements import StatementRefused
from carewright.core.store import setting_rows

if TYPE_CHECKING:
    from carewright.core.store.store import Store


def require(store: "Store", practice: str, token: str, *, audience: str) -> str:
    """The issuer of the JWT; StatementRefused. The JWT is used up."""
    said = statements.claimed(token)
    address = _registered(store, practice).get(said.issuer)
    if address is None:
        raise StatementRefused("No program of this issuer is registered here.")
    program = Client(
        practice=practice, client_id=said.issuer, kind=ClientKind.BACKEND, name=said.issuer, scopes="",
        jwks_url=address, created_at=store.clock.wall(),
    )  # fmt: skip
    claims = statements.signed_by(store, program, token, kid=said.kid)
    if "iat" not in claims:
        raise StatementRefused("'iat' is a number of seconds since 1970.")
    statements.take(store, program, claims, audience=audience, purpose="cds")
    return said.issuer


def _registered(store: "Store", practice: str) -> dict[str, str]:
    with store.driver.reading(practice) as connection:
        rows = setting_rows.newest(connection, practice, scopes=[values.practice_scope()], names=[CLIENTS.name])
    listed = values.resolve(CLIENTS, rows, scopes=[values.practice_scope()])
    return {issuer: address for issuer, _, address in (one.partition(" ") for one in listed)}
