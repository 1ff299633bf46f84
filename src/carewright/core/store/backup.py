"""Backup: everything of a practice in one file that either engine can restore. It is read back before it counts.

What it takes is one moment (`Driver.snapshot`), while others go on writing. Those who may sign in are not in the store:
whoever calls gives them as records, and takes them back when they are restored.
"""

from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carewright.core.clock import wall_now
from carewright.core.store import archive, blob_rows, chain, dump
from carewright.core.store.archive import Contents
from carewright.core.store.sql import Sql

if TYPE_CHECKING:
    from carewright.core.store.store import Store

ReadBlob = Callable[[str, str], bytes]
"""Practice and digest to content."""
Told = Callable[[str, int], None]
"""Hears the part that is being worked on and how many more records of it are done."""
SIGN_INS = "sign_in"
"""The part with those who may sign in."""


def nobody(part: str, done: int) -> None:
    """A `Told` that says nothing."""


def back_up(
    store: "Store",
    practice: str,
    path: Path,
    *,
    read_blob: ReadBlob,
    sign_ins: Iterable[dict[str, Any]] = (),
    told: Told = nobody,
) -> Contents:
    """Write the backup of a practice to `path`; its manifest. BadArchive if what was written does not read back."""
    with archive.writing(path) as writer, store.driver.snapshot(practice) as connection:
        for name, records in dump.PARTS.items():
            writer.records(name, records(connection, practice), told=partial(told, name))
        for blob in blob_rows.every(connection, practice):
            writer.blob(blob.digest, read_blob(practice, blob.digest))
            told("files", 1)
        writer.records(SIGN_INS, sign_ins, told=partial(told, SIGN_INS))
        last = chain.Trail(connection, practice).last_seal()
        name_row = connection.rows(Sql("SELECT name FROM practice WHERE practice = ?", (practice,)))
        contents = Contents(
            practice=practice,
            practice_name=str(name_row[0][0]) if name_row else practice,
            created_at=wall_now().isoformat(),
            product=version("carewright"),
            engine=connection.dialect.name,
            chain=last.chain.hex() if last else "",
        )
        writer.manifest(contents)
    return archive.contents(path)
