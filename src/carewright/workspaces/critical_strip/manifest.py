"""What the strip of critical calls declares: its addresses."""

from carewright.core.registry import Manifest

MANIFEST = Manifest(
    name="critical-strip",
    doc="On every page of whoever called: whom a critical value rings, who has answered, and the read-back.",
    urls="carewright.workspaces.critical_strip.urls",
    url_prefix="critical/",
)
