"""Patient.photo: ours is the Attachment whose `url` is an RFC 6920 name of a SHA-256 digest.

https://hl7.org/fhir/R4/datatypes.html#Attachment, https://www.rfc-editor.org/rfc/rfc6920
"""

import base64

from carewright.core.fhir.dates import interval
from carewright.core.store.model import Resource
from carewright.skills.photo.model import JPEG, Photo

NAME = "ni:///sha-256;"
DIGEST_BYTES = 32


def to_fhir(photo: Photo) -> Resource:
    """The Attachment."""
    found: Resource = {
        "contentType": JPEG,
        "url": NAME + base64.urlsafe_b64encode(bytes.fromhex(photo.digest)).decode().rstrip("="),
        "size": photo.size,
    }
    if photo.sha1:
        found["hash"] = base64.b64encode(photo.sha1).decode()
    if photo.taken_at:
        found["creation"] = photo.taken_at.isoformat()
    return found


def from_fhir(attachment: Resource) -> Photo | None:
    """Our photo; None for an attachment from elsewhere."""
    url = str(attachment.get("url", ""))
    if attachment.get("contentType") != JPEG or not url.startswith(NAME):
        return None
    try:
        digest = base64.b64decode(url.removeprefix(NAME) + "=", altchars=b"-_", validate=True)
    except ValueError:  # binascii.Error is one; so is a letter that is not ASCII
        return None
    if len(digest) != DIGEST_BYTES:
        return None
    created = attachment.get("creation")
    return Photo(
        digest=digest.hex(),
        size=int(attachment.get("size", 0)),
        taken_at=interval(created)[0] if created else None,
    )


def photo_of(patient: Resource) -> Photo | None:
    """The photo that is shown of a patient."""
    found = (from_fhir(attachment) for attachment in patient.get("photo", ()))
    return next((photo for photo in found if photo is not None), None)


def with_photo(patient: Resource, photo: Photo | None) -> Resource:
    """The patient with this photo in place of ours, or without one. What came from elsewhere stays."""
    others = [attachment for attachment in patient.get("photo", ()) if from_fhir(attachment) is None]
    listed = [to_fhir(photo), *others] if photo else others
    bare = {key: value for key, value in patient.items() if key != "photo"}
    return bare | ({"photo": listed} if listed else {})
