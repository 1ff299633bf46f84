"""What is written into a Subscription here: that it is active, in error, off, and why; that it is to be tried again."""

from carewright.core.fhir.codec import decode
from carewright.core.sentences import sentence
from carewright.core.store.model import Gone, NotFound, Ref, Refused, Resource, Stored
from carewright.core.store.subscription_rows import TYPE
from carewright.core.store.writer import Writer
from carewright.core.subscriptions.model import OFF_SINCE

MANAGE = "subscriptions.manage"
REQUESTED, ACTIVE, ERROR, OFF = "requested", "active", "error", "off"


def set_status(writer: Writer, stored: Stored, *, status: str, error: str = "", failed: bool = False) -> None:
    """Write the status over the version that was read; Conflict if its subscriber has changed it meanwhile.

    One that has `failed` is off for good until somebody sees to it (owed.py); one that is active has not.
    """
    resource = {name: value for name, value in decode(stored.body or b"{}").items() if name not in ("status", "error")}
    changed = {**resource, "status": status, **({"error": error} if error else {})}
    if failed and not off_since(changed):
        at = writer.store.clock.wall().isoformat(timespec="seconds")
        changed["extension"] = [*changed.get("extension", ()), {"url": OFF_SINCE, "valueInstant": at}]
    elif status == ACTIVE:
        changed = without_off_since(changed)
    with writer.transaction(reason="subscription.status") as tx:
        tx.update(changed, version=stored.version)


def try_again(writer: Writer, subscription: str) -> None:
    """Ask its receiver anew: somebody says that what failed was mended. Sent twice, it is done once.

    NotFound; Refused for one that is not off.
    """
    writer.access.require_action(MANAGE)
    with writer.store.reader(writer.access, reason="subscription.try-again") as reader:
        resource = reader.resource(Ref(TYPE, subscription))
    if resource.get("status") == REQUESTED:
        return
    if resource.get("status") != OFF:
        raise Refused("subscription", sentence("Only a subscription that is off can be tried again."))
    with writer.transaction(reason="subscription.try-again") as tx:
        tx.update({**resource, "status": REQUESTED}, version=int(resource["meta"]["versionId"]))


def remove(writer: Writer, subscription: str) -> None:
    """Nothing more is sent; what was removed before is removed. AccessDenied."""
    writer.access.require_action(MANAGE)
    try:
        with writer.transaction(reason="subscription.remove") as tx:
            tx.delete(Ref(TYPE, subscription))
    except (NotFound, Gone):
        return


def off_since(resource: Resource) -> str:
    """The instant since which it has failed for good; "" for one that has not."""
    marks = [one for one in resource.get("extension", ()) if one.get("url") == OFF_SINCE]
    return str(marks[0].get("valueInstant", "")) if marks else ""


def without_off_since(resource: Resource) -> Resource:
    kept = [one for one in resource.get("extension", ()) if one.get("url") != OFF_SINCE]
    rest = {name: value for name, value in resource.items() if name != "extension"}
    return {**rest, **({"extension": kept} if kept else {})}
