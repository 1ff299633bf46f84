"""Export: the current versions of a practice as one `<Type>.ndjson` per type, byte for byte as they are stored.

The layout is that of FHIR Bulk Data: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request
"""

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Protocol

from carewright.core.access.model import Access
from carewright.core.audit.records import Action, record
from carewright.core.clock import wall_now
from carewright.core.store import dump
from carewright.core.store.model import Origin
from carewright.core.store.store import Store

Told = Callable[[str, int], None]


class Writable(Protocol):
    """What takes bytes: a file of the system, or one of a job."""

    def write(self, data: bytes, /) -> object: ...


def write_lines(file: Writable, bodies: Iterable[bytes], *, told: Callable[[int], None] = lambda done: None) -> int:
    """Write bodies as lines, as they are; how many."""
    count = 0
    for body in bodies:
        file.write(body + b"\n")
        count += 1
        told(1)
    return count


class NotEmptyFolder(Exception):
    """The folder holds NDJSON files already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} holds .ndjson files already. Name another folder.")


def export(
    store: Store, access: Access, folder: Path, *, told: Told = lambda resource_type, done: None
) -> dict[str, int]:
    """Write the files; how many resources of each type. NotEmptyFolder. It leaves an audit row with the counts.

    All files show one moment. A file appears under its name when it is complete.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.glob("*.ndjson")):
        raise NotEmptyFolder(folder)
    counts: dict[str, int] = {}
    with store.driver.snapshot(access.practice) as connection:
        for resource_type in dump.types_here(connection, access.practice):
            bodies = (stored.body or b"" for stored in dump.current(connection, access.practice, resource_type))
            path = folder / f"{resource_type}.ndjson"
            beside = path.with_suffix(".part")
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                counts[resource_type] = write_lines(file, bodies, told=partial(told, resource_type))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
    detail = {"counts": counts}
    store.write_audit(
        record(access, at=wall_now(), action=Action.EXECUTE, reason="export", origin=Origin.SYSTEM, detail=detail)
    )
    return counts
