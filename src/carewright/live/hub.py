"""One hub per process: it follows the change feed and tells the open streams which of their topics changed.

Streams whose people may see the same are served from one look at the feed, made with exactly that access: what
somebody may not see is not in what the database answers, so it wakes nobody. There are as many such groups as
there are combinations of roles at work, about ten, however many streams are open.
Nothing runs while no stream is open.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from carewright.core.access.model import Access, Predicate
from carewright.core.registry import Registry
from carewright.core.store import consumers
from carewright.core.store.hooks import FeedEntry
from carewright.core.store.positions import Position
from carewright.core.store.store import Store
from carewright.live.topics import topics_of

log = logging.getLogger("carewright.live")

FALLBACK_SECONDS = 1.0
"""The feed is looked at this often even if no announcement comes (its sender may have died, or a snapshot hid it)."""
PAGE = 500
CATCH_UP = 2_000
"""Entries behind which a stream that comes back is told to ask for everything anew."""
READERS = 2

TopicsOf = Callable[[FeedEntry, Registry], Iterable[str]]


@dataclass(eq=False)
class Subscription:
    """One stream: the topics it listens to (None: all), and what it has not been told yet."""

    topics: frozenset[str] | None
    position: Position
    pending: set[str] = field(default_factory=set)
    reset: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, topics: Iterable[str], position: Position) -> None:
        """Note changed topics; `position` is how far the stream has heard of everything."""
        self.position = max(self.position, position)
        changed = set(topics) if self.topics is None else self.topics.intersection(topics)
        if changed:
            self.pending |= changed
            self.wake.set()

    def start_over(self, position: Position) -> None:
        """Too much has changed to name it."""
        self.position = max(self.position, position)
        self.pending.clear()
        self.reset = True
        self.wake.set()

    def take(self) -> tuple[bool, list[str], Position]:
        """Whether to start over, the changed topics, and the position up to which that is all."""
        taken = self.reset, sorted(self.pending), self.position
        self.reset, self.pending = False, set()
        self.wake.clear()
        return taken


@dataclass(eq=False)
class _Group:
    """The streams that see the same of one practice. `access` is that of the first of them."""

    access: Access
    position: Position
    subscriptions: set[Subscription] = field(default_factory=set)


class Hub:
    """Follows the feed of every practice that somebody listens to. Belongs to one event loop."""

    def __init__(self, store: Store, *, topics: TopicsOf = topics_of) -> None:
        self._store, self._topics = store, topics
        self._groups: dict[tuple[str, Predicate], _Group] = {}
        self._opening = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None
        self._readers = anyio.CapacityLimiter(READERS)
        self.stopping = asyncio.Event()

    async def subscribe(self, access: Access, topics: frozenset[str] | None, *, after: Position | None) -> Subscription:
        """A new stream; what changed since `after` is pending already."""
        key = (access.practice, access.predicate())
        async with self._opening:
            group = self._groups.get(key)
            if group is None:
                group = _Group(access=access, position=await self._head(access))
                self._groups[key] = group
            if after is not None and after > group.position:  # a page that was made a moment ago
                await self._look(group)
            subscription = Subscription(topics=topics, position=group.position)
            # In the group before it catches up: what comes meanwhile is told twice rather than not at all.
            group.subscriptions.add(subscription)
            if self._following is None or self._following.done():
                self._following = asyncio.create_task(self._follow(), name="live-hub")
        if after is not None:
            await self._catch_up(subscription, group, after)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        for key, group in list(self._groups.items()):
            group.subscriptions.discard(subscription)
            if not group.subscriptions:
                del self._groups[key]

    def stop(self) -> None:
        """End every stream, because the server stops; browsers connect again to the next one. From the loop only."""
        self.stopping.set()
        for group in self._groups.values():
            for subscription in group.subscriptions:
                subscription.wake.set()

    async def close(self) -> None:
        """Stop, and end the task that follows the feed."""
        self.stop()
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following

    async def _follow(self) -> None:
        watch = self._store.driver.watch()
        try:
            while self._groups and not self.stopping.is_set():
                await watch.wait(FALLBACK_SECONDS)
                for group in list(self._groups.values()):
                    await self._look(group)
        finally:
            with anyio.CancelScope(shield=True):
                await watch.close()

    async def _look(self, group: _Group) -> None:
        """Tell a group's streams what is new. A database that does not answer is asked again at the next wake-up."""
        try:
            while entries := await self._entries(group.access, group.position):
                group.position = max(group.position, entries[-1].position)
                topics = {topic for entry in entries for topic in self._topics(entry, self._store.registry)}
                for subscription in group.subscriptions:
                    subscription.tell(topics, group.position)
                if len(entries) < PAGE:
                    return
        except Exception as error:  # noqa: BLE001 - the hub outlives a restart of the database
            log.warning("the change feed cannot be read: %s", type(error).__name__)

    async def _catch_up(self, subscription: Subscription, group: _Group, after: Position) -> None:
        if after > max(group.position, await self._head(group.access)):  # an id of before a restore
            subscription.start_over(group.position)
            return
        for _ in range(CATCH_UP // PAGE):
            entries = await self._entries(group.access, after)
            subscription.tell({t for entry in entries for t in self._topics(entry, self._store.registry)}, after)
            if len(entries) < PAGE:
                return
            after = entries[-1].position
        subscription.start_over(group.position)

    async def _entries(self, access: Access, after: Position) -> list[FeedEntry]:
        def read() -> list[FeedEntry]:
            with self._store.reader(access, reason="live.follow") as reader:
                return reader.feed(after=after, limit=PAGE)

        return await anyio.to_thread.run_sync(read, limiter=self._readers)

    async def _head(self, access: Access) -> Position:
        def read() -> Position:
            with self._store.driver.reading(access.practice) as connection:
                return consumers.head(connection, access.practice)

        return await anyio.to_thread.run_sync(read, limiter=self._readers)
