"""What the chart workspace declares."""

from carewright.core.access.model import CLINICAL
from carewright.core.registry import Manifest, Permission, may_see

MANIFEST = Manifest(
    name="chart",
    doc="A patient's chart: problems, medicines, allergies, vital signs, vaccines, visits; the family one tap away.",
    permissions=(
        Permission(action="chart.see", roles=CLINICAL, doc="Open a patient's chart."),
        may_see(
            "chart.from-elsewhere",
            CLINICAL,
            on=("Device", "Goal", "Medication", "MedicationDispense", "Procedure"),
            doc="See what other systems have brought into the chart and no page of ours writes.",
        ),
    ),
    urls="carewright.workspaces.chart.urls",
    url_prefix="chart/",
)
