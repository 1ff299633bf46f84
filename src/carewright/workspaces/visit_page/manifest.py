"""What the provider's visit page declares."""

from carewright.core.access.model import CLINICAL
from carewright.core.registry import Manifest, Permission, Topic

MANIFEST = Manifest(
    name="visit-page",
    doc="The provider's page of a visit: what was recorded so far, messages to the MA, the steps to its end.",
    permissions=(Permission(action="visit-page.see", roles=CLINICAL, doc="Open the provider's page of a visit."),),
    topics=(
        Topic(
            name="visit-page",
            types=frozenset({"AllergyIntolerance", "Communication", "Encounter", "List", "Observation", "Task"}),
            doc="What was recorded at a visit may look different.",
        ),
    ),
    urls="carewright.workspaces.visit_page.urls",
    url_prefix="visit/",
)
