"""The API's writes: the only place here that holds a Writer. Each is one transaction, in a thread of a bounded pool.

The author of a version is who the token belongs to, and `meta.versionId` and `meta.lastUpdated` are the store's:
nothing in a body can say otherwise.
"""

from collections.abc import Callable

import anyio
import anyio.to_thread

from carewright.core.store.model import Origin, Ref, Resource, TooBusy
from carewright.core.store.search.query import SearchQuery
from carewright.core.store.transaction import Transaction, Written
from carewright.core.store.writer import Writer
from carewright.fhirapi import subscriptions
from carewright.fhirapi.calls import Call

TURN_SECONDS = 20.0
"""How long a write waits for its turn before its client is told that others are writing."""


async def create(call: Call, resource: Resource, *, if_none_exist: SearchQuery | None) -> Written:
    """Create under a new id, or find the one resource that meets the condition."""
    results = await write(call, "api.create", lambda tx: tx.create(resource, if_none_exist=if_none_exist))
    return results[0]


async def create_if_none(call: Call, resource: Resource, *, query: SearchQuery) -> Written:
    """Create, under the id in the body if there is one; Conflict where something meets the condition, or has the id."""
    resource_id = resource.get("id")

    def plan(tx: Transaction) -> Ref:
        return tx.create(resource, resource_id=resource_id, if_none_exist=query, must_be_new=True)

    return (await write(call, "api.update", plan))[0]


async def update(call: Call, resource: Resource, *, version: int | None) -> Written:
    """A new version under the resource's own id, the first one if there is none and none was expected."""

    def plan(tx: Transaction) -> Ref:
        return tx.put(resource) if version is None else tx.update(resource, version=version)

    return (await write(call, "api.update", plan))[0]


async def delete(call: Call, ref: Ref, *, version: int | None) -> Written:
    return (await write(call, "api.delete", lambda tx: tx.delete(ref, version=version)))[0]


async def write(call: Call, reason: str, plan: Callable[[Transaction], object]) -> list[Written]:
    """Carry out what `plan` puts into a transaction; what was asked for comes before what effects added."""

    def work() -> list[Written]:
        with Writer(call.store, call.access, origin=Origin.API).transaction(reason=reason) as tx:
            plan(tx)
            for planned in tx.writes:
                subscriptions.close(planned, store=call.store, access=call.access, base=call.base)
        return tx.results

    with anyio.move_on_after(TURN_SECONDS) as waiting:
        await call.writers.acquire()
    if waiting.cancelled_caught:
        raise TooBusy
    try:
        return await anyio.to_thread.run_sync(work)
    finally:
        call.writers.release()
