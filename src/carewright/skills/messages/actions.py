"""The writes of messages. A message does nothing by itself: nobody's order follows from it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from carewright.core.access.model import Interaction
from carewright.core.blobs.blobs import Blobs, for_one_file
from carewright.core.store.labels import labelled, labels_of
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
from carewright.skills.messages.threads import File, Outcome, Thread, Words

ATTEMPTS = 10
WHOSE = "messages.whose"
Done = TypeVar("Done")


def send(writer: Writer, *, message: Message, form_key: str = "") -> Ref:
    """Leave a message about a visit; KeyTaken if the form with `form_key` was sent before."""
    writer.access.require_action("messages.write")
    labels = labels_of(writer, message.patient, reason=WHOSE)
    with writer.transaction(reason="messages.send") as tx:
        ref = tx.create(labelled(to_fhir(message), labels))
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
    labels = labels_of(writer, mine.patient, reason=WHOSE)
    with writer.transaction(reason="messages.begin") as tx:
        ref = tx.create(labelled(threads_fhir.to_fhir(mine), labels))
        claim_form(tx, form_key, holder=ref)
    return ref


def keep_file(writer: Writer, *, blobs: Blobs, data: bytes, content_type: str, title: str) -> File:
    """Keep the bytes of a file that a message is to name. Before the message: a name without a file is worse."""
    writer.access.require_action("messages.write")
    blob = blobs.put(
        for_one_file(writer.access, Interaction.CREATE), data, content_type=content_type, reason="messages.keep-file",
        origin=writer.origin,
    )  # fmt: skip
    return File(digest=blob.digest, content_type=content_type, title=title, size=blob.size)


def answer(writer: Writer, *, thread_id: str, words: Words, form_key: str = "") -> Ref:
    """Write an answer; the others have it unread. In a closed thread it opens that again.

    Of two who answer at once both are heard: neither is told to write again what the other does not contradict.
    """
    writer.access.require_action("messages.write")
    return _again_if_changed(lambda: _answer(writer, thread_id, words, form_key))


def _answer(writer: Writer, thread_id: str, words: Words, form_key: str) -> Ref:
    me = writer.access.actor.reference
    stored = _thread(writer, thread_id)
    thread = threads.answered(_read(stored), by=me)
    labels = labels_of(writer, thread.patient, reason=WHOSE)
    with writer.transaction(reason="messages.answer") as tx:
        ref = tx.create(labelled(threads_fhir.reply_to_fhir(replace(words, by=me), to=thread), labels))
        changed = labelled(threads_fhir.to_fhir(thread, onto=stored), labels)
        tx.update(changed, version=int(stored["meta"]["versionId"]))
        claim_form(tx, form_key, holder=ref)
    return ref


def give_to(
    writer: Writer, *, thread_id: str, to: str = "", pool: Pool | None = None, turns: int | None = None
) -> None:
    """Give a thread to a person or a role; its task goes with it.

    NotPossible for nobody, and where something came after what was shown at `turns`.
    """
    me = writer.access.actor.reference
    _change(
        writer, thread_id, lambda thread: threads.given_to(thread, by=me, to=to, pool=pool),
        reason="messages.give-to", turns=turns,
    )  # fmt: skip


def plan_give_to(tx: Transaction, stored: Resource, *, to: str, pool: Pool | None) -> None:
    """Plan, in a transaction that an action has begun, that a thread is somebody else's; that action moves its task.

    A thread that has been closed meanwhile stays as it is.
    """
    thread = _read(stored)
    if thread.is_open:
        given = threads.given_to(thread, by=tx.access.actor.reference, to=to, pool=pool)
        tx.update(threads_fhir.to_fhir(given, onto=stored), version=int(stored["meta"]["versionId"]))


def close(writer: Writer, *, thread_id: str, outcome: Outcome, words: str = "", turns: int | None = None) -> None:
    """Close a thread with what came of it; its task ends. NotPossible where something came after `turns`."""
    me = writer.access.actor.reference
    _change(
        writer, thread_id, lambda thread: threads.closed(thread, by=me, outcome=outcome, words=words),
        reason="messages.close", turns=turns,
    )  # fmt: skip


def see(writer: Writer, *, thread_id: str, turns: int) -> None:
    """Somebody was shown it as it stood at `turns`: what came since stays unread. A second time writes nothing.

    Of two who see it at once both have seen it; of one who sees and one who answers, the answer is unread.
    """
    me = writer.access.actor.reference
    _change(writer, thread_id, lambda thread: threads.seen(thread, by=me, turns=turns), reason="messages.see")


def _again_if_changed(step: Callable[[], Done]) -> Done:
    """Do it again on what somebody else has written meanwhile; Conflict after many times."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Conflict):
            return step()
    return step()


def _change(
    writer: Writer, thread_id: str, step: Callable[[Thread], Thread], *, reason: str, turns: int | None = None
) -> None:
    """Read, take the step, write; again where somebody has read or written it meanwhile."""
    writer.access.require_action("messages.write")

    def once() -> None:
        stored = _thread(writer, thread_id)
        before = _read(stored)
        threads.unchanged(before, turns=turns)
        after = step(before)
        if after == before:
            return
        with writer.transaction(reason=reason) as tx:
            tx.update(threads_fhir.to_fhir(after, onto=stored), version=int(stored["meta"]["versionId"]))
            if after.is_open and (after.to, after.pool) != (before.to, before.pool):
                _hand_over_task(writer, tx, after)

    _again_if_changed(once)


def _hand_over_task(writer: Writer, tx: Transaction, thread: Thread) -> None:
    """The task of a leg keeps whose it is; with the thread it goes to whoever has that now."""
    ref = OWED.task_of(Ref("Communication", thread.id), ANSWER_MESSAGE)
    with writer.store.reader(writer.access, reason="messages.give-to") as reader:
        task, stored = queries.task(reader, ref.id)
    if task.is_open:
        moved = lifecycle.hand_over(task, to=thread.owner, pool=thread.role_pool)
        plan_change(tx, stored, moved, at=writer.store.clock.now())


def _thread(writer: Writer, thread_id: str) -> Resource:
    with writer.store.reader(writer.access, reason="messages.thread") as reader:
        return reader.resource(Ref("Communication", thread_id))


def _read(stored: Resource) -> Thread:
    thread = threads_fhir.from_fhir(stored)
    if thread is None:
        raise NotFound("This is no thread of messages.")
    return thread
