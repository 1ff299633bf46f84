"""The worker: seals the audit, watches clock and incoming folder, runs the reactions, exports and imports, tells
subscribers, throws away what has expired.

There are one or more per installation. Each job has a thread of its own, so that a slow reaction never holds up the
sealer. SIGTERM ends it cleanly: what is being done is finished, the chain is anchored, leases are given back.
"""

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from carewright.core.access import sessions
from carewright.core.audit import sealer as sealing
from carewright.core.audit.anchors import Anchors
from carewright.core.audit.sealer import Sealer
from carewright.core.bulk.files import BulkFiles
from carewright.core.store import drafts
from carewright.core.store.bulk_jobs import Kind
from carewright.core.store.store import Store
from carewright.project.bulk_running import BulkRunner
from carewright.project.incoming_folder import INTERVAL_SECONDS, IncomingFolder
from carewright.project.reactions import ReactionRunner
from carewright.project.subscriptions import SubscriptionRunner
from carewright.project.timers import Covering, TimerRunner, nobody

REACTION_INTERVAL_SECONDS = 0.5
TIMER_INTERVAL_SECONDS = 0.5
SUBSCRIPTION_INTERVAL_SECONDS = 0.5
PURGE_INTERVAL_SECONDS = 3600.0
HUDDLE_INTERVAL_SECONDS = 600.0
BULK_INTERVAL_SECONDS = 1.0
MOVING_INTERVAL_SECONDS = 60.0
AFTER_ERROR_SECONDS = 5.0
STOP_PATIENCE_SECONDS = 20.0

log = logging.getLogger(__name__)


def process_name() -> str:
    """A name that no other process has, for leases."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass
class Worker:
    """The jobs of one process."""

    store: Store
    anchors: Anchors | None = None
    covering: Covering = nobody
    folder: IncomingFolder | None = None
    files: BulkFiles | None = None
    """Where the files of exports and imports are kept; without it, neither is worked on."""
    fill_huddles: Callable[[str], object] | None = None
    """Of a practice: hands out in the evening what tomorrow's patients need (workspaces/huddle/night.py)."""
    keep_moving: Callable[[str], object] | None = None
    """Of a practice: moves on what comes to somebody who is away (workspaces/team/keeping.py)."""
    holder: str = field(default_factory=process_name)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._sealers: dict[str, Sealer] = {}
        reactions = [reaction for manifest in self.store.registry.manifests for reaction in manifest.reactions]
        self._timers = TimerRunner(self.store, self.holder, covering=self.covering)
        self._bulk = [
            BulkRunner(self.store, files, kind, self.holder, stopping=self.stopping.is_set)
            for files in ([self.files] if self.files else [])
            for kind in Kind
        ]
        self._subscriptions = SubscriptionRunner(self.store, self.holder)
        self._runners = [ReactionRunner(self.store, reaction, self.holder) for reaction in reactions]

    def run(self) -> None:
        """Work until `stop`."""
        jobs: list[tuple[str, Callable[[], object], float]] = [
            ("sealer", self.seal, sealing.INTERVAL_SECONDS),
            ("timers", self.watch_clock, TIMER_INTERVAL_SECONDS),
            ("subscriptions", self._subscriptions.step, SUBSCRIPTION_INTERVAL_SECONDS),
            ("purge", self.purge, PURGE_INTERVAL_SECONDS),
            *([("incoming", self.folder.step, INTERVAL_SECONDS)] if self.folder else []),
            *([("huddle", self.fill, HUDDLE_INTERVAL_SECONDS)] if self.fill_huddles else []),
            *((f"bulk {b.kind}", _drains(self.store, b), BULK_INTERVAL_SECONDS) for b in self._bulk),
            *([("absent", self.move_on, MOVING_INTERVAL_SECONDS)] if self.keep_moving else []),
            *((r.consumer, _steps(self.store, r), REACTION_INTERVAL_SECONDS) for r in self._runners),
        ]
        threads = [threading.Thread(target=self._repeat, args=job, name=job[0], daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        self.stopping.wait()
        for thread in threads:
            thread.join(timeout=STOP_PATIENCE_SECONDS)
        for sealer in self._sealers.values():
            sealer.close()
        for runner in self._runners:
            runner.close()
        for bulk in self._bulk:
            bulk.close()
        self._subscriptions.close()

    def stop(self) -> None:
        self.stopping.set()

    def seal(self) -> int:
        """One turn of the sealer for every practice."""
        sealed = 0
        for practice in self.store.practices():
            sealer = self._sealers.get(practice)
            if sealer is None:
                sealer = Sealer(self.store, practice, holder=self.holder, anchors=self.anchors)
                self._sealers[practice] = sealer
            sealed += sealer.step()
        return sealed

    def watch_clock(self) -> int:
        """Send on what is late, bring back what waited, for every practice."""
        return sum(self._timers.drain(practice) for practice in self.store.practices())

    def fill(self) -> None:
        """Fill the huddles of the next day, for every practice; what is filled already stays as it is."""
        if self.fill_huddles is not None:
            for practice in self.store.practices():
                self.fill_huddles(practice)

    def move_on(self) -> None:
        """Nothing waits on the absent, for every practice."""
        if self.keep_moving is not None:
            for practice in self.store.practices():
                self.keep_moving(practice)

    def purge(self) -> int:
        """Throw away expired sessions and drafts."""
        purged = sessions.purge(self.store)
        purged += sum(self._subscriptions.purge(practice) for practice in self.store.practices())
        return purged + sum(drafts.purge(self.store, practice) for practice in self.store.practices())

    def _repeat(self, name: str, step: Callable[[], object], interval: float) -> None:
        while not self.stopping.is_set():
            pause = interval
            try:
                step()
            except Exception as error:  # noqa: BLE001 - the database may be away for a while; the worker outlasts it
                log.warning("The job %s failed (%s); it is tried again.", name, type(error).__name__)
                pause = max(interval, AFTER_ERROR_SECONDS)
            self.stopping.wait(pause)


def _steps(store: Store, runner: ReactionRunner) -> Callable[[], object]:
    return lambda: [runner.step(practice) for practice in store.practices()]


def _drains(store: Store, runner: BulkRunner) -> Callable[[], object]:
    return lambda: [runner.drain(practice) for practice in store.practices()]


def run_until_told(worker: Worker, *, with_parent: bool = False) -> None:
    """Run in the main thread until SIGTERM or SIGINT; `with_parent`: also until standard input ends."""

    def told(number: int, frame: FrameType | None) -> None:
        worker.stop()

    logging.getLogger("psycopg.pool").setLevel(logging.WARNING)  # from here on its words belong in the log
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    if with_parent:
        threading.Thread(target=_until_input_ends, args=(worker,), name="parent", daemon=True).start()
    worker.run()


def _until_input_ends(worker: Worker) -> None:
    """The parent holds the other end of the pipe: it ends with the parent, however the parent ends."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    worker.stop()
