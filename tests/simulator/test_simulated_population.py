"""The patients: how many, how old, how named, and whether their histories fit them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from carewright.core.fhir import codec
from carewright.core.store.model import Resource
from carewright.project import simulator
from carewright.project.simulator import vaccines
from carewright.project.simulator.names import CULTURES
from carewright.project.simulator.traits import TRAITS
from carewright.skills.allergies.fhir import asked_from_fhir
from carewright.skills.allergies.model import Outcome
from carewright.skills.registration import codes as registration
from carewright.skills.registration.rules.mrn import check_mrn
from carewright.skills.vitals.fhir import from_fhir
from carewright.skills.vitals.model import Kind, Level, Subject
from carewright.skills.vitals.rules.findings import check, worst

from .conftest import MONDAY, SEED, World


def test_a_practice_of_the_wanted_size_and_ages(world: World) -> None:
    people = list(world.people.values())
    ages = [p.age_years(MONDAY) for p in people]
    assert len(people) == len({p.id for p in people}) == 1500
    assert 0.35 < sum(a < 18 for a in ages) / 1500 < 0.55
    assert 0.08 < sum(a >= 65 for a in ages) / 1500 < 0.25
    assert 0.45 < sum(p.sex == "female" for p in people) / 1500 < 0.56
    assert min(ages) == 0
    assert all(p.born <= MONDAY for p in people)


def test_record_numbers_are_ours_and_unique(world: World) -> None:
    numbers = [r.patient["identifier"][0]["value"] for r in world.records]
    assert len(set(numbers)) == 1500
    assert all(check_mrn(number) == number for number in numbers)


def test_every_origin_is_there_and_women_of_slavic_families_bear_her_form(world: World) -> None:
    people = world.people.values()
    assert {p.culture for p in people} == set(CULTURES)
    russian = [p for p in people if p.culture == "russian" and p.sex == "male"]
    assert not [p for p in russian if p.family.endswith(("ova", "eva", "skaya"))]


def test_children_bear_their_families_names(world: World) -> None:
    for person in world.people.values():
        mothers = [g for g in person.guardians if g.relationship == "MTH"]
        fathers = [g for g in person.guardians if g.relationship == "FTH"]
        if person.culture in {"mexican", "central-american"} and mothers and fathers:
            assert person.family.startswith(fathers[0].family.split()[0])
            assert len(person.family.split()) >= 2
        if person.culture == "somali" and fathers:
            assert person.given[1] == fathers[0].given[0]
            assert person.family == fathers[0].given[-1]


def test_names_that_break_forms_are_there(world: World) -> None:
    people = list(world.people.values())
    assert [p for p in people if not p.given]
    assert max(len(p.display) for p in people) > 60
    assert min(len(p.display) for p in people) <= 3
    for mark in "'-áñöÞŠ"[:6]:
        assert [p for p in people if mark in p.display], mark
    assert [p for p in people if p.usual and p.usual not in p.given]
    garcias = [p for p in people if p.given[:1] == ("Maria",) and p.family == "Garcia"]
    born = sorted(p.born for p in garcias)
    assert len(born) >= 3
    assert born[1] - born[0] <= timedelta(days=30)


def test_families_share_what_families_share(world: World) -> None:
    households: dict[int, list[str]] = defaultdict(list)
    for person in world.people.values():
        households[person.household].append(person.id)
    big = [ids for ids in households.values() if len(ids) >= 3]
    assert len(big) > 100
    for ids in big:
        assert len({world.people[i].phone for i in ids}) == len({world.people[i].address for i in ids}) == 1
    twins = [p for p in world.people.values() if p.birth_order == 2]
    assert len(twins) >= 4
    for twin in twins:
        other = [p for p in world.people.values() if p.household == twin.household and p.birth_order == 1]
        assert [p for p in other if p.born == twin.born and p.given != twin.given]
    phones = {p.household: p.phone for p in world.people.values()}
    assert len(set(phones.values())) == len(phones)
    assert all("-555-01" in phone for phone in phones.values())


def test_groups_hold_households_with_children(world: World) -> None:
    for group in world.of_type("Group"):
        members = [world.people[m["entity"]["reference"].split("/")[1]] for m in group["member"]]
        assert len({m.household for m in members}) == 1
        assert any(m.guardians for m in members)
        assert registration.FAMILY.matches(group["code"])
    assert len(world.of_type("Group")) > 150


def test_every_child_has_an_adult_who_may_consent(world: World) -> None:
    authorities = Counter(g.authority for p in world.people.values() for g in p.guardians)
    assert set(authorities) == {"parent", "sole-custody", "no-contact", "guardian", "foster", "letter", "none"}
    for person in world.people.values():
        if person.age_years(MONDAY) < 17:
            assert {g.authority for g in person.guardians} & {"parent", "sole-custody", "guardian", "foster"}


def test_nobody_who_is_kept_away_is_listed_with_the_childs_address(world: World) -> None:
    kept = [r for r in world.of_type("RelatedPerson") if not r["active"]]
    assert kept
    assert all("address" not in r for r in kept)
    assert all("Court order" in r["relationship"][1]["text"] for r in kept)


def test_interpreters_and_people_without_an_address(world: World) -> None:
    needing = [p for p in world.people.values() if p.interpreter]
    assert 0.08 < len(needing) / 1500 < 0.3
    assert len({p.language for p in needing}) >= 8
    assert "en" not in {p.language for p in needing}
    homeless = [r.patient for r in world.records if not r.person.address.lines]
    assert len(homeless) >= 3
    assert all(r["address"][0]["extension"][0]["valueBoolean"] is True for r in homeless)


def test_traits_fit_age_and_sex(world: World) -> None:
    for person in world.people.values():
        for trait in person.traits:
            assert TRAITS[trait].sex in (None, person.sex), (person.display, trait)
        if person.has("pregnant"):
            assert person.sex == "female"
            assert 14 <= person.age_years(MONDAY) <= 50
            assert not {"hypertension", "warfarin", "cholesterol"} & set(person.traits)
        if person.has("prostate") or person.has("memory"):
            assert person.age_years(MONDAY) >= 50


def test_a_condition_begins_after_birth_and_before_the_day(world: World) -> None:
    for condition in world.of_type("Condition"):
        born = world.people[condition["subject"]["reference"].split("/")[1]].born
        assert born.isoformat() <= condition["onsetDateTime"] <= MONDAY.isoformat()


def test_some_have_allergies_some_have_none_and_some_were_never_asked(world: World) -> None:
    answers: Counter[str] = Counter()
    for record in world.records:
        listed = {
            f"AllergyIntolerance/{r['id']}" for r in record.resources if r["resourceType"] == "AllergyIntolerance"
        }
        askings = [asked for r in record.resources if r["resourceType"] == "List" and (asked := asked_from_fhir(r))]
        assert len(askings) <= 1
        if askings:
            assert set(askings[0].listed) == listed
            assert (askings[0].outcome is Outcome.NONE_KNOWN) == (not listed)
        answers["some" if listed else "none" if askings else "never"] += 1
    assert answers["none"] > answers["some"] > answers["never"] > 30


def test_flags_are_those_that_the_banner_knows(world: World) -> None:
    flags = world.of_type("Flag")
    seen = {c["code"] for f in flags for c in f["code"]["coding"]}
    assert {"not-this-arm", "latex", "blood-thinner", "pacemaker", "fainter", "hard-stick", "wheelchair"} == seen
    assert {c["system"] for f in flags for c in f["code"]["coding"]} == {registration.LATEX.system}


def _readings(world: World) -> Iterator[tuple[str, Resource]]:
    """Patient and Observation, of every third patient."""
    for record in world.records[::3]:
        for resource in record.resources:
            if resource["resourceType"] == "Observation":
                yield record.person.id, resource


def test_no_past_measurement_is_impossible_or_critical(world: World) -> None:
    levels: Counter[Level] = Counter()
    for patient, observation in _readings(world):
        person = world.people[patient]
        reading = from_fhir(observation)
        assert reading is not None
        levels[worst(check(reading, subject=Subject(birth_date=person.born, sex=person.sex)))] += 1
    assert levels[Level.IMPOSSIBLE] == 0
    assert levels[Level.CRITICAL] == 0
    assert 0 < levels[Level.WARN] < sum(levels.values()) * 0.15


@pytest.mark.parametrize("kind", [Kind.LENGTH, Kind.HEAD, Kind.HEIGHT])
def test_a_child_never_shrinks(world: World, kind: Kind) -> None:
    sizes: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for patient, observation in _readings(world):
        reading = from_fhir(observation)
        if reading and reading.kind is kind and reading.value and world.people[patient].age_years(MONDAY) < 15:
            sizes[patient].append((observation["effectiveDateTime"], reading.value.amount))
    steps = [b - a for found in sizes.values() for (_, a), (_, b) in pairwise(sorted(found))]
    assert len(steps) > 100
    assert min(steps) > Decimal("-0.9"), "more than the noise of two readings"
    assert sum(step < 0 for step in steps) < len(steps) * 0.05


def test_an_infants_weight_follows_its_own_line(world: World) -> None:
    for record in world.records:
        if not 200 < record.person.age_days(MONDAY) < 700:
            continue
        found = [
            (r["effectiveDateTime"], r["valueQuantity"]["value"])
            for r in record.resources
            if r["resourceType"] == "Observation" and r["code"]["coding"][0]["code"] == "29463-7"
        ]
        weights = [value for _, value in sorted(found)]
        assert all(later > earlier for earlier, later in pairwise(weights)), record.person.id


def test_numbers_are_decimals_never_floats(world: World) -> None:
    def floats(value: object) -> bool:
        if isinstance(value, dict):
            return any(map(floats, value.values()))
        return any(map(floats, value)) if isinstance(value, list) else isinstance(value, float)

    assert not any(floats(r) for r in world.resources())
    weight = next(o for o in world.of_type("Observation") if o["valueQuantity"]["code"] == "kg")
    assert codec.decode(codec.encode(weight)) == weight


def test_childhood_doses_keep_their_minimum_ages_and_intervals(world: World) -> None:
    doses: dict[tuple[str, str], list[date]] = defaultdict(list)
    for dose in world.of_type("Immunization"):
        code = dose["vaccineCode"]["coding"][0]["code"]
        on = date.fromisoformat(dose["occurrenceDateTime"])
        person = world.people[dose["patient"]["reference"].split("/")[1]]
        assert person.born < on < MONDAY
        doses[person.id, code].append(on)
        if code in {vaccines.MMR.code, vaccines.VARICELLA.code, vaccines.HEP_A.code}:
            assert on >= person.born + timedelta(days=365)
        if code == vaccines.ROTAVIRUS.code:
            assert (on - person.born).days <= 238
        if code == vaccines.ZOSTER.code:
            assert person.age_years(on) >= 50
    for (_, code), given in doses.items():
        assert len(given) == len(set(given))
        if code == vaccines.HEP_A.code and len(given) == 2:
            assert (max(given) - min(given)).days >= 180


def test_some_children_are_behind(world: World) -> None:
    two = [r for r in world.records if 800 < r.person.age_days(MONDAY) < 1400]
    with_mmr = [
        r
        for r in two
        if any(
            x["resourceType"] == "Immunization" and x["vaccineCode"]["coding"][0]["code"] == "03" for x in r.resources
        )
    ]
    assert 0.75 < len(with_mmr) / len(two) < 0.99


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2026, 3, 8), date(2026, 7, 4), date(2030, 1, 1)])
def test_any_day_works(day: date) -> None:
    records = list(simulator.population(SEED, day, 80))
    assert len(records) == 80
    for record in records:
        for resource in record.resources:
            if resource["resourceType"] == "Encounter":
                assert record.person.born.isoformat() <= resource["period"]["start"][:10] < day.isoformat()
                assert date.fromisoformat(resource["period"]["start"][:10]).weekday() < 5
