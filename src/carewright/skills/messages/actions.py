"""The writes of messages. A message does nothing by itself: nobody's order follows from it."""

from dataclasses import replace

from carewright.core.store.model import NotFound, Ref
from carewright.core.store.once import claim_form
from carewright.core.store.writer import Writer
from carewright.skills.messages.fhir import from_fhir, to_fhir
from carewright.skills.messages.model import Message


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
