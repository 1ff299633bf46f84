"""What the photo skill declares."""

from carewright.core.access.model import CLINICAL, READ, WRITE, Role
from carewright.core.registry import Manifest, Permission

AT_WORK = CLINICAL | {Role.FRONT_DESK, Role.MANAGER}

MANIFEST = Manifest(
    name="photo",
    doc="The patient's photo in the banner: taken or chosen, made small and bare, taken away again.",
    permissions=(
        Permission(
            action="photo.see",
            roles=AT_WORK,
            doc="See the photo of a patient.",
            grants={"Patient": READ},
        ),
        Permission(
            action="photo.take",
            roles=AT_WORK,
            doc="Take a photo of a patient, and take it away.",
            grants={"Patient": WRITE},
        ),
    ),
)
