"""Who the patients are, household by household: cheap to draw, so that a day can be planned before a chart is written.

Ages are drawn in days before `day`; the same seed gives the same people on every day, each as old as on the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from carewright.project.simulator import guardians, names, naming, traits
from carewright.project.simulator.model import Address, Guardian, Person
from carewright.project.simulator.names import CULTURES, Culture
from carewright.project.simulator.seeds import identifier, stream, weighted
from carewright.project.simulator.specials import SPECIALS, YEAR, FamilySpec, SoloSpec

FEMALE, MALE = "female", "male"
ADULT_DAYS = round(18 * YEAR)
FIRST_RECORD_NUMBER = 42_101
"""The running number of the first patient; the next one to be registered follows the last."""

_KINDS = (
    ("couple-with-children", 40.0),
    ("single-mother", 11.0),
    ("single-father", 3.0),
    ("grandparents", 2.5),
    ("foster", 1.0),
    ("couple", 11.0),
    ("single", 17.0),
    ("elder-couple", 9.0),
    ("elder", 7.0),
)
_WITH_CHILDREN = frozenset({"couple-with-children", "single-mother", "single-father", "grandparents", "foster"})


@dataclass(frozen=True, kw_only=True)
class Home:
    """What the members of a household share."""

    seed: int
    number: int
    day: date
    culture: Culture
    site: str
    address: Address
    phone: str


@lru_cache(maxsize=4)
def roster(seed: int, day: date, count: int) -> tuple[Person, ...]:
    """The first `count` patients, in the order of their record numbers."""
    found: list[Person] = []
    for number, household in enumerate(_households(seed, day)):
        first = FIRST_RECORD_NUMBER + len(found)
        found += [
            replace(person, number=first + place, household=number)
            for place, person in enumerate(household[: count - len(found)])
        ]
        if len(found) >= count:
            break
    return tuple(found)


def _households(seed: int, day: date) -> Iterator[list[Person]]:
    number = 0
    while True:
        spec = SPECIALS[number] if number < len(SPECIALS) else FamilySpec(site="")
        yield _solo(seed, number, day, spec) if isinstance(spec, SoloSpec) else _family(seed, number, day, spec)
        number += 1


def _home(rng: Random, *, seed: int, number: int, day: date, culture: Culture, site: str) -> Home:
    site = site or ("main" if rng.random() < 0.7 else "lakeview")
    town, postal_code = rng.choice(names.TOWNS[site])
    street = f"{rng.randrange(101, 2990)} {rng.choice(names.STREETS)} {rng.choice(names.STREET_KINDS)}"
    lines = (street, f"Apt {rng.randrange(1, 412)}") if rng.random() < 0.35 else (street,)
    return Home(
        seed=seed,
        number=number,
        day=day,
        culture=culture,
        site=site,
        address=Address(lines=lines, city=town, state="MN", postal_code=postal_code),
        phone=_phone(number),
    )


def _phone(place: int) -> str:
    """A fictional number; the practice's own two are left out."""
    area, line = divmod(place, 98)
    return f"{names.AREA_CODES[area % len(names.AREA_CODES)]}-555-{102 + line:04d}"


def _mobile(number: int) -> str:
    """A second number for a household, counted from the far end so that it is not another household's first."""
    return _phone(98 * len(names.AREA_CODES) - 1 - number)


def _solo(seed: int, number: int, day: date, spec: SoloSpec) -> list[Person]:
    rng, culture = stream(seed, "household", number), CULTURES[spec.culture]
    home = _home(rng, seed=seed, number=number, day=day, culture=culture, site=spec.site)
    if spec.homeless:
        where = Address(
            lines=(),
            city=home.address.city,
            state="MN",
            postal_code=home.address.postal_code,
            text="No fixed address",
        )
        home = replace(home, address=where)
    person = _person(home, "solo", (spec.given, spec.family), spec.sex, spec.age_days, fixed=spec.traits or None)
    language = spec.interpreter or person.language
    return [
        replace(
            person,
            usual=spec.usual or person.usual,
            language=language,
            interpreter=bool(spec.interpreter) or person.interpreter,
            stitches_days=spec.extra.get("stitches_days"),
            traits=tuple(sorted({*person.traits, *(("stitches",) if spec.extra else ())})),
            contact=_other_contact(home, person),
        )
    ]


