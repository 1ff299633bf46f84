"""What the pages for merging charts declare; the permission is registration's."""

from carewright.core.registry import Manifest

MANIFEST = Manifest(
    name="merge-charts",
    doc="Two charts of one person: find them, compare them, merge them, and undo it; or say that they are two people.",
    urls="carewright.workspaces.merge_charts.urls",
    url_prefix="merge/",
)
