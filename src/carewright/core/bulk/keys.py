"""The list of what an export has chosen: keys and versions, 24 bytes each, in a file of the job.

A file and not a table: for a million records it is 24 MB that are written in seconds and hold up nobody's writes.
"""

import struct
from collections.abc import Iterator
from uuid import UUID

from carewright.core.bulk.files import FrameReader, FrameWriter
from carewright.core.store.bulk_selection import Entry

NAME = "chosen"
_ENTRY = struct.Struct(">16sQ")
ENTRY_BYTES = _ENTRY.size


def write(writer: FrameWriter, entry: Entry) -> None:
    writer.write(_ENTRY.pack(entry.key.bytes, entry.version))


def read(reader: FrameReader, *, start: int, count: int) -> Iterator[Entry]:
    """`count` entries from entry `start` on; fewer where the list ends."""
    reader.seek(start * ENTRY_BYTES)
    for _ in range(count):
        packed = bytearray(ENTRY_BYTES)
        if reader.readinto(packed) < ENTRY_BYTES:
            return
        key, version = _ENTRY.unpack(packed)
        yield Entry(UUID(bytes=key), version)
