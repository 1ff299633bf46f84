"""An Access as it is kept with a job: what its actor could see when the export was asked for, and no more since."""

from collections.abc import Mapping
from typing import Any

from carewright.core.access.model import Access, Actor, Interaction, Purpose, Role

LETTERS = {interaction.value: interaction for interaction in Interaction}


def frozen(access: Access) -> dict[str, Any]:
    """The access as JSON."""
    return {
        "actor": access.actor.reference,
        "display": access.actor.display,
        "roles": sorted(access.roles),
        "purpose": access.purpose.value,
        "grants": {name: "".join(sorted(held)) for name, held in sorted(access.grants.items())},
        "limits": {
            name: {interaction.value: list(queries) for interaction, queries in limited.items()}
            for name, limited in access.limits.items()
        },
        "patient": access.patient,
        "sensitive": access.sensitive,
        "session": access.session,
        "site": access.site,
        "on_behalf_of": access.on_behalf_of,
    }


def thawed(practice: str, kept: Mapping[str, Any]) -> Access:
    """The access again; it may do nothing by name."""
    return Access(
        actor=Actor(practice=practice, reference=kept["actor"], display=kept["display"]),
        roles=frozenset(map(Role, kept["roles"])),
        purpose=Purpose(kept["purpose"]),
        grants={name: frozenset(LETTERS[letter] for letter in held) for name, held in kept["grants"].items()},
        limits={
            name: {LETTERS[letter]: tuple(queries) for letter, queries in limited.items()}
            for name, limited in kept["limits"].items()
        },
        patient=kept["patient"],
        sensitive=kept["sensitive"],
        session=kept["session"],
        site=kept["site"],
        on_behalf_of=kept["on_behalf_of"],
    )


def covers(now: Access, then: Access, resource_type: str) -> bool:
    """Whether who asks now may still see what was exported then of a type."""
    limited = now.limits.get(resource_type, {})
    return (
        now.may(Interaction.READ, resource_type)
        and now.may(Interaction.SEARCH, resource_type)
        and then.sensitive & ~now.sensitive == 0
        and now.patient in (None, then.patient)
        and (not limited or limited == then.limits.get(resource_type, {}))
    )
