"""What the pages of protocols declare."""

from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="protocol-pages",
    doc="The protocols of the practice: what each brings, where it comes from, its versions; a manager edits them.",
    nav=(Nav(label=term("Protocols"), url_name="protocols", permission="protocols.see", seldom=True),),
    urls="carewright.workspaces.protocol_pages.urls",
    url_prefix="protocols/",
)
