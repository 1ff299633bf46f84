"""What the messages skill declares."""

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, may_see, may_write

WRITERS = CLINICAL | {Role.FRONT_DESK}

MANIFEST = Manifest(
    name="messages",
    doc="Plain messages between staff about a visit; nothing is acted on from their text.",
    permissions=(
        may_see("messages.see", WRITERS, on=("Communication",), doc="Read the messages about a visit."),
        may_write(
            "messages.write",
            WRITERS,
            on=("Communication",),
            doc="Leave a message about a visit; say that one has been seen to.",
        ),
    ),
)
