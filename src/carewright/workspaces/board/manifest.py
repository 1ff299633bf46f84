"""What the flow board declares."""

from carewright.core.access.model import CLINICAL, STAFF
from carewright.core.registry import Manifest, Nav, Topic, may_see
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="board",
    doc="The live flow board: who waits for whom, since when, and which rooms are clean.",
    permissions=(
        may_see(
            "board.see",
            STAFF,
            on=("Appointment", "Encounter", "Flag", "Location", "Patient", "Practitioner", "Provenance", "Task"),
            doc="See the flow board, and who changed what on it.",
        ),
    ),
    topics=(
        Topic(
            name="board",
            types=frozenset({"Appointment", "Encounter", "Flag", "Location", "Patient", "Task"}),
            doc="A row of the flow board or a room may look different.",
        ),
    ),
    nav=(Nav(label=term("Flow board"), url_name="board", permission="board.see", key="b", home_of=CLINICAL),),
    urls="carewright.workspaces.board.urls",
    url_prefix="board/",
)
