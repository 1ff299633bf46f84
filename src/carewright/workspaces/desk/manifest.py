"""What the front desk declares."""

from carewright.core.access.model import STAFF
from carewright.core.registry import Manifest, Nav, Topic, may_see
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="desk",
    doc="The front desk: the day's appointments, checking in, booking, registering.",
    permissions=(
        may_see(
            "desk.see",
            STAFF,
            on=("Appointment", "Encounter", "Flag", "Group", "Location", "Patient", "Practitioner", "Schedule"),
            doc="See the day's appointments at the front desk.",
        ),
    ),
    topics=(
        Topic(
            name="desk",
            types=frozenset({"Appointment", "Encounter", "Patient"}),
            doc="The list of the day's appointments may look different.",
        ),
    ),
    nav=(Nav(label=term("Front desk"), url_name="desk", permission="desk.see", key="d"),),
    urls="carewright.workspaces.desk.urls",
    url_prefix="desk/",
)
