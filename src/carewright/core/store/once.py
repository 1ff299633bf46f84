"""What is sent twice is written once: the form's idempotency key is claimed in the transaction that writes.

The second sending ends in KeyTaken, whose `holder` is what the first one wrote.
"""

from datetime import datetime

from carewright.core.store import claims
from carewright.core.store.drivers.base import Connection
from carewright.core.store.hooks import Claim
from carewright.core.store.keys import lock_number
from carewright.core.store.model import KeyTaken, Ref
from carewright.core.store.reader import Reader
from carewright.core.store.transaction import Transaction

FORM = "form"


def claim_form(tx: Transaction, key: str, *, holder: Ref) -> None:
    """Claim the key that a form was sent with; an empty one (no form stood behind the write) claims nothing."""
    if key:
        tx.claim(FORM, key, holder=holder)


def claim_form_of_row(connection: Connection, practice: str, key: str, *, holder: Ref, at: datetime) -> None:
    """The same for what is written as a row and not as a record: at once, in the write transaction of `connection`."""
    if key:
        connection.lock({lock_number(practice, "claim", f"{FORM} {key}")})
        claims.settle(connection, practice, [Claim(kind=FORM, key=key, holder=holder)], at=at)


def check_form(reader: Reader, key: str) -> None:
    """KeyTaken if the form was saved before: for an action that would otherwise refuse its own first sending."""
    if key and reader.is_held(FORM, key):
        raise KeyTaken(FORM, key, reader.holder(FORM, key))


def was_saved(reader: Reader, key: str) -> bool:
    """Whether the form with this key was saved before."""
    return reader.is_held(FORM, key)
