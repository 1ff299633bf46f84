"""What the rooming workspace declares."""

from carewright.core.access.model import CLINICAL
from carewright.core.registry import Manifest, Permission

MANIFEST = Manifest(
    name="rooming",
    doc="Rooming a patient: the checklist by kind of visit, the vital signs, the hand-over to the provider.",
    permissions=(Permission(action="rooming.open", roles=CLINICAL, doc="Open the rooming page of a visit."),),
    urls="carewright.workspaces.rooming.urls",
    url_prefix="rooming/",
)
