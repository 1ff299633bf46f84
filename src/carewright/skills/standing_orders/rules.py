"""How a standing order stands, and whether it may be used: plain values in, an answer with its reason out."""

from collections.abc import Collection
from datetime import date, timedelta

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.sentences import Sentence, counted, joined, named, quoted, sentence
from carewright.core.work.whom import Facts
from carewright.skills.standing_orders.model import Standing, StandingOrder, Usable

SOON = timedelta(days=30)
"""How long before its last day an order is shown as ending: time to have a new one signed."""


def standing(order: StandingOrder, on: date) -> Standing:
    """How it stands on that day, by the calendar of the site."""
    if order.retired_because:
        return Standing.RETIRED
    if not order.is_signed:
        return Standing.WAITS
    if on < order.first_day:
        return Standing.LATER
    if on > order.last_day:
        return Standing.ENDED
    return Standing.ENDING if order.last_day - on < SOON else Standing.IN_FORCE


def standing_words(order: StandingOrder, on: date) -> Sentence:
    """For the library: `In force through 10/31/2027`, `Ends in 5 days`, `Waits for the signature of Dr. Lind`."""
    match standing(order, on):
        case Standing.RETIRED:
            return sentence("No longer used: %(why)s", why=quoted(order.retired_because))
        case Standing.WAITS:
            return sentence("Waits for the signature of %(who)s", who=quoted(order.signer_name))
        case Standing.LATER:
            return sentence("Begins on %(day)s", day=us(order.first_day))
        case Standing.ENDED:
            return sentence("Ended on %(day)s", day=us(order.last_day))
        case Standing.ENDING:
            days = (order.last_day - on).days
            return counted("Ends in %(count)s day", "Ends in %(count)s days", days) if days else sentence("Ends today")
        case _:
            return sentence("In force through %(day)s", day=us(order.last_day))


def called(order: StandingOrder) -> Sentence:
    """Its name with its signer's: `Dr. Lind’s flu order`."""
    return sentence("%(who)s’s %(order)s order", who=quoted(order.signer_name), order=quoted(order.name))


def under(order: StandingOrder) -> Sentence:
    """What is written down where it is used: `Under Dr. Lind’s flu order`."""
    return sentence("Under %(called)s", called=called(order))


def signed_by(who: str) -> Sentence:
    """What is shown where a provider has signed an order for the one act: `Ordered by Dr. Lind`."""
    return sentence("Ordered by %(who)s", who=quoted(who)) if who else sentence("Ordered by a provider")


def usable(
    order: StandingOrder, *, on: date, facts: Facts, roles: Collection[Role], competencies: Collection[str]
) -> Usable:
    """Whether somebody with these roles and sign-offs may act under it for this patient on that day, and why.

    What is not known of the patient stands against it: the provider decides then. The exclusions are shown, and asked
    by the person.
    """
    against = _of_order(order, on) or _of_person(order, roles, competencies) or _of_patient(order, facts, on)
    if against is not None:
        return Usable(order=order, allowed=False, reason=against)
    reason = sentence(
        "%(under)s, signed %(signed)s, through %(last)s.",
        under=under(order), signed=us(order.signed_on or on), last=us(order.last_day),
    )  # fmt: skip
    return Usable(order=order, allowed=True, reason=reason)


def _of_order(order: StandingOrder, on: date) -> Sentence | None:
    if standing(order, on) in (Standing.IN_FORCE, Standing.ENDING):
        return None
    return sentence("%(called)s: %(standing)s.", called=called(order), standing=standing_words(order, on))


def _of_person(order: StandingOrder, roles: Collection[Role], competencies: Collection[str]) -> Sentence | None:
    if not order.roles & set(roles):
        whose = joined(*(named(ROLE_WORDS[role]) for role in Role if role in order.roles), by=", ")
        return sentence("%(called)s is for: %(roles)s.", called=called(order), roles=whose)
    if order.competency and order.competency not in competencies:
        return sentence(
            "%(called)s asks for the competency “%(competency)s”; none of yours is current.",
            called=called(order), competency=quoted(order.competency),
        )  # fmt: skip
    return None


def _of_patient(order: StandingOrder, facts: Facts, on: date) -> Sentence | None:
    holds = order.whom.holds(facts, on=on)
    if holds:
        return None
    whom = order.whom.words
    if holds is None:
        return sentence(
            "%(called)s is for %(whom)s; that is not known of this patient. Ask the provider.",
            called=called(order), whom=whom,
        )  # fmt: skip
    return sentence("%(called)s is for %(whom)s; this patient is not.", called=called(order), whom=whom)


def us(day: date) -> str:
    """`11/23/2026`."""
    return f"{day:%m/%d/%Y}"
