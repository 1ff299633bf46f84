"""What may be added to the record of a call. The truth can always be written; saying the same twice changes nothing."""

from dataclasses import replace

from carewright.skills.emergency.model import Call, Event, Line


def added(call: Call, line: Line) -> Call:
    """The call with one more line; the same call where the line says nothing new.

    Who is coming already is not coming again, and a call is over once. A note is always taken, afterwards too.
    """
    said = {(known.event, known.by) for known in call.lines}
    if line.event is Event.COMING and (line.event, line.by) in said:
        return call
    if line.event is Event.OVER and call.over_at is not None:
        return call
    return replace(call, lines=(*call.lines, line))
