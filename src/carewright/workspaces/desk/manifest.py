"""What the front desk declares."""

from carewright.core.access.model import READ, STAFF
from carewright.core.registry import Manifest, Nav, Permission, Topic


def _(words: str) -> str:
    """Marks words for the catalogue: manifests are read before Django, and the words are translated where shown."""
    return words


MANIFEST = Manifest(
    name="desk",
    doc="The front desk: the day's appointments, checking in, booking, registering.",
    permissions=(
        Permission(
            action="desk.see",
            roles=STAFF,
            doc="See the day's appointments at the front desk.",
            grants=dict.fromkeys(
                ("Appointment", "Encounter", "Flag", "Group", "Location", "Patient", "Practitioner", "Schedule"), READ
            ),
        ),
    ),
    topics=(
        Topic(
            name="desk",
            types=frozenset({"Appointment", "Encounter", "Patient"}),
            doc="The list of the day's appointments may look different.",
        ),
    ),
    nav=(Nav(label=_("Front desk"), url_name="desk", permission="desk.see", key="d"),),
    urls="carewright.workspaces.desk.urls",
    url_prefix="desk/",
)
