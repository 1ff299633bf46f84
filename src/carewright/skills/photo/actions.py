"""The writes of photos. The file is kept before the transaction that names it: a name without a file is worse."""

from datetime import datetime
from hashlib import sha1

from carewright.core.access.model import Interaction
from carewright.core.blobs.blobs import Blobs, for_one_file
from carewright.core.store.model import Conflict, Ref
from carewright.core.store.writer import Writer
from carewright.skills.photo import rules
from carewright.skills.photo.fhir import photo_of, with_photo
from carewright.skills.photo.model import JPEG, Photo

ATTEMPTS = 3


def take(writer: Writer, *, blobs: Blobs, patient_id: str, sent: bytes, at: datetime) -> Photo:
    """Keep the picture in `sent` as the patient's photo, in place of the one before. NoPicture, NotFound."""
    writer.access.require_action("photo.take")
    made = rules.portrait(sent)
    blob = blobs.put(
        for_one_file(writer.access, Interaction.CREATE),
        made,
        content_type=JPEG,
        reason="photo.take",
        origin=writer.origin,
    )
    check = sha1(made, usedforsecurity=False).digest()
    photo = Photo(digest=blob.digest, size=blob.size, taken_at=at, sha1=check)
    _write(writer, patient_id=patient_id, photo=photo, reason="photo.take")
    return photo


def remove(writer: Writer, *, patient_id: str) -> None:
    """Take the photo off the patient; nothing happens where there is none. NotFound."""
    writer.access.require_action("photo.take")
    _write(writer, patient_id=patient_id, photo=None, reason="photo.remove")


def _write(writer: Writer, *, patient_id: str, photo: Photo | None, reason: str) -> None:
    """Change the photo and nothing else, whatever version stands: it is not made of what the rest says."""
    for attempt in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason=reason) as reader:
            patient = reader.resource(Ref("Patient", patient_id))
        before = photo_of(patient)
        if (before and before.digest) == (photo and photo.digest):
            return
        try:
            with writer.transaction(reason=reason) as tx:
                tx.update(with_photo(patient, photo), version=int(patient["meta"]["versionId"]))
            return
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
