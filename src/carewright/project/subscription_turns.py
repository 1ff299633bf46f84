"""Sending what subscribers wait for, from the change feed: at least once, in order, each subscription by itself.

A subscription is worked on by one process at a time (a lease, with its fence) and by one thread of that process, so
its events go out in the order of their numbers: a patient's in the order in which they happened. A change gets its
number in the transaction that moves the position in the feed; it is sent until the receiver has answered with 2xx, and
whoever was killed in between sends it again under the same number. A receiver that does not answer is asked later and
later, then the subscription says `error`, and after a day `off`; nobody else waits for it.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#rest-hook
"""

import logging
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from carewright.core.access.identity import Session
from carewright.core.access.model import Access
from carewright.core.fhir.codec import decode, encode
from carewright.core.outward import NoAnswer, NotAsked, Request
from carewright.core.store import consumers, leases, subscription_rows
from carewright.core.store.hooks import FeedEntry
from carewright.core.store.model import Change, Conflict, Gone, NotFound, Origin, Ref, Stored, StoreError
from carewright.core.store.positions import Position
from carewright.core.store.store import Store
from carewright.core.store.subscription_rows import TYPE, State
from carewright.core.subscriptions import notices, subscribers
from carewright.core.subscriptions.actions import ACTIVE, ERROR, OFF, REQUESTED, set_status
from carewright.core.subscriptions.filters import meets
from carewright.core.subscriptions.model import MEDIA_TYPES, BadSubscription, Wanted, wanted_of
from carewright.core.subscriptions.notices import About, Event
from carewright.core.subscriptions.sealed import Seal, Unopened
from carewright.core.subscriptions.subscribers import NotAllowed
from carewright.project.wiring import operator_access

LEASE_SECONDS = 30.0
"""Renewed when half of it is used up, so that at least 15 seconds are left for a request of at most 10."""
BATCH = 200
NOTICES_A_TURN = 20
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
FAILURES_BEFORE_ERROR = 5
OFF_AFTER = timedelta(days=1)
MAX_WAITING = 10_000
"""Events that wait for a receiver. Beyond this it is off: it has to ask for the whole anew in any case."""
MAX_NOTICE_BYTES = 1024 * 1024
KEEP_POSITION_EVERY = 30.0
SHAKEN = "shaken"
"""Among the facts of a state: that the receiver has answered the handshake of this binding."""
ASKED = "asked"
"""Among the facts of a state: the version of the Subscription for which a handshake was begun."""

log = logging.getLogger(__name__)


class _Over(Exception):
    """This subscription ends; the text says why, for its subscriber and the administrator."""


class _Ended(_Over):
    """It ends as it was meant to: nobody has to see to it."""


@dataclass
class Place:
    """What this process knows of one subscription: its lease and how far it has looked (under which fence)."""

    holding: leases.Holding
    looked: Position | None = None
    fence: int = 0
    kept_at: float = 0.0
    running: Future[None] | None = None


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """One subscription in one turn."""

    practice: str
    stored: Stored
    wanted: Wanted
    place: Place
    lease: leases.Lease
    state: State
    access: Access


