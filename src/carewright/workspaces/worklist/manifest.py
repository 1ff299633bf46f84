"""What the worklist declares. Its permissions are the work engine's."""

from carewright.core.registry import Manifest, Nav, Topic
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="worklist",
    doc="Next for you: one person's tasks, the next one first with the reasons; one task; a new one; STAT calls.",
    topics=(Topic(name="tasks", types=frozenset({"Task"}), doc="Somebody's list of tasks may look different."),),
    nav=(Nav(label=term("Next for you"), url_name="worklist", permission="work.do", key="x"),),
    urls="carewright.workspaces.worklist.urls",
    url_prefix="worklist/",
)
