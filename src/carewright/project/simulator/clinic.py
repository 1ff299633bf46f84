"""The practice itself: two sites, twelve rooms, twelve people, the providers' days. Only the ids differ by seed.

FHIR R4 Organization, Location, Practitioner, PractitionerRole, HealthcareService, Schedule, in US Core 6.1.0 shape.
"""

from collections.abc import Iterator
from datetime import date, time
from functools import lru_cache

from carewright.core.access.model import Role
from carewright.core.fhir import us_core
from carewright.core.store.model import Resource
from carewright.core.terminology.coding import LOCATION_PHYSICAL_TYPE, NPI, Coding
from carewright.project.simulator import codes
from carewright.project.simulator.model import (
    Address,
    Credential,
    DemoUser,
    Practice,
    Room,
    Site,
    StaffMember,
    Template,
)
from carewright.project.simulator.seeds import identifier
from carewright.skills.registration import codes as registration
from carewright.skills.rooms import fhir as rooms_fhir
from carewright.skills.rooms.model import Room as RoomNow
from carewright.skills.rooms.model import RoomState
from carewright.skills.scheduling import fhir as scheduling_fhir
from carewright.skills.scheduling.model import Session
from carewright.skills.scheduling.model import Template as Week

REFERENCE_DAY = date(2026, 11, 23)
"""The day that credentials are current on, where no other is given."""

KEY = "riverbend"
NAME = "Riverbend Family Practice"
TIME_ZONE = "America/Chicago"
OPENING_ROUND = time(7, 30)

ROLE_WORDS = {
    Role.FRONT_DESK: "Front desk",
    Role.MA: "Medical assistant",
    Role.LEAD_MA: "Lead medical assistant",
    Role.NURSE: "Nurse",
    Role.PROVIDER: "Provider",
    Role.BILLER: "Biller",
    Role.MANAGER: "Office manager",
    Role.PRIVACY_OFFICER: "Privacy officer",
    Role.AUDITOR: "Auditor",
}

_FULL_DAY = ((time(8), time(12)), (time(13), time(17)))
_SITES = (
    ("main", "Main Street Clinic", ("410 Main Street", "Suite 100"), "Saint Paul", "55102", "651-555-0100", 9, 20),
    ("lakeview", "Lakeview Clinic", ("2275 Lakeview Avenue",), "Roseville", "55113", "651-555-0101", 3, 15),
)
"""Key, name, address lines, city, ZIP, telephone, number of rooms, minutes in a slot."""

_CMA = ("CMA", "Certified Medical Assistant", "American Association of Medical Assistants", 5)
_RMA = ("RMA", "Registered Medical Assistant", "American Medical Technologists", 3)
_RN = ("RN", "Registered Nurse", "Minnesota Board of Nursing", 2)
_MD = ("MD", "Doctor of Medicine", "Minnesota Board of Medical Practice", 1)
_DO = ("DO", "Doctor of Osteopathy", "Minnesota Board of Medical Practice", 1)
_FNP = ("FNP", "Family Nurse Practitioner", "Minnesota Board of Nursing", 2)
_CPR = ("CPR", "Basic Life Support", "American Heart Association", 2)
"""Code, name, issuer, years that it lasts (CMA: 60 months, RMA: 3 years; boards and BLS: their renewal terms)."""

