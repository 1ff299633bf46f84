"""The practice: two sites, twelve rooms, twelve people with roles and credentials that hold today."""

from collections import Counter
from datetime import date, time, timedelta

import pytest

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import Role
from carewright.core.access.staff import credential_rows, staff_role_rows
from carewright.core.terminology.coding import NPI
from carewright.project import simulator
from carewright.skills.rooms.fhir import from_fhir as room_from_fhir
from carewright.skills.rooms.model import RoomState
from carewright.skills.scheduling.fhir import template_from_fhir

from .conftest import MONDAY, World


def test_counts(world: World) -> None:
    types = Counter(r["resourceType"] for r in world.practice.resources)
    assert (len(world.practice.sites), len(world.practice.rooms), len(world.practice.staff)) == (2, 12, 12)
    assert types == {
        "Organization": 3,
        "Location": 14,
        "Practitioner": 12,
        "PractitionerRole": 12,
        "HealthcareService": 4,
        "Schedule": 4,
    }
    assert sum(Role.PROVIDER in member.roles for member in world.practice.staff) == 4


def test_every_role_has_a_sign_on(world: World) -> None:
    assert {role for user in world.practice.users for role in user.roles} == set(Role)
    dana = next(user for user in world.practice.users if user.username == "dana")
    assert (dana.display, dana.roles) == ("Dana Cole, CMA", (Role.MA,))
    assert {user.practitioner for user in world.practice.users} == {m.id for m in world.practice.staff}


def test_access_reads_the_roles_as_they_are_meant(world: World) -> None:
    rows = [row for r in world.of_type("PractitionerRole") for row in staff_role_rows(r)]
    sites = {site.id for site in world.practice.sites}
    assert {row["role"] for row in rows} == {role.value for role in Role}
    assert {row["site"] for row in rows} == sites
    for resource in world.of_type("PractitionerRole"):
        assert {coding["system"] for code in resource["code"] for coding in code["coding"]} == {ROLE_SYSTEM}


@pytest.mark.parametrize("day", [MONDAY, date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31)])
def test_every_credential_holds_on_the_day(day: date) -> None:
    practice = simulator.practice(1, day)
    rows = [row for r in practice.resources if r["resourceType"] == "Practitioner" for row in credential_rows(r)]
    assert {"CMA", "RMA", "RN"} <= {row["code"] for row in rows}
    assert all(str(row["starts_on"]) <= day.isoformat() <= str(row["ends_on"]) for row in rows)
    assert all(row["issuer"] for row in rows)


def test_a_certificate_lasts_as_long_as_its_body_says(world: World) -> None:
    lasts = {c.code: c.until.year - c.since.year for m in world.practice.staff for c in m.credentials}
    assert (lasts["CMA"], lasts["RMA"]) == (5, 3)  # 60 months; 3 years


def test_npi_numbers_have_a_right_check_digit(world: World) -> None:
    numbers = [i["value"] for r in world.of_type("Practitioner") for i in r["identifier"] if i["system"] == NPI]
    assert len(set(numbers)) == 4
    for number in numbers:
        digits = [int(c) for c in reversed("80840" + number)]
        doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[1::2]]
        assert len(number) == 10
        assert (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_slots_fill_the_providers_day(world: World) -> None:
    by_minutes = {t.slot_minutes: t.slots() for t in world.practice.templates}
    assert len(by_minutes[20]) == 24
    assert len(by_minutes[15]) == 32
    for minutes, slots in by_minutes.items():
        assert slots[0] == time(8)
        assert time(12) not in slots
        last = timedelta(hours=slots[-1].hour, minutes=slots[-1].minute + minutes)
        assert last == timedelta(hours=17)


def test_the_schedule_skill_reads_the_same_week(world: World) -> None:
    weeks = {f"Schedule/{t.schedule}": t for t in world.practice.templates}
    for resource in world.of_type("Schedule"):
        week = template_from_fhir(resource)
        template = weeks[week.schedule]
        assert (week.provider, week.zone) == (f"Practitioner/{template.provider}", "America/Chicago")
        assert {session.weekday for session in week.sessions} == set(range(7))
        assert {session.slot_minutes for session in week.sessions} == {template.slot_minutes}
        assert {(s.starts, s.ends) for s in week.sessions} == set(template.blocks)


def test_the_rooms_skill_finds_every_room_ready(world: World) -> None:
    found = [room for r in world.of_type("Location") if (room := room_from_fhir(r))]
    assert {room.id for room in found} == {room.id for room in world.practice.rooms}
    assert {room.state for room in found} == {RoomState.READY}


def test_sites_say_when_and_where(world: World) -> None:
    sites = {site.id for site in world.practice.sites}
    locations = {r["id"]: r for r in world.of_type("Location")}
    for site in sites:
        location = locations[site]
        assert location["extension"][0]["valueCode"] == "America/Chicago"
        assert location["address"]["line"]
        assert set(location["hoursOfOperation"][0]["daysOfWeek"]) >= {"mon", "sat", "sun"}
    assert all(locations[r.id]["partOf"]["reference"].split("/")[1] in sites for r in world.practice.rooms)
