"""What the history skill declares: who may read problems, medicines and vaccines."""

from carewright.core.access.model import CLINICAL
from carewright.core.registry import Manifest, may_see

MANIFEST = Manifest(
    name="history",
    doc="What the chart holds from before: problems, medicines, vaccines.",
    permissions=(
        may_see(
            "history.see",
            CLINICAL,
            on=("Condition", "MedicationRequest", "MedicationStatement", "Immunization"),
            doc="Read problems, medicines and vaccines.",
        ),
    ),
)
