"""A patient's photo as values."""

from dataclasses import dataclass
from datetime import datetime

from carewright.core.sentences import Sentence

JPEG = "image/jpeg"


class NoPicture(ValueError):
    """What was sent is no picture that can be used; `reason` is a sentence for the person."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A kept photo: the digest of its file (SHA-256, hexadecimal), its size in bytes, when it was taken."""

    digest: str
    size: int
    taken_at: datetime | None
    sha1: bytes = b""
    """FHIR's Attachment.hash is SHA-1; it guards against an error in transit, no more."""
