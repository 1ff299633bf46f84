"""Leases: who does a recurring job for a practice, until when by the database's time, and with which fence.

The fence rises with every change of holder, so that one who lost the lease without noticing (a paused process, a long
pause of its machine) is refused when it writes: `require` stands in the same transaction as the work.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from carewright.core.clock import wall_now
from carewright.core.store.drivers.base import Connection
from carewright.core.store.keys import lock_number
from carewright.core.store.sql import Sql

if TYPE_CHECKING:
    from carewright.core.store.store import Store


class LeaseLost(Exception):
    """Somebody else holds the job now."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    practice: str
    name: str
    holder: str
    fence: int
    until: datetime


def take(connection: Connection, practice: str, name: str, *, holder: str, seconds: float) -> Lease | None:
    """Take a lease or make it last `seconds` from now; None while another holder's still runs.

    Call it in a write transaction.
    """
    connection.lock([lock_number(practice, "lease", name)])
    dialect = connection.dialect
    rows = connection.rows(
        Sql("INSERT INTO lease (practice, name, holder, fence, until) VALUES (?, ?, ?, 1, ", (practice, name, holder))
        + dialect.from_now(seconds)
        + Sql(
            ") ON CONFLICT (practice, name) DO UPDATE SET holder = excluded.holder, until = excluded.until, "
            "fence = CASE WHEN lease.holder = excluded.holder THEN lease.fence ELSE lease.fence + 1 END "
            f"WHERE lease.holder = excluded.holder OR lease.until < {dialect.now()} RETURNING fence, until"
        )
    )
    if not rows:
        return None
    fence, until = cast(int, rows[0][0]), dialect.instant(rows[0][1])
    return Lease(practice=practice, name=name, holder=holder, fence=fence, until=until)


def require(connection: Connection, lease: Lease) -> None:
    """LeaseLost unless the lease is still this holder's; nobody can take it before this transaction ends."""
    connection.lock([lock_number(lease.practice, "lease", lease.name)])
    rows = connection.rows(
        Sql(
            "SELECT 1 FROM lease WHERE practice = ? AND name = ? AND holder = ? AND fence = ?",
            (lease.practice, lease.name, lease.holder, lease.fence),
        )
    )
    if not rows:
        raise LeaseLost(f"The lease '{lease.name}' has another holder now.")


def release(connection: Connection, lease: Lease) -> None:
    """Let the next holder in at once. The row stays, so that the fence goes on rising."""
    connection.execute(
        Sql(
            f"UPDATE lease SET until = {connection.dialect.now()} "
            "WHERE practice = ? AND name = ? AND holder = ? AND fence = ?",
            (lease.practice, lease.name, lease.holder, lease.fence),
        )
    )


class Holding:
    """One process's wish to hold a job: takes the lease, renews it when half of it is used up, notices its loss.

    Renewing late keeps an idle clinic's database quiet: the check itself costs nothing.
    """

    def __init__(self, store: "Store", practice: str, name: str, *, holder: str) -> None:
        self.store, self.practice, self.name, self.holder = store, practice, name, holder
        self.lease: Lease | None = None

    def hold(self, *, seconds: float) -> Lease | None:
        """The lease, if it is ours for a while yet."""
        if self.lease is not None and self.lease.until - wall_now() > timedelta(seconds=seconds / 2):
            return self.lease
        with self.store.driver.writing(self.practice) as connection:
            self.lease = take(connection, self.practice, self.name, holder=self.holder, seconds=seconds)
        return self.lease

    def lost(self) -> None:
        """Another process has it: ask again at the next turn."""
        self.lease = None

    def close(self) -> None:
        """Let the next holder in at once."""
        if self.lease is not None:
            with self.store.driver.writing(self.practice) as connection:
                release(connection, self.lease)
        self.lease = None
