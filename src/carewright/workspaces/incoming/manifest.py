"""What the pages of papers declare; the permissions are the skill's."""

from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="incoming-pages",
    doc="Papers in: what came, whose it is, what it is, who sees to it; sign it, move it, put it away.",
    nav=(Nav(label=term("Papers in"), url_name="incoming", permission="incoming.see", key="f", seldom=True),),
    urls="carewright.workspaces.incoming.urls",
    url_prefix="incoming/",
)
