"""What the flow board declares."""

from carewright.core.access.model import CLINICAL, READ, STAFF
from carewright.core.registry import Manifest, Nav, Permission, Topic


def _(words: str) -> str:
    """Marks words for the catalogue: manifests are read before Django, and the words are translated where shown."""
    return words


MANIFEST = Manifest(
    name="board",
    doc="The live flow board: who waits for whom, since when, and which rooms are clean.",
    permissions=(
        Permission(
            action="board.see",
            roles=STAFF,
            doc="See the flow board, and who changed what on it.",
            grants=dict.fromkeys(
                ("Appointment", "Encounter", "Flag", "Location", "Patient", "Practitioner", "Provenance", "Task"), READ
            ),
        ),
    ),
    topics=(
        Topic(
            name="board",
            types=frozenset({"Appointment", "Encounter", "Flag", "Location", "Patient", "Task"}),
            doc="A row of the flow board or a room may look different.",
        ),
    ),
    nav=(Nav(label=_("Flow board"), url_name="board", permission="board.see", key="b", home_of=CLINICAL),),
    urls="carewright.workspaces.board.urls",
    url_prefix="board/",
)
