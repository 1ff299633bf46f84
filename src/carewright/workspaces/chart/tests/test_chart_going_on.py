"""What is going on with a patient, on the chart: for those who may open what it leads to."""

from datetime import timedelta

import pytest

from carewright.core.access.model import Role
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work.model import TASK_CODE, Pool, WorkTask
from carewright.skills.referrals import actions as referrals
from carewright.skills.referrals.model import Referral, Step, Taken
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import Pages, open_pages

MANY = 9


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    found = open_pages(clinic)
    for key in ("ada", "ben"):
        clinic.have({"resourceType": "Patient", "id": key, "gender": "female", "birthDate": "1980-05-06",
                     "name": [{"family": "Berg", "given": [key.title()]}]})  # fmt: skip
    for number in range(MANY):
        late = timedelta(hours=number - 1)
        task = WorkTask(code=Coding(TASK_CODE, "job", "Job"), words=f"Job {number}", pool=Pool(role=Role.MA),
                        patient="Patient/ada", due_at=TEN_FORTY + late)  # fmt: skip
        work.add(clinic.writer("lind"), task=task)
    needed = Taken(step=Step.NEEDED, at=TEN_FORTY, by="Practitioner/lind")
    referral = Referral(patient="Patient/ada", to="Cardiology", reason="Murmur", provider="Practitioner/lind",
                        taken=(needed,))  # fmt: skip
    referrals.refer(clinic.writer("lind"), referral=referral)
    return found


def test_the_chart_says_what_is_to_do_and_leads_there(pages: Pages) -> None:
    text = pages.client("dana").get("/chart/ada").content.decode()
    assert text.count('href="/worklist/task/') == 6
    assert "Job 0" in text
    assert "Late" in text
    assert "and 4 more" in text  # nine, and what the referral asks for
    assert 'href="/referrals/' in text
    assert "Cardiology" in text
    assert "Next: Sent" in text


def test_another_chart_says_nothing_of_it(pages: Pages) -> None:
    text = pages.client("dana").get("/chart/ben").content.decode()
    assert "Job 0" not in text
    assert "Cardiology" not in text