# Username, given, family, gender, title, suffix, specialty, roles, site, credentials.
_STAFF: tuple[
    tuple[str, str, str, str, str, str, str, tuple[Role, ...], str, tuple[tuple[str, str, str, int], ...]], ...
] = (
    ("rosa", "Rosa", "Delgado", "female", "", "", "", (Role.FRONT_DESK,), "main", ()),
    ("dana", "Dana", "Cole", "female", "", "CMA", "", (Role.MA,), "main", (_CMA, _CPR)),
    ("tou", "Tou", "Vang", "male", "", "RMA", "", (Role.MA, Role.FRONT_DESK), "lakeview", (_RMA, _CPR)),
    ("lena", "Lena", "Hoffman", "female", "", "CMA", "", (Role.LEAD_MA,), "main", (_CMA, _CPR)),
    ("grace", "Grace", "Adeyemi", "female", "", "RN", "", (Role.NURSE,), "main", (_RN, _CPR)),
    ("lind", "Karin", "Lind", "female", "Dr.", "", "Pediatrics", (Role.PROVIDER,), "main", (_MD, _CPR)),
    ("osei", "Samuel", "Osei", "male", "Dr.", "", "Family medicine with obstetrics", (Role.PROVIDER,), "main", (_MD,)),
    ("raman", "Priya", "Raman", "female", "Dr.", "", "Family medicine", (Role.PROVIDER,), "main", (_DO,)),
    ("santos", "Miguel", "Santos", "male", "", "FNP", "Family medicine", (Role.PROVIDER,), "lakeview", (_FNP, _CPR)),
    ("omar", "Omar", "Haddad", "male", "", "", "", (Role.BILLER,), "main", ()),
    ("vera", "Vera", "Kowalski", "female", "", "", "", (Role.MANAGER,), "main", ()),
    ("ruth", "Ruth", "Abrams", "female", "", "", "", (Role.PRIVACY_OFFICER, Role.AUDITOR), "main", ()),
)


def _credentials(held: tuple[tuple[str, str, str, int], ...], *, place: int, day: date) -> tuple[Credential, ...]:
    """Each credential current on `day`: begun in its present term, the months spread so that not all end together."""
    found = []
    for position, (code, name, issuer, years) in enumerate(held):
        month = 1 + (place * 5 + position * 3) % 12
        since = date(day.year - years + 1, month, 1)
        if since > day:
            since = date(since.year - 1, month, 1)
        found.append(
            Credential(code=code, name=name, issuer=issuer, since=since, until=date(since.year + years, month, 1))
        )
    return tuple(found)


def _sites(seed: int) -> tuple[Site, ...]:
    return tuple(
        Site(
            key=key,
            id=identifier(seed, "location", key),
            organization=identifier(seed, "organization", key),
            name=name,
            phone=phone,
            address=Address(lines=lines, city=city, state="MN", postal_code=postal_code),
            time_zone=TIME_ZONE,
            opens=time(8),
            closes=time(17),
        )
        for key, name, lines, city, postal_code, phone, _, _ in _SITES
    )


def _rooms(seed: int) -> tuple[Room, ...]:
    return tuple(
        Room(id=identifier(seed, "room", key, number), site=key, name=f"Room {number}")
        for key, _, _, _, _, _, count, _ in _SITES
        for number in range(1, count + 1)
    )


def _staff(seed: int, day: date) -> tuple[StaffMember, ...]:
    return tuple(
        StaffMember(
            id=identifier(seed, "practitioner", username),
            username=username,
            given=given,
            family=family,
            gender=gender,
            roles=roles,
            site=site,
            title=title,
            suffix=suffix,
            specialty=specialty,
            credentials=_credentials(held, place=place, day=day),
        )
        for place, (username, given, family, gender, title, suffix, specialty, roles, site, held) in enumerate(_STAFF)
    )


def _templates(seed: int, staff: tuple[StaffMember, ...]) -> tuple[Template, ...]:
    minutes = {key: slot for key, _, _, _, _, _, _, slot in _SITES}
    return tuple(
        Template(
            provider=member.id,
            site=member.site,
            schedule=identifier(seed, "schedule", member.username),
            slot_minutes=minutes[member.site],
            blocks=_FULL_DAY,
        )
        for member in staff
        if Role.PROVIDER in member.roles
    )