def _family(seed: int, number: int, day: date, spec: FamilySpec) -> list[Person]:
    rng = stream(seed, "household", number)
    culture = CULTURES[spec.culture] if spec.culture else weighted(rng, [(c, c.weight) for c in CULTURES.values()])
    home = _home(rng, seed=seed, number=number, day=day, culture=culture, site=spec.site)
    kind = spec.kind or ("couple-with-children" if spec.child_days else weighted(rng, _KINDS))
    if kind in _WITH_CHILDREN:
        return _with_children(rng, home, kind, spec)
    return _without_children(rng, home, kind)


def _without_children(rng: Random, home: Home, kind: str) -> list[Person]:
    elder = kind.startswith("elder")
    years = min(96.0, rng.triangular(63, 97, 70)) if elder else rng.triangular(18.5, 63, 46)
    stock = naming.family(rng, home.culture)
    if kind.endswith("couple"):
        other = max(18.5, years + rng.gauss(1, 3))
        pair = [
            _person(home, "mother", stock.mother, FEMALE, round(years * YEAR), maiden=stock.mother_maiden),
            _person(home, "father", stock.father, MALE, round(other * YEAR)),
        ]
        first, second = (
            replace(p, contact=guardians.spouse(home.seed, q, phone=home.phone)) for p, q in (pair, reversed(pair))
        )
        return [_perhaps_pregnant(rng, home, first, share=0.09), second]
    sex = rng.choice((FEMALE, MALE))
    person = _person(home, "single", stock.mother if sex == FEMALE else stock.father, sex, round(years * YEAR))
    return [replace(_perhaps_pregnant(rng, home, person, share=0.05), contact=_other_contact(home, person))]


def _with_children(rng: Random, home: Home, kind: str, spec: FamilySpec) -> list[Person]:
    ages = sorted(spec.child_days) or _child_days(rng)
    mixed = CULTURES["anglo"] if rng.random() < 0.07 else None
    stock = naming.family(rng, home.culture, mother_culture=mixed)
    mother_days = ages[-1] + round(rng.triangular(18.5, 37, 27) * YEAR)
    father_days = max(ADULT_DAYS + 200, mother_days + round(rng.gauss(2, 3.5) * YEAR))
    if kind == "grandparents":
        mother_days, father_days = mother_days + round(21 * YEAR), father_days + round(22 * YEAR)
    mother = _person(home, "mother", stock.mother, FEMALE, mother_days, maiden=stock.mother_maiden)
    father = _person(home, "father", stock.father, MALE, father_days)
    mother = replace(
        mother,
        contact=guardians.spouse(home.seed, father, phone=home.phone)
        if kind != "single-mother"
        else _other_contact(home, mother),
    )
    father = replace(
        father,
        contact=guardians.spouse(home.seed, mother, phone=home.phone)
        if kind != "single-father"
        else _other_contact(home, father),
    )
    mother = _motherhood(rng, home, mother, kind, youngest=ages[0], spec=spec)
    children = _children(rng, home, kind, spec=spec, ages=ages, stock=stock, parents=(mother, father))
    grown_ups = []
    if kind != "single-father" and (mother.pregnant_days or mother.has("postpartum") or rng.random() < 0.75):
        grown_ups.append(mother)
    if kind != "single-mother" and rng.random() < 0.5:
        grown_ups.append(father)
    return [*children, *grown_ups]


def _child_days(rng: Random) -> list[int]:
    """Ages of the children of one household, youngest first; one pair of twins in thirty households or so."""
    days = round(rng.triangular(0.02, 17, 3) * YEAR)
    found = [days]
    for _ in range(weighted(rng, [(0, 0.28), (1, 0.38), (2, 0.2), (3, 0.1), (4, 0.04)])):
        days += 0 if rng.random() < 0.03 else round(rng.uniform(1.4, 3.8) * YEAR)
        if days < ADULT_DAYS:
            found.append(days)
    return found


def _motherhood(rng: Random, home: Home, mother: Person, kind: str, *, youngest: int, spec: FamilySpec) -> Person:
    if kind in {"grandparents", "foster"}:
        return mother
    if spec.pregnant_days is not None:
        return _pregnant(mother, spec.pregnant_days)
    if youngest < 84:
        return replace(mother, traits=tuple(sorted({*mother.traits, "postpartum"})))
    return _perhaps_pregnant(rng, home, mother, share=0.06) if youngest > 400 else mother


