"""What the phone pages declare."""

from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="phone",
    doc="The phone: a call from the first key, today's calls and what is owed, whom may I tell.",
    nav=(
        Nav(label=term("Calls"), url_name="phone-calls", permission="calls.see", key="p", seldom=True),
        Nav(label=term("Phone call"), url_name="phone", permission="calls.take", key="p", quick="phone"),
    ),
    urls="carewright.workspaces.phone.urls",
    url_prefix="phone/",
)