@lru_cache(maxsize=8)
def practice(seed: int, day: date = REFERENCE_DAY) -> Practice:
    """The practice of `seed`; `day` dates the credentials (current on it) and the round that opens the rooms."""
    organization = identifier(seed, "organization", KEY)
    sites, rooms, staff = _sites(seed), _rooms(seed), _staff(seed, day)
    templates = _templates(seed, staff)
    resources = (
        *_organizations(organization, sites),
        *(_site_location(site) for site in sites),
        *(_room_location(room, sites, day) for room in rooms),
        *(_practitioner(member) for member in staff),
        *_roles(seed, staff, sites),
        *_services(seed, staff, sites, templates),
    )
    users = tuple(DemoUser(username=m.username, display=m.display, roles=m.roles, practitioner=m.id) for m in staff)
    return Practice(
        key=KEY,
        name=NAME,
        seed=seed,
        organization=organization,
        sites=sites,
        rooms=rooms,
        staff=staff,
        templates=templates,
        users=users,
        resources=tuple(map(us_core.claiming, resources)),
    )


_NO_FIXED_ADDRESS: Resource = {"url": registration.NO_FIXED_ADDRESS_EXTENSION, "valueBoolean": True}


def address_resource(address: Address, *, use: str) -> Resource:
    """A FHIR Address."""
    found: Resource = {"use": use}
    if address.text:
        found = {"extension": [_NO_FIXED_ADDRESS], "use": use, "text": address.text}
    if address.lines:
        found["line"] = list(address.lines)
    return found | {
        "city": address.city,
        "state": address.state,
        "postalCode": address.postal_code,
        "country": "US",
    }


def _organizations(organization: str, sites: tuple[Site, ...]) -> Iterator[Resource]:
    provider = Coding(codes.ORGANIZATION_TYPE, "prov", "Healthcare Provider").concept()
    first = sites[0]
    yield {
        "resourceType": "Organization",
        "id": organization,
        "active": True,
        "type": [provider],
        "name": NAME,
        "telecom": [{"system": "phone", "value": first.phone, "use": "work"}],
        "address": [address_resource(first.address, use="work")],
    }
    for site in sites:
        yield {
            "resourceType": "Organization",
            "id": site.organization,
            "active": True,
            "type": [provider],
            "name": f"{NAME} – {site.name}",
            "telecom": [{"system": "phone", "value": site.phone, "use": "work"}],
            "address": [address_resource(site.address, use="work")],
            "partOf": {"reference": f"Organization/{organization}", "display": NAME},
        }


def _site_location(site: Site) -> Resource:
    return {
        "resourceType": "Location",
        "id": site.id,
        "extension": [{"url": codes.TIME_ZONE_EXTENSION, "valueCode": site.time_zone}],
        "status": "active",
        "name": site.name,
        "mode": "instance",
        "telecom": [{"system": "phone", "value": site.phone, "use": "work"}],
        "address": address_resource(site.address, use="work"),
        "physicalType": Coding(LOCATION_PHYSICAL_TYPE, "si", "Site").concept(),
        "managingOrganization": {"reference": f"Organization/{site.organization}", "display": site.name},
        "hoursOfOperation": [
            {
                "daysOfWeek": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                "openingTime": site.opens.isoformat(),
                "closingTime": site.closes.isoformat(),
            }
        ],
    }


def _room_location(room: Room, sites: tuple[Site, ...], day: date) -> Resource:
    """Clean and stocked since the opening round of `day`."""
    site = next(site for site in sites if site.key == room.site)
    return rooms_fhir.to_fhir(
        RoomNow(
            id=room.id,
            name=room.name,
            site=f"Location/{site.id}",
            state=RoomState.READY,
            since=site.at(day, OPENING_ROUND),
            organization=f"Organization/{site.organization}",
        )
    )


