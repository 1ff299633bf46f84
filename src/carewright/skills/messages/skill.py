"""What the messages skill declares."""

from carewright.core.access.model import CLINICAL, READ, WRITE, Role
from carewright.core.registry import Manifest, Permission

WRITERS = CLINICAL | {Role.FRONT_DESK}

MANIFEST = Manifest(
    name="messages",
    doc="Plain messages between staff about a visit; nothing is acted on from their text.",
    permissions=(
        Permission(
            action="messages.see",
            roles=WRITERS,
            doc="Read the messages about a visit.",
            grants={"Communication": READ},
        ),
        Permission(
            action="messages.write",
            roles=WRITERS,
            doc="Leave a message about a visit; say that one has been seen to.",
            grants={"Communication": WRITE},
        ),
    ),
)
