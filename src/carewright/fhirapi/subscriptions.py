"""Subscriptions at the door: headers are sealed before they are stored; $status and $events say how it goes.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-status.html,
https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html
"""

import anyio.to_thread

from carewright.core.access.model import Access
from carewright.core.fhir.codec import decode, encode
from carewright.core.outward import NotAsked
from carewright.core.store import subscription_rows
from carewright.core.store.model import Gone, NotFound, Ref, Resource, Stored
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store
from carewright.core.store.transaction import Planned
from carewright.core.subscriptions import notices
from carewright.core.subscriptions.actions import REQUESTED
from carewright.core.subscriptions.model import (
    CONTENTS,
    OFF_SINCE,
    SUBSCRIBED_AT,
    BadSubscription,
    Wanted,
    wanted_of,
)
from carewright.core.subscriptions.notices import About, Event
from carewright.core.subscriptions.sealed import Seal, Unopened, is_sealed
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.calls import Call
from carewright.fhirapi.given import Given
from carewright.fhirapi.outcomes import ApiError

TYPE = "Subscription"
MOST_LISTED = 100
MOST_SUBSCRIPTIONS = 50
LAST_NUMBER = 2**63 - 1


def close(planned: Planned, *, store: Store, access: Access, base: str) -> None:
    """Seal the headers of a Subscription that is about to be written, and note the address it came by. ApiError 422."""
    resource = planned.after
    if planned.ref.type != TYPE or resource is None:
        return
    _require_room(planned.ref, store, access.practice)
    try:
        wanted = wanted_of(resource)
        store.outward.check(wanted.endpoint)
        seal = Seal(store.digest_key, practice=access.practice, actor=access.actor.reference, endpoint=wanted.endpoint)
        headers = [f"{name}: {_closed(value, seal)}" for name, value in wanted.headers]
    except (BadSubscription, NotAsked, Unopened) as error:
        where = ["Subscription.channel"] if isinstance(error, (NotAsked, Unopened)) else ["Subscription"]
        raise ApiError(422, "business-rule", str(error), expressions=where) from error
    kept = [one for one in resource.get("extension", ()) if one.get("url") not in (SUBSCRIBED_AT, OFF_SINCE)]
    channel = {**resource["channel"], **({"header": headers} if headers else {})}
    failed = _failed(planned.ref, store, access.practice) if wanted.status == REQUESTED else {}
    extension = [*kept, {"url": SUBSCRIBED_AT, "valueUrl": base}, *failed.pop("extension", ())]
    said = {name: value for name, value in resource.items() if name != "error"}  # what is in error, the server says
    planned.after = {**said, **failed, "extension": extension, "channel": channel}


def _failed(ref: Ref, store: Store, practice: str) -> Resource:
    """What the server has noted of a failure: it stands until the receiver answers, whoever asks anew."""
    with store.driver.reading(practice) as connection:
        stored = subscription_rows.current(connection, practice, ref.id)
    before = decode(stored.body or b"{}") if stored else {}
    marks = [one for one in before.get("extension", ()) if one.get("url") == OFF_SINCE]
    return {"extension": marks, **({"error": before["error"]} if "error" in before else {})} if marks else {}


def _require_room(ref: Ref, store: Store, practice: str) -> None:
    """ApiError 422 for one more than a practice may have: the worker looks at each of them twice a second."""
    with store.driver.reading(practice) as connection:
        standing = subscription_rows.current_versions(connection, practice)
    if ref.id not in standing and len(standing) >= MOST_SUBSCRIPTIONS:
        text = f"A practice has at most {MOST_SUBSCRIPTIONS} subscriptions. Delete those that are off."
        raise ApiError(422, "business-rule", text)


def _closed(value: str, seal: Seal) -> str:
    """Sealed; what is sealed already has to be this subscriber's for this endpoint."""
    if is_sealed(value):
        seal.open(value)
        return value
    return seal.close(value)


async def status_of_one(call: Call, ref: Ref, given: Given) -> Answer:
    """Subscription/[id]/$status."""
    given.only((), strict=call.strict)
    async with call.store.async_reader(call.access, reason="api.subscription-status") as reader:
        stored = await reader.read(ref)
    return await _statuses(call, [stored])


async def status_of_many(call: Call, resource_type: str, given: Given) -> Answer:
    """Subscription/$status, of those named by `id` and with one of the `status`es."""
    given.only(("id", "status"), strict=call.strict)
    pairs = [("_id" if name == "id" else name, value) for name, value in given.pairs]
    query = parse(TYPE, [*pairs, ("_count", str(MOST_LISTED))])
    async with call.store.async_reader(call.access, reason="api.subscription-status") as reader:
        page = await reader.search(query)
    return await _statuses(call, list(page.matches))


async def _statuses(call: Call, listed: list[Stored]) -> Answer:
    found = [
        notices.status_of(await _about(call, stored), notices.QUERY_STATUS) for stored in listed
    ]  # fmt: skip
    return Answer(status=200, body=encode(notices.searchset(found)))


async def events(call: Call, ref: Ref, given: Given) -> Answer:
    """Subscription/[id]/$events: what was numbered from `eventsSinceNumber` to `eventsUntilNumber`, both included.

    The asker is shown what they may see now, whoever has subscribed.
    """
    given.only(("eventsSinceNumber", "eventsUntilNumber", "content"), strict=call.strict)
    first, last = (_number(given, name, default) for name, default in
                   (("eventsSinceNumber", 1), ("eventsUntilNumber", LAST_NUMBER)))  # fmt: skip
    async with call.store.async_reader(call.access, reason="api.subscription-events") as reader:
        subscription = await reader.read(ref)
        about = await _about(call, subscription, content=given.values.get("content"))
        practice = call.access.practice

        def read() -> list[Event]:
            with call.store.driver.reading(practice) as connection:
                return subscription_rows.events(connection, practice, ref.id, first=first, last=last, limit=MOST_LISTED)

        shown = []
        for event in await anyio.to_thread.run_sync(read):
            try:
                shown.append((event, await reader.vread(event.ref, event.version)))
            except (NotFound, Gone):
                continue
    return Answer(status=200, body=encode(notices.notice(about, notices.QUERY_EVENT, shown, base=call.base)))


async def _about(call: Call, stored: Stored, *, content: str | None = None) -> About:
    resource = decode(stored.body or b"{}")
    wanted = _wanted(resource)
    if content is not None and content not in CONTENTS:
        raise ApiError(400, "invalid", f"content is one of {', '.join(CONTENTS)}.")
    practice = call.access.practice

    def read() -> int:
        with call.store.driver.reading(practice) as connection:
            state = subscription_rows.state(connection, practice, stored.ref.id)
        return state.matched if state else 0

    return About(
        id=stored.ref.id, topic=str(resource.get("criteria", "")), status=str(resource.get("status", "")),
        total=await anyio.to_thread.run_sync(read), error=str(resource.get("error", "")),
        content=content or (wanted.content if wanted else "empty"),
    )  # fmt: skip


def _wanted(resource: Resource) -> Wanted | None:
    try:
        return wanted_of(resource)
    except BadSubscription:  # restored from elsewhere
        return None


def _number(given: Given, name: str, default: int) -> int:
    text = given.values.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ApiError(400, "invalid", f"{name} is a whole number.")
    return int(text)
