"""What the pages of messages declare; the permissions are the skill's."""

from carewright.core.registry import Manifest, Nav, Topic
from carewright.core.sentences import term
from carewright.core.settings.manifest import CHANGE

MANIFEST = Manifest(
    name="inbox",
    doc="Messages between staff: what is for me, for my role, what I asked; one thread; a new one; the templates.",
    topics=(Topic(name="messages", types=frozenset({"Communication"}), doc="Somebody's messages may look different."),),
    nav=(
        Nav(
            label=term("Messages"), url_name="inbox", permission="messages.see", key="m", quick="mail",
            counts="inbox-unread", topic="messages",
        ),
        Nav(label=term("Message templates"), url_name="inbox-templates", permission=CHANGE, seldom=True),
    ),
    urls="carewright.workspaces.inbox.urls",
    url_prefix="messages/",
)  # fmt: skip
