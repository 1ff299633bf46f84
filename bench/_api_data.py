"""The practice that bench/api.py asks: 10,000 people, 50 with 200 observations each, days of 60 appointments.

For bench/growth.py it has as many more observations of the others as are asked for, all of them `final`.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from carewright.core.store.model import Origin, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.project.wiring import operator_access

PATIENTS, MEASURED, OBSERVATIONS = 10_000, 50, 200
DAYS, APPOINTMENTS = 5, 60
RARE, RARE_CODE = 40, "8310-5"
FIRST_DAY = date(2026, 11, 23)
BATCH = 500
GIVEN = (
    "Ada", "Ben", "Carla", "Dinh", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Leon", "Mara", "Noor",
    "Oskar", "Paula", "Quentin", "Rosa", "Sami", "Tariq", "Uma", "Vera", "Wanda", "Xenia", "Yusuf",
)  # fmt: skip
FIRST_PART = ("Ander", "Berg", "Calder", "Dorn", "Ellis", "Fair", "Garne", "Hol", "Ibar", "Jans", "Kell", "Lind",
              "Mor", "Nor", "Ok", "Palm", "Quill", "Rey", "Sand", "Thorn")  # fmt: skip
SECOND_PART = ("son", "man", "stein", "feld", "a", "ez", "o", "well", "more", "by", "ford", "wick", "ley", "ton",
               "gren", "dahl", "ova", "ini", "eau", "ski")  # fmt: skip
FAMILY = tuple(one + other for one in FIRST_PART for other in SECOND_PART)


def name_of(number: int) -> tuple[str, str]:
    """Family and given name: a family name is that of 25 people."""
    return FAMILY[number % len(FAMILY)], GIVEN[number // len(FAMILY) % len(GIVEN)]


def patient(number: int) -> Resource:
    family, given = name_of(number)
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"system": "urn:example:mrn", "value": f"{100_000 + number}"}],
        "name": [{"family": family, "given": [given]}],
        "telecom": [{"system": "phone", "value": f"555-01{number % 100:02d}", "use": "mobile"}],
        "gender": "female" if number % 2 else "male",
        "birthDate": (date(1940, 1, 1) + timedelta(days=number * 3)).isoformat(),
        "address": [{"line": [f"{number} Main Street"], "city": "Riverside", "state": "OH", "postalCode": "45431"}],
    }


def observation(of: int, number: int, *, resource_id: str | None = None) -> Resource:
    """A heart rate as the vitals skill writes it."""
    at = datetime(2026, 1, 5, 15, 0, tzinfo=UTC) + timedelta(hours=36 * number, minutes=of)
    return {
        "resourceType": "Observation",
        "id": resource_id or f"o{of}-{number}",
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category",
                                  "code": "vital-signs", "display": "Vital Signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}],
                 "text": "Heart rate"},
        "subject": {"reference": f"Patient/p{of}"},
        "effectiveDateTime": at.isoformat(),
        "performer": [{"reference": "Practitioner/dana"}],
        "valueQuantity": {"value": 60 + number % 90, "unit": "/min", "system": "http://unitsofmeasure.org",
                          "code": "/min"},
    }  # fmt: skip


def appointment(day: int, number: int) -> Resource:
    start = datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=day, hours=13, minutes=8 * number)
    return {
        "resourceType": "Appointment",
        "id": f"a{day}-{number}",
        "status": "booked",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=20)).isoformat(),
        "participant": [
            {"actor": {"reference": f"Patient/p{(day * 997 + number * 31) % PATIENTS}"}, "status": "accepted"},
            {"actor": {"reference": "Practitioner/dana"}, "status": "accepted"},
        ],
    }


def rare(number: int) -> Resource:
    """A temperature: one of `RARE` among all that are final."""
    coding = {"system": "http://loinc.org", "code": RARE_CODE, "display": "Body temperature"}
    value = {"value": 37, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"}
    seen = observation(number, number, resource_id=f"rare-{number}")
    return {**seen, "code": {"coding": [coding], "text": "Temperature"}, "valueQuantity": value}


def of_others(number: int) -> int:
    """A patient whose chart is not measured: what is written meanwhile goes there, so that no measured one grows."""
    return MEASURED + number % (PATIENTS - MEASURED)


def others(count: int) -> Iterator[Resource]:
    """So many observations of those whose charts are not measured."""
    for number in range(count):
        yield observation(of_others(number), number // (PATIENTS - MEASURED), resource_id=f"x{number}")


def everything(more: int = 0) -> Iterator[Resource]:
    yield {"resourceType": "Practitioner", "id": "dana", "name": [{"family": "Cole", "given": ["Dana"]}]}
    yield from (patient(number) for number in range(PATIENTS))
    yield from (observation(of, number) for of in range(MEASURED) for number in range(OBSERVATIONS))
    yield from (appointment(day, number) for day in range(DAYS) for number in range(APPOINTMENTS))
    yield from map(rare, range(RARE))
    yield from others(more)


def fill(store: Store, practice: str, *, more: int = 0) -> None:
    """Bring the practice in, as an import, with so many more observations."""
    store.ensure_practice(practice, "Bench")
    writer = Writer(store, operator_access(practice), origin=Origin.IMPORT)
    for some in in_batches(everything(more), BATCH):
        with writer.transaction(reason="bench.fill") as tx:
            for one in some:
                tx.import_(one)


def in_batches(resources: Iterable[Resource], size: int) -> Iterator[list[Resource]]:
    listed = iter(resources)
    while some := list(islice(listed, size)):
        yield some


def transaction(number: int, entries: int) -> Resource:
    """A transaction Bundle that creates observations under ids of the server's."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": f"urn:uuid:{uuid.uuid4()}",
                "resource": {k: v for k, v in observation(of_others(number * entries + n), n).items() if k != "id"},
                "request": {"method": "POST", "url": "Observation"},
            }
            for n in range(entries)
        ],
    }
