"""How PostgreSQL's processes tell one another that something was committed: NOTIFY, outside of every transaction.

A NOTIFY inside a write transaction takes a lock that all commits share and halves their rate. So each process sends
its own afterwards, one for all commits of 50 ms. It carries nothing: who hears it reads the feed. Whoever misses it
(a connection broke, a process ended before it was sent) finds out when its wait ends.
https://www.postgresql.org/docs/current/sql-notify.html
"""

import contextlib
import threading

import anyio
import psycopg

CHANNEL = "carewright_feed"
INTERVAL_SECONDS = 0.05
RETRY_SECONDS = 1.0


class Announcer:
    """Sends NOTIFY from a thread and a connection of its own, both begun with the first announcement."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._due = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def announce(self) -> None:
        """Have the others woken soon; returns at once."""
        with self._starting:
            if self._thread is None:
                self._stop.clear()
                self._thread = threading.Thread(target=self._run, name="feed-announcer", daemon=True)
                self._thread.start()
        self._due.set()

    def close(self) -> None:
        """Send what is due and end the thread."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            self._due.set()
            thread.join(timeout=RETRY_SECONDS * 5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._send_from(psycopg.connect(self._url, autocommit=True))
            except psycopg.OperationalError:
                self._stop.wait(RETRY_SECONDS)

    def _send_from(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        with contextlib.closing(connection):
            while not self._stop.is_set():
                self._due.wait()
                self._due.clear()
                connection.execute(f"NOTIFY {CHANNEL}")
                self._stop.wait(INTERVAL_SECONDS)


class Listener:
    """A watch that LISTENs on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None

    async def wait(self, seconds: float) -> None:
        try:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
                await self._connection.execute(f"LISTEN {CHANNEL}")
                return
            async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                return
        except psycopg.OperationalError:
            await self.close()
            await anyio.sleep(min(seconds, RETRY_SECONDS))

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
