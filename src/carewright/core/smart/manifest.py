"""What SMART adds to the product: the permission to register programs."""

from carewright.core.access.model import Role
from carewright.core.registry import Manifest, Permission
from carewright.core.smart.clients import MANAGE

MANIFEST = Manifest(
    name="smart",
    doc="Programs of others that work with the charts: who they are, what people have allowed them, and their tokens.",
    permissions=(
        Permission(
            action=MANAGE,
            roles=frozenset({Role.MANAGER}),
            doc="Register apps and backend programs, see them all, and disable one, which ends its tokens.",
        ),
    ),
)
