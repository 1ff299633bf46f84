"""Merged patients: the old key is another name of the surviving one. Bodies stay as they were written; queries for
either find what was written for both (search/people.py), and taking the alias away undoes the merge.
"""

from collections.abc import Iterable
from datetime import datetime

from carewright.core.sentences import sentence
from carewright.core.store.drivers.base import Connection
from carewright.core.store.hooks import Extra, Merge, Unmerge
from carewright.core.store.keys import key_of_ref
from carewright.core.store.model import Ref, Refused
from carewright.core.store.sql import Row, Sql


def settle(connection: Connection, practice: str, extras: Iterable[Extra], *, at: datetime) -> None:
    """Carry out the merges and unmerges; Refused for one that would lead in a circle or undo nothing."""
    for extra in extras:
        if isinstance(extra, Merge):
            _merge(connection, practice, extra, at)
        elif isinstance(extra, Unmerge):
            done = connection.execute(
                Sql("DELETE FROM alias WHERE practice = ? AND old_key = ?", (practice, key_of_ref(extra.old)))
            )
            if not done:
                raise Refused("merge", sentence("This record is not merged into another one."))


def _merge(connection: Connection, practice: str, merge: Merge, at: datetime) -> None:
    if merge.old == merge.survivor:
        raise Refused("merge", sentence("A record cannot be merged into itself."))
    if _survivor_of(connection, practice, merge.old):
        raise Refused("merge", sentence("This record has been merged already. Undo that first."))
    chained = _survivor_of(connection, practice, merge.survivor)
    if chained:
        raise Refused("merge", sentence("The record to keep was itself merged into another one. Merge into that one."))
    old, survivor = key_of_ref(merge.old), key_of_ref(merge.survivor)
    connection.execute(
        Sql(
            "UPDATE alias SET surviving_key = ?, surviving_id = ? WHERE practice = ? AND surviving_key = ?",
            (survivor, merge.survivor.id, practice, old),
        )
    )
    connection.execute(
        Sql(
            "INSERT INTO alias (practice, old_key, surviving_key, old_id, surviving_id, at) VALUES (?, ?, ?, ?, ?, ?)",
            (practice, old, survivor, merge.old.id, merge.survivor.id, at),
        )
    )


def _survivor_of(connection: Connection, practice: str, ref: Ref) -> Row | None:
    rows = connection.rows(
        Sql("SELECT surviving_id FROM alias WHERE practice = ? AND old_key = ?", (practice, key_of_ref(ref)))
    )
    return rows[0] if rows else None


def survivor(connection: Connection, practice: str, ref: Ref) -> Ref:
    """The record that a reference to `ref` means now: itself, or the one it was merged into."""
    row = _survivor_of(connection, practice, ref)
    return Ref(ref.type, str(row[0])) if row else ref


def written_since(connection: Connection, practice: str, old: Ref) -> list[Ref]:
    """What was written for the merged record since the merge: what an unmerge has to look at."""
    rows = connection.rows(
        Sql(
            "SELECT DISTINCT v.type, v.id FROM version v JOIN alias a ON a.practice = v.practice "
            "AND a.old_key = ? AND v.at >= a.at AND v.patient_key IN (a.old_key, a.surviving_key) "
            "WHERE v.practice = ? ORDER BY v.type, v.id",
            (key_of_ref(old), practice),
        )
    )
    return [Ref(str(row[0]), str(row[1])) for row in rows]
