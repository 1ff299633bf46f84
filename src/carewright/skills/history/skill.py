"""What the history skill declares: who may read problems, medicines and vaccines."""

from carewright.core.access.model import CLINICAL, READ
from carewright.core.registry import Manifest, Permission

MANIFEST = Manifest(
    name="history",
    doc="What the chart holds from before: problems, medicines, vaccines.",
    permissions=(
        Permission(
            action="history.see",
            roles=CLINICAL,
            doc="Read problems, medicines and vaccines.",
            grants=dict.fromkeys(("Condition", "MedicationRequest", "MedicationStatement", "Immunization"), READ),
        ),
    ),
)
