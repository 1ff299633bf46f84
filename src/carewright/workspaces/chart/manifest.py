"""What the chart workspace declares."""

from carewright.core.access.model import CLINICAL
from carewright.core.registry import Manifest, Permission

MANIFEST = Manifest(
    name="chart",
    doc="A patient's chart: problems, medicines, allergies, vital signs, vaccines, visits; the family one tap away.",
    permissions=(Permission(action="chart.see", roles=CLINICAL, doc="Open a patient's chart."),),
    urls="carewright.workspaces.chart.urls",
    url_prefix="chart/",
)
