"""Who serves a data folder: one process at a time, held to it by a lock that ends with the process, however it ends.

flock: https://man7.org/linux/man-pages/man2/flock.2.html. The file stays; what it says is only for people.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

LOCK = "server.lock"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds a data folder: what it is doing, its process id, and the address that it serves, if any."""

    doing: str
    process: int
    address: str = ""

    def __str__(self) -> str:
        return f"{self.doing} ({self.address}, process {self.process})" if self.address else (
            f"{self.doing} (process {self.process})"
        )  # fmt: skip


class Held(Exception):
    """Another process holds the data folder; the text says which and what to do."""

    def __init__(self, holder: Holder | None, folder: Path) -> None:
        who = str(holder) if holder else "another process"
        super().__init__(
            f"{folder} is in use: {who}. Stop that first (Ctrl-C, or kill its process), or use another --data-dir."
        )
        self.holder = holder


class Lock:
    """The lock while it is held."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, doing: str, *, address: str = "") -> None:
        """Say for others what the holder is doing, and where it serves."""
        words = json.dumps(asdict(Holder(doing=doing, process=os.getpid(), address=address)))
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, words.encode(), 0)


@contextmanager
def hold(folder: Path, *, doing: str, address: str = "") -> Iterator[Lock]:
    """Be the only one who serves or replaces what is in the folder; Held if somebody does already."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Held(_said(folder), folder) from error
        lock = Lock(descriptor)
        lock.tell(doing, address=address)
        yield lock
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(folder: Path) -> Holder | None:
    """Who holds the folder now; None if nobody does."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _said(folder) or Holder(doing="another process", process=0)
    finally:
        os.close(descriptor)
    return None


def _said(folder: Path) -> Holder | None:
    try:
        return Holder(**json.loads((folder / LOCK).read_text()))
    except (OSError, ValueError, TypeError):
        return None
