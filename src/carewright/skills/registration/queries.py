"""Reads of patients: finding one, who looks alike, the family, the flags in the banner.

A chart that was merged is found by its own name and number, and answers as the chart that it was merged into.
"""

from collections.abc import Iterable, Sequence

from carewright.core.store.model import Gone, NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.core.store.search.parse import parse
from carewright.skills.registration import codes
from carewright.skills.registration.fhir import family_members, flag_from_fhir, from_fhir
from carewright.skills.registration.model import BannerFlag, Match, Patient
from carewright.skills.registration.rules.duplicates import look_alikes
from carewright.skills.registration.rules.finding import parse_search, search_keys
from carewright.skills.registration.rules.merging import retired_in

MOST_FOUND = 25
MOST_CANDIDATES = 200
MOST_NAMED = 5_000


def find(reader: Reader, text: str, *, count: int = MOST_FOUND) -> list[Patient]:
    """The patients that what was typed may mean: record number, phone, birth date, names in any order."""
    typed = parse_search(text)
    found = [_named(reader, name) for name in typed.names]
    if typed.phone:
        found.append(_by_keys(reader, [f"phone:{typed.phone}"]))
    pairs: list[tuple[str, str]] = []
    if found:
        ids = sorted(set.intersection(*found))[:MOST_CANDIDATES]
        pairs.append(("_id", ",".join(ids) or "none"))
    if typed.mrn:
        pairs.append(("identifier", f"{codes.mrn_system(reader.access.practice)}|{typed.mrn}"))
    if typed.birth_date:
        pairs.append(("birthdate", typed.birth_date.isoformat()))
    if not pairs:
        return []
    query = parse("Patient", [*pairs, ("_sort", "family,given"), ("_count", str(count))])
    return _standing(reader, _patients(reader, reader.resources(query)))


def patient(reader: Reader, patient_id: str) -> tuple[Patient, Resource]:
    """A patient as values, and the resource they came from; NotFound."""
    resource = reader.resource(Ref("Patient", patient_id))
    return from_fhir(resource, mrn_system=codes.mrn_system(reader.access.practice)), resource


def patients(reader: Reader, ids: Sequence[str], *, at_once: int = MOST_CANDIDATES) -> dict[str, Patient]:
    """Patients by the ids that were asked for, read in parts; those who may not be seen are left out."""
    standing = reader.standing(ids)
    listed = list(dict.fromkeys(standing.values()))
    found: dict[str, Patient] = {}
    for start in range(0, len(listed), at_once):
        part = ",".join(listed[start : start + at_once])
        query = parse("Patient", [("_id", part), ("_count", str(at_once))])
        found |= {patient.id: patient for patient in _patients(reader, reader.resources(query))}
    return {one: found[standing[one]] for one in ids if standing[one] in found}


def alike(reader: Reader, entered: Patient) -> list[tuple[Patient, Match]]:
    """Those already registered who may be the person being entered, with the reasons, most alike first."""
    ids = sorted(_by_keys(reader, search_keys(entered)))[:MOST_CANDIDATES]
    if not ids:
        return []
    known = reader.resources(parse("Patient", [("_id", ",".join(ids)), ("_count", str(MOST_CANDIDATES))]))
    found = look_alikes(entered, _patients(reader, known))
    survivors = _standing(reader, [patient for patient, _ in found])
    matches = {patient.replaced_by or patient.id: match for patient, match in reversed(found)}
    return [(patient, matches[patient.id]) for patient in survivors if patient.id != entered.id]


def whole(reader: Reader, patient_id: str) -> tuple[Patient, Resource]:
    """The person of a chart: of one that was merged, the chart that it was merged into. NotFound."""
    found, resource = patient(reader, patient_id)
    if not found.replaced_by:
        return found, resource
    try:
        return patient(reader, found.replaced_by)
    except (NotFound, Gone):
        return found, resource


def charts_of(resource: Resource) -> tuple[str, ...]:
    """The ids of all charts of one person: this one's, and those that were merged into it."""
    return (str(resource["id"]), *retired_in(resource))


def family(reader: Reader, patient_id: str) -> tuple[str, ...]:
    """The patients (`Patient/…`) who are seen together with this one, this one among them; empty without a family.

    Each by the chart that stands for them, however the family named them."""
    groups = reader.resources(parse("Group", [("member", f"Patient/{patient_id}"), ("code", codes.FAMILY.token)]))
    members = [member.removeprefix("Patient/") for group in groups for member in family_members(group)]
    standing = reader.standing(members)
    return tuple(dict.fromkeys(f"Patient/{standing[member]}" for member in members))


def flags(reader: Reader, patient_id: str) -> list[BannerFlag]:
    """The flags that stand in the banner now."""
    found = reader.resources(parse("Flag", [("patient", f"Patient/{patient_id}"), ("_count", "50")]))
    return [flag for flag in map(flag_from_fhir, found) if not flag.by_mistake and flag.ended is None]


def _named(reader: Reader, part: str) -> set[str]:
    """Whoever has a name that begins so: any part of any name, hyphened and second family names too."""
    names = Between(f"name:{part}", f"name:{part}\U0010ffff")
    return {str(row["id"]) for row in reader.rows("patient_search", where={"search_key": names}, limit=MOST_NAMED)}


def _by_keys(reader: Reader, keys: Iterable[str]) -> set[str]:
    rows = reader.rows("patient_search", where={"search_key": tuple(sorted(keys))}, limit=MOST_CANDIDATES * 5)
    return {str(row["id"]) for row in rows}


def _standing(reader: Reader, found: Iterable[Patient]) -> list[Patient]:
    """The same people, each once, by the chart that stands for them now."""
    listed = [whole(reader, one.id)[0] if one.replaced_by else one for one in found]
    return list({patient.id: patient for patient in listed}.values())


def _patients(reader: Reader, resources: Iterable[Resource]) -> list[Patient]:
    system = codes.mrn_system(reader.access.practice)
    return [from_fhir(resource, mrn_system=system) for resource in resources]