def _npi(place: int) -> str:
    """A National Provider Identifier whose check digit is right (Luhn over 80840 and the first nine digits).

    The first nine digits are out of thin air; CMS, https://www.cms.gov/Regulations-and-Guidance/Administrative-Simplification/NationalProvIdentStand
    """
    nine = f"{190000000 + place * 1234567 % 99999999:09d}"
    total = 0
    for position, digit in enumerate(reversed("80840" + nine)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return nine + str(-total % 10)


def _practitioner(member: StaffMember) -> Resource:
    name: Resource = {"use": "official", "family": member.family, "given": [member.given]}
    if member.title:
        name["prefix"] = [member.title]
    if member.suffix:
        name["suffix"] = [member.suffix]
    found: Resource = {
        "resourceType": "Practitioner",
        "id": member.id,
        "identifier": [
            {"system": NPI, "value": _npi(sum(map(ord, member.username)))}
            if Role.PROVIDER in member.roles
            else {"system": codes.STAFF_SYSTEM, "value": member.username}
        ],
        "active": True,
        "name": [name],
        "gender": member.gender,
    }
    if member.credentials:
        found["qualification"] = [_qualification(credential) for credential in member.credentials]
    return found


def _qualification(credential: Credential) -> Resource:
    coded = Coding(codes.QUALIFICATION, credential.code, credential.name)
    return {
        "code": coded.concept(credential.name),
        "period": {"start": credential.since.isoformat(), "end": credential.until.isoformat()},
        "issuer": {"display": credential.issuer},
    }


def _roles(seed: int, staff: tuple[StaffMember, ...], sites: tuple[Site, ...]) -> Iterator[Resource]:
    """One PractitionerRole for each person; those who are not tied to a site (biller, manager, privacy) have all."""
    for member in staff:
        tied = {Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER, Role.FRONT_DESK} & set(member.roles)
        places = [site for site in sites if site.key == member.site or not tied]
        found: Resource = {
            "resourceType": "PractitionerRole",
            "id": identifier(seed, "practitioner-role", member.username),
            "active": True,
            "practitioner": {"reference": f"Practitioner/{member.id}", "display": member.display},
            "organization": {"reference": f"Organization/{places[0].organization}", "display": places[0].name},
            "code": [Coding(codes.ROLE, role, ROLE_WORDS[role]).concept() for role in member.roles],
            "location": [{"reference": f"Location/{place.id}", "display": place.name} for place in places],
            "telecom": [{"system": "phone", "value": places[0].phone, "use": "work"}],
        }
        if member.specialty:
            found["specialty"] = [_specialty(member)]
        yield found


def _specialty(member: StaffMember) -> Resource:
    """By a code of our own: the taxonomy that US Core prefers is not ours to hand on."""
    key = member.specialty.lower().replace(" ", "-")
    return Coding(codes.SPECIALTY, key, member.specialty).concept(member.specialty)


def _services(
    seed: int, staff: tuple[StaffMember, ...], sites: tuple[Site, ...], templates: tuple[Template, ...]
) -> Iterator[Resource]:
    """A HealthcareService and a Schedule for each provider; the service's available times are the template."""
    for template in templates:
        member = next(m for m in staff if m.id == template.provider)
        site = next(s for s in sites if s.key == template.site)
        service = identifier(seed, "healthcare-service", member.username)
        place = {"reference": f"Location/{site.id}", "display": site.name}
        yield {
            "resourceType": "HealthcareService",
            "id": service,
            "active": True,
            "providedBy": {"reference": f"Organization/{site.organization}", "display": site.name},
            "specialty": [_specialty(member)],
            "location": [place],
            "name": f"{member.display}, {member.specialty.lower()}",
            "appointmentRequired": False,
            "availableTime": [
                {
                    "daysOfWeek": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                    "availableStartTime": begins.isoformat(),
                    "availableEndTime": ends.isoformat(),
                }
                for begins, ends in template.blocks
            ],
        }
        yield scheduling_fhir.template_to_fhir(
            Week(
                schedule=f"Schedule/{template.schedule}",
                provider=f"Practitioner/{member.id}",
                site=f"Location/{site.id}",
                zone=site.time_zone,
                sessions=tuple(
                    Session(weekday=weekday, starts=begins, ends=ends, slot_minutes=template.slot_minutes)
                    for weekday in range(7)
                    for begins, ends in template.blocks
                ),
            )
        )
