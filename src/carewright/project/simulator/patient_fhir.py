"""A Person as FHIR: Patient in US Core 6.1.0 shape, RelatedPerson with the authority on file.

https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-patient.html and …-us-core-relatedperson.html
"""

from collections.abc import Iterable, Iterator

from carewright.core.store.model import Resource
from carewright.core.terminology.coding import (
    BCP47,
    IDENTIFIER_TYPE,
    ROLE_CODE,
    US_CORE_RACE,
    Coding,
)
from carewright.project.simulator import codes
from carewright.project.simulator.clinic import address_resource
from carewright.project.simulator.model import Guardian, Person, Practice
from carewright.project.simulator.names import LANGUAGES
from carewright.project.simulator.seeds import identifier
from carewright.skills.registration import codes as registration
from carewright.skills.registration.fhir import family_to_fhir
from carewright.skills.registration.rules.mrn import make_mrn

RELATIONSHIPS = {
    "MTH": "mother",
    "FTH": "father",
    "GRMTH": "grandmother",
    "GRFTH": "grandfather",
    "PRNFOST": "foster parent",
    "SPS": "spouse",
    "DAU": "natural daughter",
    "SON": "natural son",
    "SIS": "sister",
    "BRO": "brother",
    "FRND": "unrelated friend",
}
"""HL7 v3 RoleCode, as far as the practice's families need it."""


def record_number(person: Person) -> str:
    """The practice's own number for this patient, as registration makes it."""
    return make_mrn(person.number)


def patient(person: Person, practice: Practice) -> Resource:
    """The US Core Patient."""
    site = practice.site(person.site)
    found: Resource = {
        "resourceType": "Patient",
        "id": person.id,
        "extension": _extensions(person),
        "identifier": [
            {
                "use": "usual",
                "type": Coding(IDENTIFIER_TYPE, "MR", "Medical record number").concept(),
                "system": registration.mrn_system(practice.key),
                "value": record_number(person),
                "assigner": {"display": practice.name},
            }
        ],
        "active": True,
        "name": _names(person),
        "telecom": _telecoms(person),
        "gender": person.sex,
        "birthDate": person.born.isoformat(),
        "address": [address_resource(person.address, use="home" if person.address.lines else "temp")],
    }
    if person.birth_order:
        found["multipleBirthInteger"] = person.birth_order
    if person.contact:
        found["contact"] = [_contact(person.contact)]
    found["communication"] = [
        {"language": _language(person.language), "preferred": True},
        *([{"language": _language("en")}] if person.language != "en" and not person.interpreter else []),
    ]
    found["managingOrganization"] = {"reference": f"Organization/{site.organization}", "display": site.name}
    return found


def _extensions(person: Person) -> list[Resource]:
    race_text = ", ".join(display for _, display in person.race)
    code, display = person.ethnicity
    categories = [
        {"url": "ombCategory", "valueCoding": Coding(US_CORE_RACE, race, words).to_fhir()}
        for race, words in person.race
        if race
    ]
    found: list[Resource] = [
        {"url": registration.RACE_EXTENSION, "extension": [*categories, {"url": "text", "valueString": race_text}]},
        {
            "url": registration.ETHNICITY_EXTENSION,
            "extension": [
                {"url": "ombCategory", "valueCoding": Coding(US_CORE_RACE, code, display).to_fhir()},
                {"url": "text", "valueString": display},
            ],
        },
        {"url": registration.BIRTH_SEX_EXTENSION, "valueCode": "F" if person.sex == "female" else "M"},
    ]
    if person.interpreter:
        found.append({"url": registration.INTERPRETER_EXTENSION, "valueBoolean": True})
    return found


def _name(given: tuple[str, ...], family: str, use: str) -> Resource:
    found: Resource = {"use": use, "text": " ".join((*given, family)).strip(), "family": family}
    if given:
        found["given"] = list(given)
    return found


def _names(person: Person) -> list[Resource]:
    found = [_name(person.given, person.family, "official")]
    if person.usual:
        found.append(_name((person.usual,), person.family, "usual"))
    if person.maiden and person.maiden != person.family:
        found.append(_name(person.given, person.maiden, "maiden"))
    return found


def _telecoms(person: Person) -> list[Resource]:
    found: list[Resource] = []
    if person.mobile:
        found.append({"system": "phone", "value": person.mobile, "use": "mobile", "rank": 1})
    found.append({"system": "phone", "value": person.phone, "use": "home", "rank": len(found) + 1})
    if person.email:
        found.append({"system": "email", "value": person.email, "use": "home"})
    return found


def _language(tag: str) -> Resource:
    return Coding(BCP47, tag, LANGUAGES[tag]).concept(LANGUAGES[tag])


def _relationship(code: str) -> Resource:
    return Coding(ROLE_CODE, code, RELATIONSHIPS[code]).concept()


def _contact(contact: Guardian) -> Resource:
    return {
        "relationship": [
            Coding(ROLE_CODE, contact.relationship, RELATIONSHIPS[contact.relationship]).concept(
                RELATIONSHIPS[contact.relationship].capitalize()
            ),
            Coding(codes.CONTACT_ROLE, "C", "Emergency Contact").concept(),
        ],
        "name": _name(contact.given, contact.family, "official"),
        "telecom": [{"system": "phone", "value": contact.phone, "use": "mobile"}],
        "gender": contact.sex,
    }


def related_persons(person: Person) -> Iterator[Resource]:
    """One RelatedPerson for each adult of a child: relation, then authority by our own code, then the note on file."""
    for guardian in person.guardians:
        found: Resource = {
            "resourceType": "RelatedPerson",
            "id": guardian.id,
            "active": guardian.authority != "no-contact",
            "patient": {"reference": f"Patient/{person.id}", "display": person.display},
            "relationship": [
                _relationship(guardian.relationship),
                Coding(codes.AUTHORITY, guardian.authority, codes.AUTHORITIES[guardian.authority]).concept(
                    guardian.note
                ),
            ],
            "name": [_name(guardian.given, guardian.family, "official")],
            "telecom": [{"system": "phone", "value": guardian.phone, "use": "mobile"}],
            "gender": guardian.sex,
            "communication": [{"language": _language(guardian.language), "preferred": True}],
        }
        if person.address.lines and guardian.authority != "no-contact":
            found["address"] = [address_resource(person.address, use="home")]
        yield found


def families(people: Iterable[Person], *, seed: int) -> Iterator[Resource]:
    """One Group ("family seen together") for each household with a child and somebody else among `people`."""
    households: dict[int, list[Person]] = {}
    for person in people:
        households.setdefault(person.household, []).append(person)
    for number, members in households.items():
        if len(members) > 1 and any(member.guardians for member in members):
            name = next((m.family for m in members if not m.guardians), members[0].family)
            yield family_to_fhir(
                [f"Patient/{member.id}" for member in members],
                name=name,
                group_id=identifier(seed, "family", number),
            )
