"""Blobs: photos, scans and documents, kept encrypted under the digest of their content, with a row and an audit row.

A resource (DocumentReference, Binary, Patient.photo) names a blob by its digest; who may see the blob follows from
who may read Binary resources, and the caller has checked the resource that names it.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from carewright.core.access.model import Access, Interaction
from carewright.core.audit.records import Action, record
from carewright.core.blobs.files import BlobFiles
from carewright.core.clock import wall_now
from carewright.core.store import blob_rows
from carewright.core.store.blob_rows import Blob
from carewright.core.store.model import NotFound, Origin, StoreError

if TYPE_CHECKING:
    from carewright.core.store.store import Store

LARGEST_BYTES = 32 * 1024 * 1024


class BlobTooLarge(StoreError):
    """The file is larger than a blob may be."""

    def __init__(self) -> None:
        super().__init__(f"A file may have at most {LARGEST_BYTES // (1024 * 1024)} MB. Make it smaller or split it.")


def for_one_file(access: Access, interaction: Interaction) -> Access:
    """The right to keep (or read) the file that an action is about and no other: a skill opens no Binary of the API."""
    return replace(access, grants={**access.grants, "Binary": frozenset({interaction})})


class Blobs:
    """The blobs of an installation: `files` hold the content, the store the rows."""

    def __init__(self, store: "Store", files: BlobFiles) -> None:
        self.store, self.files = store, files

    def put(
        self, access: Access, content: bytes, *, content_type: str, reason: str, origin: Origin = Origin.SCREEN
    ) -> Blob:
        """Keep a file; the same content is kept once. BlobTooLarge, AccessDenied."""
        access.require(Interaction.CREATE, "Binary")
        if len(content) > LARGEST_BYTES:
            raise BlobTooLarge
        now = wall_now()
        # The file first: a row without a file would be a promise not kept, a file without a row is only waste.
        digest = self.files.write(access.practice, content)
        blob = Blob(digest=digest, size=len(content), content_type=content_type, created_at=now)
        detail = {"blob": digest, "size": blob.size}
        audit = record(access, at=now, action=Action.CREATE, reason=reason, origin=origin.value, detail=detail)
        with self.store.driver.writing(access.practice) as connection:
            blob_rows.add(connection, blob, audit=audit)
        return blob

    def get(self, access: Access, digest: str, *, reason: str, origin: Origin = Origin.SCREEN) -> tuple[Blob, bytes]:
        """A kept file. NotFound, AccessDenied; BlobDamaged if it is not what was kept."""
        access.require(Interaction.READ, "Binary")
        with self.store.driver.reading(access.practice) as connection:
            blob = blob_rows.find(connection, access.practice, digest)
        if blob is None:
            raise NotFound("This file is not here.")
        content = self.files.read(access.practice, digest)
        self.store.audit_queue.put(
            record(
                access, at=wall_now(), action=Action.READ, reason=reason, origin=origin.value, detail={"blob": digest}
            )
        )
        return blob, content
