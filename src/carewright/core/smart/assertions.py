"""A client says who it is with a statement that it has signed: `private_key_jwt`.

Source: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html (RFC 7523, RFC 7521). `iss` and
`sub` are the client, `aud` is exactly the token address; what else holds for it, statements.py says.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from carewright.core.smart import statements
from carewright.core.smart.model import Client, ClientKind
from carewright.core.smart.statements import StatementRefused

if TYPE_CHECKING:
    from carewright.core.store.store import Store

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def client_of(store: "Store", assertion: str, *, audience: str, find: Callable[[str], Client | None]) -> Client:
    """The client that has signed the statement; StatementRefused. The statement is used up."""
    said = statements.claimed(assertion)
    client = find(said.issuer)
    if client is None or client.disabled_at is not None or client.kind is not ClientKind.BACKEND:
        raise StatementRefused("No client of this name signs what it says.")
    claims = statements.signed_by(store, client, assertion, kid=said.kid)
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise StatementRefused("'iss' and 'sub' are both the client's id.")
    statements.take(store, client, claims, audience=audience, purpose="assertion")
    return client
