"""What the pages of apps declare."""

from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term
from carewright.core.smart.clients import MANAGE

MANIFEST = Manifest(
    name="apps",
    doc="Apps of others (SMART): started from a chart, allowed by whoever is at work, registered by the manager.",
    nav=(Nav(label=term("Apps"), url_name="apps-registered", permission=MANAGE, seldom=True),),
    urls="carewright.workspaces.apps.urls",
)
