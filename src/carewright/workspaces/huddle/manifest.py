"""What the huddle declares."""

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, Nav, Topic, may_see
from carewright.core.sentences import term
from carewright.workspaces.huddle.night import FILL_HOUR

MANIFEST = Manifest(
    name="huddle",
    doc="The huddle: one line per booked patient of a day, ready or not and why; printed, it is the downtime packet.",
    permissions=(
        may_see(
            "huddle.see",
            CLINICAL | {Role.FRONT_DESK, Role.MANAGER},
            on=("Appointment", "Encounter", "Flag", "Location", "Patient", "Practitioner", "Task"),
            doc="See and print the huddle, each as far as they may see the charts.",
        ),
    ),
    topics=(
        Topic(
            name="huddle",
            types=frozenset({
                "Appointment", "CarePlan", "Condition", "Consent", "Coverage", "DiagnosticReport", "Flag",
                "Observation", "Patient", "QuestionnaireResponse", "ServiceRequest", "Task",
            }),
            doc="A line of the huddle may say something else.",
        ),
    ),
    settings=(FILL_HOUR,),
    nav=(Nav(label=term("Huddle"), url_name="huddle", permission="huddle.see", key="u"),),
    urls="carewright.workspaces.huddle.urls",
    url_prefix="huddle/",
)  # fmt: skip
