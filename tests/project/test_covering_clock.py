"""The clock finds the provider who covers: by the day's roster, and not one who is away. On both engines."""

from datetime import timedelta

import pytest

from carewright.core.store.model import Ref
from carewright.core.work import actions as work
from carewright.core.work import fhir
from carewright.core.work.model import OTHER, Kind, Pool, WorkTask
from carewright.project.timers import TimerRunner
from carewright.skills.staffing import actions as staffing
from carewright.skills.staffing.model import Absence, Why
from carewright.skills.staffing.queries import covering
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import SITE, open_pages

MONDAY = TEN_FORTY.date()
LIND, RAO = "Practitioner/lind", "Practitioner/rao"


@pytest.fixture
def two_providers(clinic: Clinic) -> Clinic:
    open_pages(clinic)
    role = clinic.resource(Ref("PractitionerRole", "role-lind"), name="mona")
    role.pop("meta")
    clinic.have(
        {"resourceType": "Practitioner", "id": "rao", "name": [{"family": "Rao"}]},
        {**role, "id": "role-rao", "practitioner": {"reference": RAO}},
    )
    staffing.set_covering(clinic.writer("lena"), site=SITE, day=MONDAY, provider=RAO)
    return clinic


def critical(clinic: Clinic) -> str:
    task = WorkTask(
        code=OTHER, words="Call back now", kind=Kind.CRITICAL, pool=Pool(role=None), site=SITE,
        due_at=TEN_FORTY - timedelta(minutes=1),
    )  # fmt: skip
    return work.add(clinic.writer("dana"), task=task).id


def sent_to(clinic: Clinic, task_id: str) -> str:
    """To whom the clock has sent it."""
    TimerRunner(clinic.store, "test", covering=covering).drain(clinic.practice)
    task = fhir.from_fhir(clinic.resource(Ref("Task", task_id)))
    assert len(task.escalations) == 1
    return task.owner


def test_an_unanswered_critical_task_goes_to_who_covers_today(two_providers: Clinic) -> None:
    assert sent_to(two_providers, critical(two_providers)) == RAO


def test_and_not_to_somebody_who_is_away(two_providers: Clinic) -> None:
    absence = Absence(practitioner=RAO, first=MONDAY, last=MONDAY, why=Why.SICK)
    staffing.mark_absent(two_providers.writer("lena"), site=SITE, absence=absence)
    assert sent_to(two_providers, critical(two_providers)) == LIND
