"""Which standing order a need may be seen to under, for this person, patient and day: looked up once per page."""

from datetime import datetime

from carewright.core.access.delegation import held_by
from carewright.core.access.model import Interaction
from carewright.core.store.reader import Reader
from carewright.shell.saying import say
from carewright.skills.previsit.model import Need
from carewright.skills.standing_orders import queries, rules
from carewright.workspaces.huddle.lines import Under, no_order
from carewright.workspaces.huddle.reading import Read, Row


def under_for(reader: Reader, read: Read, *, at: datetime) -> Under:
    """`at` is in the zone of the site. Of whom the chart may not be seen, no order is offered."""
    if not reader.access.may(Interaction.SEARCH, "ActivityDefinition"):
        return no_order
    listed = [order for order in queries.listed(reader) if order.is_signed]
    if not listed:
        return no_order
    held, on = held_by(reader, reader.access.actor.reference.removeprefix("Practitioner/")), at.date()
    roles = frozenset(one.role for one in held.roles if one.days.include(on))
    competencies = frozenset(one.code for one in held.credentials if one.days.include(on))

    def under(row: Row, need: Need) -> tuple[str, str]:
        known = read.facts.get(str(row["patient"]))
        if known is None:
            return "", ""
        for order in listed:
            if order.allows.code == need.code.code:
                found = rules.usable(order, on=on, facts=known, roles=roles, competencies=competencies)
                if found.allowed:
                    return f"ActivityDefinition/{order.id}", say(rules.under(order))
        return "", ""

    return under
