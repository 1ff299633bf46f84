"""What the pages of asks declare; the permissions are the skill's."""

from carewright.core.registry import Manifest

MANIFEST = Manifest(
    name="asking",
    doc="What a provider asks the MA of a visit for: one tap each, who is on it, and the pop-up on the MA's screen.",
    urls="carewright.workspaces.asking.urls",
    url_prefix="ask/",
)
