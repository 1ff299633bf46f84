"""A site with hours and a holiday, and patients to do something for."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from carewright.core.store.model import Ref
from carewright.core.terminology.coding import LOCATION_PHYSICAL_TYPE, Coding
from carewright.core.work.hours import HOLIDAY, TIME_ZONE
from tests.clinic import Clinic

NEW_YORK = ZoneInfo("America/New_York")
SITE = "main-st"


def local(text: str) -> datetime:
    """`2026-11-23 10:40` in New York."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.fixture
def staffed(clinic: Clinic) -> Clinic:
    """The clinic with its people's roles, a site that is open on weekdays from 8 to 5, and Thanksgiving."""
    from tests.pages import _person

    clinic.have(
        {
            "resourceType": "Location",
            "id": SITE,
            "extension": [
                {"url": TIME_ZONE, "valueCode": "America/New_York"},
                {"url": HOLIDAY, "valueDate": "2026-11-26"},
            ],
            "name": "Main St",
            "physicalType": Coding(LOCATION_PHYSICAL_TYPE, "si", "Site").concept(),
            "hoursOfOperation": [
                {"daysOfWeek": ["mon", "tue", "wed", "thu", "fri"], "openingTime": "08:00:00",
                 "closingTime": "17:00:00"}
            ],
        },
        *(resource for name, role in clinic.people.items() for resource in _person(name, role)),
        *({"resourceType": "Patient", "id": f"p{n}"} for n in range(3)),
    )  # fmt: skip
    return clinic


def task_ref(task_id: str) -> Ref:
    return Ref("Task", task_id)