def _perhaps_pregnant(rng: Random, home: Home, person: Person, *, share: float) -> Person:
    point, days = rng.random(), rng.randrange(45, 277)
    fits = person.sex == FEMALE and 18 <= person.age_years(home.day) <= 42
    return _pregnant(person, days) if fits and point < share else person


def _pregnant(person: Person, days: int) -> Person:
    return replace(
        person, pregnant_days=days, traits=tuple(sorted({*person.traits, "pregnant"} - traits.NOT_WHILE_PREGNANT))
    )


def _children(
    rng: Random,
    home: Home,
    kind: str,
    *,
    spec: FamilySpec,
    ages: list[int],
    stock: naming.FamilyNames,
    parents: tuple[Person, Person],
) -> list[Person]:
    found: list[Person] = []
    taken: frozenset[str] = frozenset()
    for place, days in enumerate(ages):
        sex = spec.child_sexes[place] if place < len(spec.child_sexes) else rng.choice((FEMALE, MALE))
        own = (
            naming.family(rng, weighted(rng, [(c, c.weight) for c in CULTURES.values()])) if kind == "foster" else stock
        )
        name = naming.child(rng, own, sex, taken=taken)
        taken |= {name[0][0] if home.culture.pattern != "no-surname" else f"{name[0][0]} {name[1]}".strip()}
        person = _person(home, f"child-{place}", name, sex, days)
        translated = parents[0].interpreter and days < 12 * YEAR
        adults = guardians.for_child(
            home.seed, rng, kind, child=person.id, parents=parents, culture=home.culture, phone=home.phone
        )
        found.append(
            replace(
                person,
                guardians=adults,
                birth_order=1 + ages[:place].count(days) if ages.count(days) > 1 else 0,
                language=parents[0].language if days < 5 * YEAR or translated else person.language,
                interpreter=translated or person.interpreter,
                traits=tuple(sorted({*person.traits, *(spec.child_traits if place == 0 else ())})),
            )
        )
    return found


def _other_contact(home: Home, person: Person) -> Guardian | None:
    years = person.age_years(home.day)
    return guardians.other_contact(home.seed, person, culture=home.culture, years=years, phone=home.phone)


def _person(
    home: Home,
    place: str,
    name: naming.Name,
    sex: str,
    age_days: int,
    *,
    maiden: str = "",
    fixed: tuple[str, ...] | None = None,
) -> Person:
    """One member of a household; `place` names the member within it. `fixed` replaces what the traits would be."""
    rng = stream(home.seed, "person", home.number, place)
    born = home.day - timedelta(days=age_days)
    years, culture = age_days / YEAR, home.culture
    foreign = culture.language != "en" and rng.random() < culture.at_home and years > 5
    needs, nick = rng.random() < culture.interpreter, rng.random() < 0.3
    given, family = name
    ethnicity, race = culture.ethnicity, culture.race
    if rng.random() < 0.03:
        race = names.NOT_SAID
    held = traits.draw(stream(home.seed, "traits", home.number, place), age=int(years), sex=sex, culture=culture.key)
    return Person(
        id=identifier(home.seed, "patient", home.number, place),
        number=0,
        household=home.number,
        given=given,
        family=family,
        sex=sex,
        born=born,
        culture=culture.key,
        race=race,
        ethnicity=ethnicity,
        language=culture.language if foreign else "en",
        interpreter=foreign and needs and years >= 12,
        site=home.site,
        address=home.address,
        phone=home.phone,
        mobile=_mobile(home.number) if place in {"mother", "single", "solo"} and rng.random() < 0.7 else "",
        email=_email(rng, given, home) if years >= 16 and rng.random() < 0.6 else "",
        usual=names.NICKNAMES.get(given[0], "") if given and nick else "",
        maiden=maiden,
        traits=tuple(sorted(held if fixed is None else fixed)),
    )


def _email(rng: Random, given: tuple[str, ...], home: Home) -> str:
    """An address under example.com (RFC 2606), in plain letters."""
    first = "".join(c for c in (given[0] if given else "mail").lower() if c.isascii() and c.isalpha()) or "mail"
    return f"{first}.{home.number}{rng.randrange(10, 99)}@example.com"
