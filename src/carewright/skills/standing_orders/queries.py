"""Reads of standing orders: the library, one of them, and which may be used now."""

from datetime import datetime

from carewright.core.access.delegation import held_by
from carewright.core.fhir.codec import decode
from carewright.core.store.model import Gone, NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.work.whom import Facts
from carewright.skills.standing_orders import rules
from carewright.skills.standing_orders.codes import STANDING_ORDER
from carewright.skills.standing_orders.fhir import from_fhir
from carewright.skills.standing_orders.model import StandingOrder, Usable

MOST = "500"


def listed(reader: Reader) -> list[StandingOrder]:
    """Every standing order of the practice, retired and ended ones too."""
    query = parse("ActivityDefinition", [("topic", STANDING_ORDER.token), ("_count", MOST)])
    found = [order for stored in reader.search(query).matches if (order := from_fhir(decode(stored.body or b"{}")))]
    return sorted(found, key=lambda order: (order.name.casefold(), order.first_day))


def stored_order(reader: Reader, order_id: str) -> tuple[StandingOrder, Resource]:
    """One standing order and its record; NotFound."""
    ref = Ref("ActivityDefinition", order_id)
    try:
        stored = reader.resource(ref)
    except Gone as gone:
        raise NotFound(f"{ref} is not here.") from gone
    order = from_fhir(stored)
    if order is None:
        raise NotFound(f"{ref} is no standing order.")
    return order, stored


def usable(reader: Reader, *, code: str, at: datetime, facts: Facts, practitioner: str = "") -> list[Usable]:
    """The standing orders that allow the task `code`, those that may be used first, each with its reason.

    `at` is in the zone of the site: an order holds for whole days there. `practitioner` is a Practitioner's id, by
    default whoever reads. No order at all: an empty list, and the act needs a provider's own order
    (`actions.queue_for_signature`).
    """
    if at.tzinfo is None:
        raise ValueError("Whether an order holds depends on the site's day: give a time with a zone.")
    person = practitioner or reader.access.actor.reference.removeprefix("Practitioner/")
    held, on = held_by(reader, person), at.date()
    roles = frozenset(one.role for one in held.roles if one.days.include(on))
    competencies = frozenset(one.code for one in held.credentials if one.days.include(on))
    found = [
        rules.usable(order, on=on, facts=facts, roles=roles, competencies=competencies)
        for order in listed(reader)
        if order.allows.code == code
    ]
    return sorted(found, key=lambda one: not one.allowed)
