"""The line in which audit rows of reads wait: none is lost, and nobody reads on where it is full."""

import dataclasses
import threading
import time
from datetime import UTC, datetime

import pytest

from carewright.core.audit import queue
from carewright.core.audit.queue import AuditQueue, AuditQueueFull
from carewright.core.audit.records import Action, AuditRecord, Outcome
from tests import loops


def row(number: int) -> AuditRecord:
    return AuditRecord(
        practice="p", id=str(number), at=datetime(2026, 1, 1, tzinfo=UTC), action=Action.READ,
        outcome=Outcome.SUCCESS, actor="Device/x", on_behalf_of=None, roles="ma", purpose="TREAT", origin="api",
        session="s", reason="test", detail="{}",
    )  # fmt: skip


@dataclasses.dataclass
class Slow:
    """Where the rows are written: not before `open` is set, and not at the first `failures` attempts."""

    failures: int = 0
    open: threading.Event = dataclasses.field(default_factory=threading.Event)
    written: list[str] = dataclasses.field(default_factory=list)

    def __call__(self, records: list[AuditRecord]) -> None:
        self.open.wait(10)
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.written += [record.id for record in records]


def test_what_is_handed_over_by_many_is_written_once() -> None:
    slow = Slow()
    slow.open.set()
    waiting = AuditQueue(slow)

    def hand_over(first: int) -> None:
        for number in range(first, first + 700):
            waiting.put(row(number))

    threads = [threading.Thread(target=hand_over, args=(n * 1000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waiting.flush()
    assert sorted(map(int, slow.written)) == sorted(n * 1000 + k for n in range(4) for k in range(700))
    waiting.close()


def test_what_cannot_be_written_at_first_is_written_later() -> None:
    slow = Slow(failures=2)
    slow.open.set()
    waiting = AuditQueue(slow)
    waiting.put(row(1))
    waiting.flush()
    assert slow.written == ["1"]
    waiting.close()


def test_flushing_waits_for_what_is_being_written() -> None:
    slow = Slow()
    waiting = AuditQueue(slow)
    waiting.put(row(1))
    flushed = threading.Event()

    def flush() -> None:
        waiting.flush()
        flushed.set()

    thread = threading.Thread(target=flush)
    thread.start()
    assert not flushed.wait(0.4)  # it is out of the line by now, and not written
    slow.open.set()
    thread.join(timeout=10)
    assert slow.written == ["1"]
    waiting.close()


def test_nobody_reads_on_where_the_line_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "GIVE_UP_SECONDS", 0.3)
    slow = Slow()
    waiting = AuditQueue(slow, capacity=3)
    waiting.put(row(0))
    until = time.monotonic() + 5
    while waiting._waiting and time.monotonic() < until:  # it is taken, and its writing hangs
        time.sleep(0.01)
    for number in (1, 2, 3):
        waiting.put(row(number))
    with pytest.raises(AuditQueueFull):
        waiting.put(row(4))

    async def asked() -> None:
        await waiting.put_async(row(5))

    with pytest.raises(AuditQueueFull):
        loops.run(asked())
    slow.open.set()
    waiting.flush()
    waiting.put(row(6))
    waiting.flush()
    assert slow.written == ["0", "1", "2", "3", "6"]
    waiting.close()