@dataclass(frozen=True)
class Turns:
    """What is done for one subscription when it is its turn."""

    store: Store

    def take(self, practice: str, subscription: str, place: Place) -> None:
        """One turn. LeaseLost or Conflict where somebody else is at it."""
        with self.store.driver.reading(practice) as connection:
            state = subscription_rows.state(connection, practice, subscription)
        if state is not None and state.not_before is not None and state.not_before > self.store.clock.wall():
            return
        lease = place.holding.hold(seconds=LEASE_SECONDS)
        if lease is None:
            return
        with self.store.driver.reading(practice) as connection:
            stored = subscription_rows.current(connection, practice, subscription)
        if stored is None:
            return
        try:
            turn = self._begun(practice, stored, place, lease)
            self._work(turn)
        except _Over as over:
            log.warning("Subscription/%s is off: %s", subscription, over)
            self._say(practice, stored, OFF, str(over), failed=not isinstance(over, _Ended))

    def _begun(self, practice: str, stored: Stored, place: Place, lease: leases.Lease) -> _Turn:
        """Who it is for and what they may see now; _Over where that has ended."""
        now = self.store.clock.wall()
        try:
            wanted = wanted_of(decode(stored.body or b"{}"))
            version, session = subscribers.found(self.store, practice, stored.ref.id)
            with self.store.driver.reading(practice) as connection:
                state = subscription_rows.state(connection, practice, stored.ref.id)
                head = consumers.head(connection, practice)
            if state is None or state.version != version:
                state = self._bound(practice, lease, state, head, version, session)
            elif wanted.status == REQUESTED and state.facts.get(ASKED) != stored.version:
                state = self._asked_again(practice, lease, state, head, stored.version)
            access = subscribers.access_now(self.store, practice, state)
        except (NotAllowed, BadSubscription) as error:
            raise _Over(str(error)) from error
        if wanted.end is not None and wanted.end <= now:
            raise _Ended("It has come to its end.")
        if place.fence != lease.fence:
            place.fence, place.looked = lease.fence, None
        return _Turn(
            practice=practice, stored=stored, wanted=wanted, place=place, lease=lease, state=state, access=access
        )

    def _bound(
        self, practice: str, lease: leases.Lease, state: State | None, head: Position, version: int,
        session: Session,
    ) -> State:  # fmt: skip
        """Bind it to the token that has written it now. What was off, or is new, is sent what happens from here on."""
        facts, subscription = {**subscribers.facts_of(session), ASKED: version}, lease.name.partition(":")[2]
        with self.store.driver.reading(practice) as connection:
            before = subscription_rows.bodies(connection, practice, Ref(TYPE, subscription), [version - 1])
        bound = State(
            id=subscription, version=version, session=session.secret_hash, facts=facts, position=head,
            matched=state.matched if state else 0, delivered=state.matched if state else 0,
        )  # fmt: skip
        if state is not None and before and decode(before[version - 1]).get("status") != OFF:
            bound = replace(bound, position=state.position, delivered=state.delivered)
        self._keep(practice, lease, bound)
        return bound

    def _asked_again(self, practice: str, lease: leases.Lease, state: State, head: Position, version: int) -> State:
        """Somebody here says that what failed was mended: a handshake, and then what happens from here on."""
        facts = {**{name: value for name, value in state.facts.items() if name != SHAKEN}, ASKED: version}
        again = replace(
            state, facts=facts, position=head, delivered=state.matched, failures=0, failing_since=None, not_before=None
        )
        self._keep(practice, lease, again)
        return again

    def _work(self, turn: _Turn) -> None:
        if SHAKEN not in turn.state.facts:
            if self._send(turn, notices.HANDSHAKE, []):
                facts = {**turn.state.facts, SHAKEN: True}
                self._after(replace(turn, state=replace(turn.state, facts=facts)), reached=True)
                self._say(turn.practice, turn.stored, ACTIVE)
            else:
                self._after(turn, reached=False)
            return
        turn = self._match(turn)
        for _ in range(NOTICES_A_TURN):
            if turn.state.delivered >= turn.state.matched:
                break
            turn, reached = self._deliver(turn)
            if not reached:
                return
        else:
            return
        self._heartbeat(turn)

    # -- from the feed to numbered events -----------------------------------------------------------------------------

    def _match(self, turn: _Turn) -> _Turn:
        """Number what has happened since; the position moves in the same transaction."""
        if turn.state.matched - turn.state.delivered > MAX_WAITING:
            raise _Over(
                f"More than {MAX_WAITING} events wait for the receiver. Read what you need and subscribe again."
            )
        behind = max(turn.place.looked or turn.state.position, turn.state.position)
        with self.store.driver.reading(turn.practice) as connection:
            head = consumers.head(connection, turn.practice)
        if head <= behind:
            return turn
        with self.store.reader(turn.access, reason="subscription.match") as reader:
            entries = reader.feed(after=behind, limit=BATCH, types=turn.wanted.topic.types)
        happened = [entry for entry in entries if self._is_event(turn, entry)]
        # What was committed after the head was looked at may be among the entries already.
        last = entries[-1].position if entries else behind
        ended = last if len(entries) == BATCH else max(head, last)
        turn.place.looked = ended
        if not happened and time.monotonic() - turn.place.kept_at < KEEP_POSITION_EVERY:
            return turn
        turn.place.kept_at = time.monotonic()
        numbered = [
            Event(number=turn.state.matched + n, ref=entry.ref, version=entry.version, at=entry.at)
            for n, entry in enumerate(happened, 1)
        ]
        state = replace(turn.state, position=ended, matched=turn.state.matched + len(numbered))
        self._keep(turn.practice, turn.lease, state, numbered)
        return replace(turn, state=state)

    def _are_one(self, turn: _Turn, one: str, other: str) -> bool:
        with self.store.reader(turn.access, reason="subscription.match") as reader:
            return reader.are_one(one, other)

    def _is_event(self, turn: _Turn, entry: FeedEntry) -> bool:
        if entry.change is Change.DELETE:
            return False
        with self.store.driver.reading(turn.practice) as connection:
            versions = [entry.version, entry.version - 1]
            found = subscription_rows.bodies(connection, turn.practice, entry.ref, versions)
        if entry.version not in found:
            return False
        after = decode(found[entry.version])
        before = decode(found[entry.version - 1]) if entry.version - 1 in found else None
        happens = turn.wanted.topic.happens[entry.ref.type](before, after)
        return happens and meets(after, turn.wanted.filters, same_patient=partial(self._are_one, turn))

    # -- from numbered events to the receiver -------------------------------------------------------------------------

    def _deliver(self, turn: _Turn) -> tuple[_Turn, bool]:
        """Send the next events in one notice; whether it was taken. What may not be seen any more is passed over."""
        first = turn.state.delivered + 1
        with self.store.driver.reading(turn.practice) as connection:
            waiting = subscription_rows.events(
                connection, turn.practice, turn.stored.ref.id, first=first, last=turn.state.matched,
                limit=turn.wanted.most_events,
            )  # fmt: skip
        shown, last = self._shown(turn, waiting) if waiting else ([], turn.state.matched)
        reached = self._send(turn, notices.EVENT, shown) if shown else True
        turn = self._after(turn, reached, delivered=last if reached else turn.state.delivered)
        if reached and shown and turn.wanted.status == ERROR:
            self._say(turn.practice, turn.stored, ACTIVE)
            turn = replace(turn, wanted=replace(turn.wanted, status=ACTIVE))
        return turn, reached

    def _shown(self, turn: _Turn, waiting: list[Event]) -> tuple[list[tuple[Event, Stored]], int]:
        """The events that the subscriber may see at this moment, up to the size of a notice; the last dealt with."""
        shown: list[tuple[Event, Stored]] = []
        last, size = turn.state.delivered, 0
        with self.store.reader(turn.access, reason="subscription.notify", origin=Origin.API) as reader:
            for event in waiting:
                with suppress(NotFound, Gone):
                    stored = reader.vread(event.ref, event.version)
                    size += len(stored.body or b"") if turn.wanted.content == "full-resource" else 0
                    if size > MAX_NOTICE_BYTES and shown:
                        return shown, last
                    shown.append((event, stored))
                last = event.number
        return shown, last

    def _heartbeat(self, turn: _Turn) -> None:
        """Tell a receiver that wants to hear something that nothing has happened."""
        since, seconds = turn.state.last_at, turn.wanted.heartbeat_seconds
        now = self.store.clock.wall()
        if seconds is None or (since is not None and (now - since).total_seconds() < seconds):
            return
        self._after(turn, self._send(turn, notices.HEARTBEAT, []))

    def _send(self, turn: _Turn, kind: str, shown: list[tuple[Event, Stored]]) -> bool:
        """Whether the receiver has answered with 2xx. The lease is renewed before, so that it outlasts the request."""
        lease = turn.place.holding.hold(seconds=LEASE_SECONDS)
        if lease is None or lease.fence != turn.lease.fence:
            raise leases.LeaseLost
        wanted = turn.wanted
        status = "requested" if kind == notices.HANDSHAKE else ACTIVE
        about = About(
            id=turn.stored.ref.id,
            topic=wanted.topic.url,
            status=status,
            total=turn.state.matched,
            content=wanted.content,
        )
        bundle = notices.notice(about, kind, shown, base=wanted.base)
        seal = Seal(
            self.store.digest_key,
            practice=turn.practice,
            actor=str(turn.state.facts["actor"]),
            endpoint=wanted.endpoint,
        )
        try:
            headers = {name: seal.open(value) for name, value in wanted.headers}
            headers["Content-Type"] = MEDIA_TYPES[0]
            request = Request(
                url=wanted.endpoint, body=encode(bundle), headers=headers, seconds=float(wanted.timeout_seconds)
            )
            return self.store.outward.ask(request).is_good
        except Unopened as error:
            raise _Over("Its headers were sealed for another endpoint or subscriber. Send them again.") from error
        except NotAsked as error:
            raise _Over(str(error)) from error
        except NoAnswer:
            return False

    # -- what is remembered -------------------------------------------------------------------------------------------

    def _after(self, turn: _Turn, reached: bool, *, delivered: int | None = None) -> _Turn:
        now = self.store.clock.wall()
        if reached:
            state = replace(turn.state, failures=0, failing_since=None, not_before=None, last_at=now)
            state = replace(state, delivered=state.delivered if delivered is None else delivered)
        else:
            state = self._failed(turn, now)
        self._keep(turn.practice, turn.lease, state)
        turn = replace(turn, state=state)
        if not reached and state.failures == FAILURES_BEFORE_ERROR:
            log.warning("Subscription/%s: its receiver does not take what it is sent.", turn.stored.ref.id)
            self._say(
                turn.practice, turn.stored, ERROR, "The receiver does not answer, or not with 2xx; it is tried again."
            )
        return turn

    def _failed(self, turn: _Turn, now: datetime) -> State:
        since = turn.state.failing_since or now
        if now - since > OFF_AFTER:
            raise _Over("The receiver has not taken anything for a day.")
        failures = turn.state.failures + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10), LONGEST_PAUSE_SECONDS)
        return replace(turn.state, failures=failures, failing_since=since, not_before=now + timedelta(seconds=pause))

    def _keep(self, practice: str, lease: leases.Lease, state: State, events: list[Event] | None = None) -> None:
        with self.store.driver.writing(practice) as connection:
            leases.require(connection, lease)
            subscription_rows.add_events(connection, practice, state.id, events or [])
            subscription_rows.keep(connection, practice, state)

    def _say(self, practice: str, stored: Stored, status: str, error: str = "", *, failed: bool = False) -> None:
        writer = self.store.writer(operator_access(practice), origin=Origin.SYSTEM)
        try:
            set_status(writer, stored, status=status, error=error, failed=failed)
        except Conflict:
            raise
        except StoreError as refusal:
            log.warning("Subscription/%s: its status cannot be written (%s).", stored.ref.id, type(refusal).__name__)
