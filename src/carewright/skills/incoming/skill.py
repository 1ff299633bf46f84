"""What the incoming skill declares: who sorts papers and who signs them, what is owed for one, the rows of lists."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, READ, WRITE, Role
from carewright.core.registry import Manifest, Permission, Topic, tasks_for
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.incoming import codes
from carewright.skills.incoming.fhir import from_fhir
from carewright.skills.incoming.model import ENDS
from carewright.skills.incoming.owed import OWED

SORTERS = CLINICAL | {Role.FRONT_DESK, Role.MANAGER}
DOCUMENT = frozenset({"DocumentReference"})


def paper_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row per paper: where it stands and whose it is."""
    paper = from_fhir(resource)
    if paper is None:
        return
    yield {
        "id": resource["id"],
        "stage": paper.stage.value,
        "is_open": int(paper.stage not in ENDS),
        "came_as": paper.came_as.value,
        "patient": paper.patient.removeprefix("Patient/"),
        "kind_words": paper.type_words,
        "title": paper.title,
        "route": paper.route.value if paper.route else "",
        "sent_to": paper.to,
        "why": paper.why,
        "site": paper.site,
        "came_at": paper.came_at,
        "done_at": paper.done_at,
        "version": paper.version,
    }


MANIFEST = Manifest(
    name="incoming",
    doc="Paper, fax and voicemail: taken in once, put to a chart after a second look, named, routed, signed.",
    permissions=(
        Permission(
            action="incoming.see", roles=SORTERS, doc="See the papers that came in.",
            grants=dict.fromkeys(("DocumentReference", "Patient", "Task"), READ),
        ),
        Permission(
            action="incoming.sort", roles=SORTERS, doc="Say whose a paper is, what it is, and who sees to it.",
            grants=dict.fromkeys(("DocumentReference", "Task"), WRITE),
        ),
        Permission(action="incoming.sign", roles=frozenset({Role.PROVIDER}), doc="Sign a paper that came in."),
    ),
    effects=(OWED.effect(),),
    guards=(OWED.guard(),),
    projections=(
        Projection(
            name="paper",
            types=DOCUMENT,
            columns=(
                *texts("id", "stage"),
                *wholes("is_open"),
                *texts("came_as", "patient", "kind_words", "title", "route", "sent_to", "why", "site"),
                *instants("came_at", "done_at"),
                *wholes("version"),
            ),
            rows=paper_rows,
            indexes=(("is_open", "came_at"), ("patient",), ("id",)),
            doc="One row per paper that came in.",
        ),
    ),
    topics=(Topic(name="incoming", types=DOCUMENT, doc="The list of papers may look different."),),
    task_codes=(
        *tasks_for(SORTERS, codes.MATCH, codes.NAME, codes.ACT),
        *tasks_for(frozenset({Role.PROVIDER}), codes.SIGN),
    ),
)  # fmt: skip
