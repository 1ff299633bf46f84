"""What the photo page declares."""

from carewright.core.registry import Manifest

MANIFEST = Manifest(
    name="photo-page",
    doc="Take, choose or take away a patient's photo; and the photo itself, for the banner.",
    urls="carewright.workspaces.photo_page.urls",
    url_prefix="photo/",
)
