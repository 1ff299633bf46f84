"""The writes of messages. A message does nothing by itself: nobody's order follows from it."""

from collections.abc import Callable
from dataclasses import replace

from carewright.core.store.model import Conflict, NotFound, Ref, Resource
from carewright.core.store.once import claim_form
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.work import lifecycle, queries
from carewright.core.work.actions import plan_change
from carewright.core.work.model import Pool
from carewright.skills.messages import threads, threads_fhir
from carewright.skills.messages.codes import ANSWER_MESSAGE
from carewright.skills.messages.fhir import from_fhir, to_fhir
from carewright.skills.messages.model import Message
from carewright.skills.messages.owed import OWED
from carewright.skills.messages.threads import Outcome, Thread, Words

ATTEMPTS = 10


def send(writer: Writer, *, message: Message, form_key: str = "") -> Ref:
    """Leave a message about a visit; KeyTaken if the form with `form_key` was sent before."""
    writer.access.require_action("messages.write")
    with writer.transaction(reason="messages.send") as tx:
        ref = tx.create(to_fhir(message))
        claim_form(tx, form_key, holder=ref)
    return ref


def seen_to(writer: Writer, *, message_id: str) -> None:
    """It has been seen to, by whoever says so; a second time changes nothing. NotFound for what is no message."""
    writer.access.require_action("messages.write")
    ref = Ref("Communication", message_id)
    with writer.store.reader(writer.access, reason="messages.seen-to") as reader:
        stored = reader.resource(ref)
    message = from_fhir(stored)
    if message is None:
        raise NotFound(f"{ref} is no message.")
    if message.seen_to:
        return
    done = to_fhir(replace(message, seen_to=True, seen_to_by=writer.access.actor.reference))
    with writer.transaction(reason="messages.seen-to") as tx:
        tx.update({**stored, **done}, version=int(stored["meta"]["versionId"]))


def begin(writer: Writer, *, thread: Thread, form_key: str = "") -> Ref:
    """Begin a thread: whoever it is for is owed an answer's task with it. KeyTaken if the form was sent before."""
    writer.access.require_action("messages.write")
    me = writer.access.actor.reference
    mine = replace(thread, first=replace(thread.first, by=me), seen_by=(me,))
    with writer.transaction(reason="messages.begin") as tx:
        ref = tx.create(threads_fhir.to_fhir(mine))
        claim_form(tx, form_key, holder=ref)
    return ref


def answer(writer: Writer, *, thread_id: str, words: Words, form_key: str = "") -> Ref:
    """Write an answer; the others have it unread. In a closed thread it opens that again."""
    writer.access.require_action("messages.write")
    me = writer.access.actor.reference
    stored = _thread(writer, thread_id)
    thread = threads.answered(_read(stored), by=me)
    with writer.transaction(reason="messages.answer") as tx:
        ref = tx.create(threads_fhir.reply_to_fhir(replace(words, by=me), to=thread))
        tx.update(threads_fhir.to_fhir(thread, onto=stored), version=int(stored["meta"]["versionId"]))
        claim_form(tx, form_key, holder=ref)
    return ref


def give_to(
    writer: Writer, *, thread_id: str, to: str = "", pool: Pool | None = None, version: int | None = None
) -> None:
    """Give a thread to a person or a role; its task goes with it. NotPossible for nobody."""
    me = writer.access.actor.reference
    _change(
        writer, thread_id, lambda thread: threads.given_to(thread, by=me, to=to, pool=pool),
        reason="messages.give-to", version=version,
    )  # fmt: skip


def close(writer: Writer, *, thread_id: str, outcome: Outcome, words: str = "", version: int | None = None) -> None:
    """Close a thread with what came of it; its task ends."""
    me = writer.access.actor.reference
    _change(
        writer, thread_id, lambda thread: threads.closed(thread, by=me, outcome=outcome, words=words),
        reason="messages.close", version=version,
    )  # fmt: skip


def see(writer: Writer, *, thread_id: str) -> None:
    """Somebody has read it as it stands; a second time writes nothing. Who was faster does not matter."""
    me = writer.access.actor.reference
    for attempt in range(ATTEMPTS):
        try:
            _change(writer, thread_id, lambda thread: threads.seen(thread, by=me), reason="messages.see")
            return
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise


def _change(
    writer: Writer, thread_id: str, step: Callable[[Thread], Thread], *, reason: str, version: int | None = None
) -> None:
    writer.access.require_action("messages.write")
    stored = _thread(writer, thread_id)
    before = _read(stored)
    after = step(before)
    if after == before:
        return
    with writer.transaction(reason=reason) as tx:
        changed = threads_fhir.to_fhir(after, onto=stored)
        tx.update(changed, version=version or int(stored["meta"]["versionId"]))
        if after.is_open and (after.to, after.pool) != (before.to, before.pool):
            _hand_over_task(writer, tx, after)


def _hand_over_task(writer: Writer, tx: Transaction, thread: Thread) -> None:
    """The task of a leg keeps whose it is; with the thread it goes to whoever has that now."""
    ref = OWED.task_of(Ref("Communication", thread.id), ANSWER_MESSAGE)
    with writer.store.reader(writer.access, reason="messages.give-to") as reader:
        task, stored = queries.task(reader, ref.id)
    if task.is_open:
        moved = lifecycle.hand_over(task, to=thread.to, pool=thread.pool)
        plan_change(tx, stored, moved, at=writer.store.clock.now())


def _thread(writer: Writer, thread_id: str) -> Resource:
    with writer.store.reader(writer.access, reason="messages.thread") as reader:
        return reader.resource(Ref("Communication", thread_id))


def _read(stored: Resource) -> Thread:
    thread = threads_fhir.from_fhir(stored)
    if thread is None:
        raise NotFound("This is no thread of messages.")
    return thread
