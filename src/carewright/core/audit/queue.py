"""Audit rows of reads and searches: gathered per process, written at least every 250 ms.

Bounded: if the queue is full, whoever reads waits, so that no read goes unaudited. Rows of writes, refusals and
emergency access do not pass here: they are written in or at once after their transaction.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

import anyio.to_thread

from carewright.core.audit.records import AuditRecord

CAPACITY = 10_000
INTERVAL_SECONDS = 0.25
BATCH = 500
GIVE_UP_SECONDS = 30.0


class AuditQueueFull(Exception):
    """Audit rows cannot be written, so nothing is shown."""


class AuditQueue:
    """Writes records through `write` in a thread of its own, started with the first record."""

    def __init__(self, write: Callable[[list[AuditRecord]], None], *, capacity: int = CAPACITY) -> None:
        self._write = write
        self._capacity = capacity
        self._waiting: deque[AuditRecord] = deque()
        """To add at its end and to take from its beginning need no lock."""
        self._moved = threading.Condition()
        """Told when something was written: for those who wait for room, or for everything."""
        self._writing = 0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._failure: BaseException | None = None

    def put(self, record: AuditRecord) -> None:
        """Hand over a record; waits while the queue is full, AuditQueueFull if that lasts."""
        if self._is_full:
            with self._moved:
                if not self._moved.wait_for(lambda: not self._is_full, timeout=GIVE_UP_SECONDS):
                    raise AuditQueueFull("The audit trail cannot be written; nothing is shown until it can.")
        self._add(record)

    async def put_async(self, record: AuditRecord) -> None:
        if self._is_full:
            await anyio.to_thread.run_sync(self.put, record)
        else:
            self._add(record)

    def flush(self) -> None:
        """Wait until everything handed over so far is written."""
        self._hurry.set()
        try:
            with self._moved:
                self._moved.wait_for(lambda: not (self._waiting or self._writing))
        finally:
            self._hurry.clear()

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._stop.set()
        self._hurry.set()
        if self._thread is not None:
            self._thread.join(timeout=GIVE_UP_SECONDS)

    @property
    def _is_full(self) -> bool:
        """Those who add at the same moment may all find room for one: the bound is one of memory, not of a count."""
        return len(self._waiting) >= self._capacity

    def _add(self, record: AuditRecord) -> None:
        self._waiting.append(record)
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._stop.clear()
                self._hurry.clear()
                self._thread = threading.Thread(target=self._run, name="audit-queue", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not (self._stop.is_set() and not self._waiting):
            batch = self._gather()
            while batch:
                try:
                    self._write(batch)
                except Exception as error:  # noqa: BLE001 - kept until it succeeds: a read must not go unaudited
                    self._failure = error
                    time.sleep(INTERVAL_SECONDS)
                    continue
                with self._moved:
                    self._writing, batch = 0, []
                    self._moved.notify_all()

    def _gather(self) -> list[AuditRecord]:
        """What has come in, after a pause, so that those who read do not wake this thread with every record."""
        if len(self._waiting) < BATCH:
            self._hurry.wait(INTERVAL_SECONDS)
        with self._moved:
            self._writing = min(len(self._waiting), BATCH)
            return [self._waiting.popleft() for _ in range(self._writing)]
