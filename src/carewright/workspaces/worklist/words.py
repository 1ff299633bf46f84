"""The words of tasks: steps, whose they are, to whom they were sent, how they ended. In the reader's language."""

from datetime import datetime

from django.utils.translation import gettext, gettext_lazy

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence
from carewright.shell.saying import say
from carewright.shell.times import SiteClock

HISTORY = {
    "work.take": gettext_lazy("I've got it"),
    "work.start": gettext_lazy("Started"),
    "work.done": gettext_lazy("Done"),
    "work.reopen": gettext_lazy("Not done after all"),
    "work.hold": gettext_lazy("Waits"),
    "work.resume": gettext_lazy("Waits no longer"),
    "work.put-back": gettext_lazy("Put back"),
    "work.hand-over": gettext_lazy("Handed over"),
    "work.defer": gettext_lazy("Put off"),
    "work.split": gettext_lazy("Split into parts"),
    "work.merge": gettext_lazy("Made one with another task"),
    "work.end": gettext_lazy("Ended"),
    "work.pin": gettext_lazy("Pinned, or let go"),
    "work.put-in-place": gettext_lazy("Put in place by the lead"),
    "work.send-on": gettext_lazy("Sent on: it was late"),
    "work.bring-back": gettext_lazy("Reminded"),
    "work.add": gettext_lazy("Added"),
    "team.cover": gettext_lazy("Handed over: somebody is away"),
    "team.move-on": gettext_lazy("Handed over: somebody is away"),
    "team.put-off": gettext_lazy("Put off"),
    "asks.ask": gettext_lazy("Asked for"),
    "asks.on-it": gettext_lazy("On it"),
    "asks.cannot": gettext_lazy("Can’t now"),
}
"""What became of a task, by the reason of the write."""
CHANGED = gettext_lazy("Changed")


def said(sentence: Sentence) -> str:
    """A reason of the engine in the reader's language."""
    return say(sentence)


def next_step(status: str, *, mine: bool) -> tuple[str, str]:
    """What to do next with a task, and the words on the button."""
    if status == "on-hold":
        return "resume", gettext("Go on with it")
    if not mine or status in ("requested", "received"):
        return "take", gettext("I've got it")
    return ("done", gettext("Done")) if status == "in-progress" else ("start", gettext("Start"))


def status_words(status: str, *, owned: bool) -> str:
    """Where a task stands."""
    match status:
        case "requested" | "received":
            return gettext("To be taken") if not owned else gettext("Handed over, not taken yet")
        case "accepted":
            return gettext("Taken")
        case "in-progress":
            return gettext("Started")
        case "on-hold":
            return gettext("Waits")
        case "completed":
            return gettext("Done")
    return gettext("Ended")


def sent_words(role: str, at: datetime, clock: SiteClock) -> str:
    """To whom a late task was sent, and when: `Sent to the nurse, 10:42 AM`."""
    values = {"time": clock.time(at)}
    match role:
        case Role.NURSE.value:
            return gettext("Sent to the nurse, %(time)s") % values
        case Role.PROVIDER.value:
            return gettext("Sent to the provider, %(time)s") % values
        case Role.LEAD_MA.value:
            return gettext("Sent to the lead MA, %(time)s") % values
        case Role.MANAGER.value:
            return gettext("Sent to the manager, %(time)s") % values
    return gettext("Sent on, %(time)s") % values


def due_words(at: datetime, now: datetime, clock: SiteClock) -> str:
    """`11:15 AM` today, `11/25/2026` on another day."""
    same = clock.local(at).date() == clock.local(now).date()
    return clock.time(at) if same else clock.date(at)
