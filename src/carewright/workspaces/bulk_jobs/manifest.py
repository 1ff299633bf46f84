"""What the page of exports and imports declares; the permission is core/bulk's."""

from carewright.core.bulk.manifest import SEE
from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="bulk-jobs",
    doc="The exports and imports of the practice's programs: how far each is, whose it is, and an end for it.",
    nav=(Nav(label=term("Exports and imports"), url_name="bulk-jobs", permission=SEE, seldom=True),),
    urls="carewright.workspaces.bulk_jobs.urls",
    url_prefix="exports/",
)
