"""Audit rows of reads and searches: gathered per process, written at least every 250 ms.

Bounded: if the queue is full, whoever reads waits, so that no read goes unaudited. Rows of writes, refusals and
emergency access do not pass here: they are written in or at once after their transaction.
"""

import queue
import threading
import time
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
        self._waiting: queue.Queue[AuditRecord] = queue.Queue(capacity)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._failure: BaseException | None = None

    def put(self, record: AuditRecord) -> None:
        """Hand over a record; waits while the queue is full, AuditQueueFull if that lasts."""
        self._start()
        try:
            self._waiting.put(record, timeout=GIVE_UP_SECONDS)
        except queue.Full as error:
            raise AuditQueueFull("The audit trail cannot be written; nothing is shown until it can.") from error

    async def put_async(self, record: AuditRecord) -> None:
        self._start()
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            await anyio.to_thread.run_sync(self.put, record)

    def flush(self) -> None:
        """Wait until everything handed over so far is written."""
        self._hurry.set()
        try:
            self._waiting.join()
        finally:
            self._hurry.clear()

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._stop.set()
        self._hurry.set()
        if self._thread is not None:
            self._thread.join(timeout=GIVE_UP_SECONDS)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._stop.clear()
                self._hurry.clear()
                self._thread = threading.Thread(target=self._run, name="audit-queue", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not (self._stop.is_set() and self._waiting.empty()):
            batch = self._gather()
            while batch:
                try:
                    self._write(batch)
                except Exception as error:  # noqa: BLE001 - kept until it succeeds: a read must not go unaudited
                    self._failure = error
                    time.sleep(INTERVAL_SECONDS)
                    continue
                for _ in batch:
                    self._waiting.task_done()
                batch = []

    def _gather(self) -> list[AuditRecord]:
        """Wait for a record, then sleep, so that those who read do not wake this thread with every record."""
        try:
            batch = [self._waiting.get(timeout=INTERVAL_SECONDS)]
        except queue.Empty:
            return []
        if self._waiting.qsize() < BATCH:
            self._hurry.wait(INTERVAL_SECONDS)
        while len(batch) < BATCH and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch
