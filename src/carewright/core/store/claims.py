"""Key claims: one holder for each (practice, kind, key). Locked before they are read; the primary key stands behind."""

from collections.abc import Iterable
from datetime import datetime

from carewright.core.store.drivers.base import Connection
from carewright.core.store.hooks import Claim, Extra, Release
from carewright.core.store.model import KeyTaken, Ref
from carewright.core.store.sql import Sql, all_of, any_of


def settle(connection: Connection, practice: str, extras: Iterable[Extra], *, at: datetime) -> None:
    """Give up what is released, then take what is claimed; KeyTaken if another resource holds a key."""
    listed = list(extras)
    for extra in listed:
        if isinstance(extra, Release):
            connection.execute(
                Sql(
                    "DELETE FROM key_claim WHERE practice = ? AND kind = ? AND claim_key = ? "
                    "AND holder_type = ? AND holder_id = ?",
                    (practice, extra.kind, extra.key, extra.holder.type, extra.holder.id),
                )
            )
    claims = sorted({e for e in listed if isinstance(e, Claim)}, key=lambda c: (c.kind, c.key, str(c.holder)))
    if not claims:
        return
    held = holders(connection, practice, [(c.kind, c.key) for c in claims])
    for claim in claims:
        holder = held.get((claim.kind, claim.key))
        if holder == claim.holder:
            continue
        if holder is not None:
            raise KeyTaken(claim.kind, claim.key, holder)
        held[claim.kind, claim.key] = claim.holder
        connection.execute(
            Sql(
                "INSERT INTO key_claim (practice, kind, claim_key, holder_type, holder_id, at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (practice, claim.kind, claim.key, claim.holder.type, claim.holder.id, at),
            )
        )


def holders(connection: Connection, practice: str, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Ref]:
    """Who holds each of the (kind, key) pairs; those that nobody holds are left out."""
    rows = connection.rows(
        Sql("SELECT kind, claim_key, holder_type, holder_id FROM key_claim WHERE ")
        + all_of(
            [Sql("practice = ?", (practice,)), any_of([Sql("(kind = ? AND claim_key = ?)", pair) for pair in keys])]
        )
    )
    return {(str(row[0]), str(row[1])): Ref(str(row[2]), str(row[3])) for row in rows}
