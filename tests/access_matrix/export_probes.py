"""What an export chooses, and what it writes out of a list of versions, whoever made that list."""

import json
import re
from collections.abc import Iterator

from carewright.core.access.model import Access, Interaction
from carewright.core.fhir.codec import decode
from carewright.core.store.bulk_selection import Chosen, Entry, bodies, select
from carewright.core.store.keys import key_of
from carewright.core.store.model import Resource
from carewright.core.store.search.scope import Scope
from carewright.core.store.store import Store
from carewright.core.store.whole_chart import SUPPORTING
from tests.access_matrix import clinic
from tests.store.search_oracle import Eyes, patient_of


def export_leaks(store: Store, access: Access) -> Iterator[str]:
    """What is chosen or written and may not be seen, or the other way round."""
    scope, seen = Scope(access.practice, access.predicate(Interaction.SEARCH)), _eyes(access)
    with store.driver.moment(access.practice) as (connection, _):
        for t in clinic.TYPES:
            for chosen in (
                Chosen(type=t), Chosen(type=t, of_patients=True),
                Chosen(type=t, of_patients=True, patients=(key_of("Patient", "p1"),)),
            ):  # fmt: skip
                found = {entry.key for entry in select(connection, chosen, scope, {})}
                wanted = {key_of(t, name) for name in _wanted(access.practice, seen, chosen)}
                if found != wanted:
                    yield f"export {chosen}: {len(found - wanted)} too many, {len(wanted - found)} too few"
            entries, allowed = _versions(access.practice, seen, t)
            written = [decode(one.body or b"{}") for one in bodies(connection, t, entries, scope)]
            if [_words(resource) for resource in written] != [_words(resource) for resource in allowed]:
                yield f"export of listed {t}: {len(written)} instead of {len(allowed)}"


def _eyes(access: Access) -> Eyes:
    return clinic.eyes_of(access, Interaction.SEARCH)


def _wanted(practice: str, seen: Eyes, chosen: Chosen) -> set[str]:
    visible = [r for r in clinic.standing(practice) if seen.see(r)]
    here = {str(r["id"]) for r in visible if r["resourceType"] == chosen.type}
    if not chosen.of_patients:
        return here
    charts = [r for r in visible if (about := patient_of(r)) and (chosen.patients is None or about == "p1")]
    own = {str(r["id"]) for r in charts if r["resourceType"] == chosen.type}
    if chosen.type not in SUPPORTING:
        return own
    named = set(re.findall(rf'"{chosen.type}/(\w+)"', json.dumps(charts)))
    return own | (here & named)


def _versions(practice: str, seen: Eyes, resource_type: str) -> tuple[list[Entry], list[Resource]]:
    """Every version of a type as a list, hidden ones too and those of the other practice; and what may be written."""
    entries, allowed = [], []
    other = "b-practice" if practice.startswith("a") else "a-practice"
    mine = {r["id"]: r for r in clinic.standing(practice) if r["resourceType"] == resource_type}
    for name in sorted({*mine, *(r["id"] for r in clinic.standing(other) if r["resourceType"] == resource_type)}):
        versions = [r for step in clinic.world(practice) for r in step if _is(r, resource_type, name)]
        for number in range(1, len(versions) + 2):
            entries.append(Entry(key_of(resource_type, name), number))
            if number > len(versions) or not seen.see(mine[name]) or not seen.see(versions[number - 1]):
                continue
            if number == len(versions) or resource_type not in {kind for kind, _, _ in seen.held_to}:
                allowed.append(versions[number - 1])
    return entries, allowed


def _is(resource: Resource, resource_type: str, name: str) -> bool:
    return (resource["resourceType"], resource["id"]) == (resource_type, name)


def _words(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "meta"}
