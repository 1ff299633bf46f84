"""Reads of photos: the file follows the patient, so whoever may read the one and see photos may see the other."""

from carewright.core.access.model import Interaction
from carewright.core.blobs.blobs import Blobs, for_one_file
from carewright.core.store.model import NotFound, Ref
from carewright.core.store.reader import Reader
from carewright.skills.photo.fhir import photo_of
from carewright.skills.photo.model import JPEG


def picture(reader: Reader, blobs: Blobs, patient_id: str) -> bytes:
    """The JPEG of a patient's photo. NotFound where there is none, or the patient is not to be seen."""
    reader.access.require_action("photo.see")
    photo = photo_of(reader.resource(Ref("Patient", patient_id)))
    if photo is None:
        raise NotFound("This patient has no photo.")
    access = for_one_file(reader.access, Interaction.READ)
    blob, content = blobs.get(access, photo.digest, reason="photo.see")
    if blob.content_type != JPEG:  # a record from elsewhere may name any file
        raise NotFound("This patient has no photo.")
    return content
