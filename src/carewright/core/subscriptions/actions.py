"""What the server itself writes into a Subscription: that it is active, in error, off, and why."""

from carewright.core.fhir.codec import decode
from carewright.core.store.model import Stored
from carewright.core.store.writer import Writer

ACTIVE, ERROR, OFF = "active", "error", "off"


def set_status(writer: Writer, stored: Stored, *, status: str, error: str = "") -> None:
    """Write the status over the version that was read; Conflict if its subscriber has changed it meanwhile."""
    resource = {name: value for name, value in decode(stored.body or b"{}").items() if name not in ("status", "error")}
    changed = {**resource, "status": status, **({"error": error} if error else {})}
    with writer.transaction(reason="subscription.status") as tx:
        tx.update(changed, version=stored.version)
