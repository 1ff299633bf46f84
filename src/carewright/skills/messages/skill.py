"""What the messages skill declares."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, may_see, may_write, tasks_for
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.core.work.model import ANYONE
from carewright.skills.messages.codes import ANSWER_MESSAGE, SEE_VISIT_MESSAGE
from carewright.skills.messages.owed import OWED
from carewright.skills.messages.settings import TEMPLATES
from carewright.skills.messages.threads_fhir import from_fhir, reply_from_fhir

WRITERS = CLINICAL | {Role.FRONT_DESK}
COMMUNICATION = frozenset({"Communication"})


def thread_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The row of a thread; none for any other Communication."""
    thread = from_fhir(resource)
    if thread is None:
        return
    pool = thread.role_pool
    yield {
        "id": thread.id,
        "topic": thread.topic,
        "patient": thread.patient.removeprefix("Patient/"),
        "owner": thread.owner,
        "pool_role": pool.role.value if pool and pool.role else ANYONE if pool else "",
        "sender": thread.first.by,
        "is_open": int(thread.is_open),
        "outcome": thread.outcome.value if thread.outcome else "",
        "due_at": thread.due_at,
        "seen_by": " ".join(thread.seen_by),
        "owner_saw": int(thread.owner in ("", *thread.seen_by)),
        "sender_saw": int(thread.first.by in thread.seen_by),
        "sent_at": thread.first.at,
        "version": thread.version,
    }


def reply_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The row of an answer; none for any other Communication."""
    words = reply_from_fhir(resource)
    head = next((str(one.get("reference", "")) for one in resource.get("inResponseTo", ())), "")
    if words is not None and head:
        yield {"id": resource["id"], "thread": head.removeprefix("Communication/"), "sent_at": words.at}


MANIFEST = Manifest(
    name="messages",
    doc="Messages between staff, about a visit or in threads that are owed an answer; nothing is acted on from their "
    "text.",
    permissions=(
        may_see("messages.see", WRITERS, on=COMMUNICATION, doc="Read the messages about a visit, and threads."),
        may_write(
            "messages.write",
            WRITERS,
            on=COMMUNICATION,
            doc="Leave a message about a visit; say that one has been seen to; begin, answer and close a thread.",
        ),
    ),
    effects=(OWED.effect(),),
    guards=(OWED.guard(),),
    projections=(
        Projection(
            name="message_thread",
            types=COMMUNICATION,
            columns=(
                *texts("id", "topic", "patient", "owner", "pool_role", "sender"),
                *wholes("is_open"),
                *texts("outcome"),
                *instants("due_at"),
                *texts("seen_by"),
                *wholes("owner_saw", "sender_saw"),
                *instants("sent_at"),
                *wholes("version"),
            ),
            rows=thread_rows,
            indexes=(
                ("owner", "is_open", "pool_role"),
                ("sender", "is_open"),
                ("owner", "owner_saw"),
                ("sender", "sender_saw"),
                ("id",),
            ),
            version=2,
            doc="One row per thread: whose it is, by when, and who has seen it as it stands.",
        ),
        Projection(
            name="message_reply",
            types=COMMUNICATION,
            columns=(*texts("id", "thread"), *instants("sent_at")),
            rows=reply_rows,
            indexes=(("thread",),),
            doc="One row per answer in a thread.",
        ),
    ),
    task_codes=tasks_for(WRITERS, ANSWER_MESSAGE, SEE_VISIT_MESSAGE),
    settings=(TEMPLATES,),
)
