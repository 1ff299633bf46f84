"""What settings add to the product: the permission to change them for others."""

from carewright.core.access.model import Role
from carewright.core.registry import Manifest, Permission

CHANGE = "settings.change"

MANIFEST = Manifest(
    name="settings",
    doc="Values that a practice, a site or a person chooses; typed, versioned and audited.",
    permissions=(
        Permission(
            action=CHANGE,
            roles=frozenset({Role.MANAGER}),
            doc="Change settings of the practice, of a site or of another person. Everybody changes their own.",
        ),
    ),
)
