"""The lead's day in a real browser, on both engines: a sick cover within ninety seconds, by the keyboard alone too."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work.model import OTHER, Kind, Pool, WorkTask
from carewright.skills.staffing import actions as staffing
from carewright.skills.visit import actions as visits
from tests.clinic import TEN_FORTY, what_is_drawn
from tests.pages import SITE, Pages
from tests.screens.conftest import SignIn
from tests.screens.visits import LONG, arrived, jonas, patient, step

pytestmark = pytest.mark.browser
MONDAY = TEN_FORTY.date()
DANA = "Practitioner/dana"
FIVE_PM = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
SECONDS = 90
WORDS = (
    "Ring the school about the asthma form", "Scan the papers of the morning", "Ask Lakeview for the records",
    "Sports physical form: fill and give to the provider", "Refill of the supply cupboard", "Call back about a bill",
)  # fmt: skip


@pytest.fixture
def busy(clinic_pages: Pages) -> Pages:
    """Dana with a dozen tasks, some late, and two visits in rooms; two more MAs, one in her pod."""
    clinic = clinic_pages.clinic
    lead = clinic.writer("lena")
    for name, family, pod in (("mia", "Abernathy-Villalobos", "A"), ("ben", "Oyelaran", "B")):
        clinic.have(
            {"resourceType": "Practitioner", "id": name,
             "name": [{"family": family, "given": [name.title()], "suffix": ["CMA"]}]},
            {"resourceType": "PractitionerRole", "id": f"role-{name}", "code": [Coding(ROLE_SYSTEM, "ma").concept()],
             "practitioner": {"reference": f"Practitioner/{name}"}, "location": [{"reference": f"Location/{SITE}"}]},
        )  # fmt: skip
        staffing.set_pod(lead, site=SITE, day=MONDAY, practitioner=f"Practitioner/{name}", pod=pod)
    staffing.set_pod(lead, site=SITE, day=MONDAY, practitioner=DANA, pod="A")
    staffing.pair(lead, site=SITE, day=MONDAY, ma=DANA, provider="Practitioner/lind")
    noon, half = TEN_FORTY - timedelta(minutes=10), timedelta(minutes=30)
    staffing.set_lunch(
        lead, site=SITE, day=MONDAY, practitioner="Practitioner/ben", starts_at=noon, ends_at=noon + half
    )
    ada = patient(clinic, "ada", family=LONG, given="Ada", born="1988-05-17", gender="female")
    for n, words in enumerate(WORDS * 2):
        due = FIVE_PM if n % 3 else TEN_FORTY - timedelta(hours=2)
        about = f"Patient/{ada}" if n % 2 else ""
        work.add(lead, task=WorkTask(code=OTHER, words=words, owner=DANA, kind=Kind.CLERICAL, due_at=due, site=SITE,
                                     patient=about, pool=Pool(role=Role.MA)))  # fmt: skip
    for who, room in ((jonas(clinic), "room-4"), (ada, "room-1")):
        visit = arrived(clinic, who, well=False, reason="Cough")
        step(clinic, visit, "start_rooming", minutes_ago=12, room=room)
        version = int(clinic.resource(Ref("Encounter", visit.encounter))["meta"]["versionId"])
        visits.assign(clinic.writer("dana"), encounter_id=visit.encounter, version=version, assistant=DANA)
    return clinic_pages


def waits_on_dana(pages: Pages) -> int:
    """By the projections: open tasks, and visits that go on."""
    clinic = pages.clinic
    tasks = clinic.rows("task", name="lena", is_open=1, owner=DANA)
    return len(tasks) + len(clinic.rows("visit", name="lena", is_open=1, assistant=DANA))


def test_a_sick_cover_takes_less_than_ninety_seconds_and_leaves_nothing_waiting(
    page: Page, busy: Pages, sign_in: SignIn
) -> None:
    assert waits_on_dana(busy) == 16  # twelve tasks, two visits, and the rooming of each
    sign_in(page, "lena")
    began = time.monotonic()
    page.goto("/team/")
    page.get_by_role("link", name="Away Dana Cole").click()
    expect(page.get_by_role("combobox", name="Who takes")).to_have_count(16)
    page.get_by_role("combobox", name="Who takes: Ask Lakeview").first.select_option(label="Ben Oyelaran, CMA")
    page.get_by_role("button", name="Away: hand everything over").click()
    expect(page.get_by_text("Dana Cole is away. 0 things still wait there.")).to_be_visible()
    assert time.monotonic() - began < SECONDS
    assert waits_on_dana(busy) == 0
    for name in ("Ben Oyelaran, CMA", "Mia Abernathy-Villalobos, CMA", "Lena Cole"):
        expect(page.get_by_role("main").get_by_role("status")).to_contain_text(name)  # shared, not one person's
    away = page.get_by_role("region", name="Away today")
    expect(away).to_contain_text("Sick")
    away.get_by_role("button", name="Is here after all").click()
    expect(page.get_by_role("region", name="Away today")).to_contain_text("Nobody.")


def test_a_sick_cover_by_the_keyboard_alone(page: Page, busy: Pages, sign_in: SignIn) -> None:
    sign_in(page, "lena")
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Team", exact=True)).to_be_visible()
    page.get_by_role("link", name="Away Dana Cole").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Dana Cole is away")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("0 things still wait there.")).to_be_visible()
    assert waits_on_dana(busy) == 0


def test_a_task_is_added_with_one_key_and_others_see_it_at_once(
    page: Page, busy: Pages, sign_in: SignIn, new_context: Callable[..., object], address: str
) -> None:
    other = new_context(base_url=address).new_page()  # type: ignore[attr-defined]  # a browser's context
    sign_in(other, "mona")
    other.goto("/team/")
    line = other.get_by_role("row").filter(has_text="Ben Oyelaran")
    expect(line.get_by_role("cell").nth(4)).to_contain_text("0")
    sign_in(page, "lena")
    page.goto("/team/")
    page.keyboard.press("a")
    expect(page.get_by_role("dialog", name="Add a task")).to_be_visible()
    page.get_by_label("What is to be done").fill("Order gloves, size M")
    page.get_by_role("dialog", name="Add a task").get_by_label("For").select_option(label="Ben Oyelaran, CMA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="Ben Oyelaran").get_by_role("cell").nth(4)).to_contain_text("1")
    expect(line.get_by_role("cell").nth(4)).to_contain_text("1")


def test_a_short_day_is_put_off_with_a_reason_and_listed_for_later(page: Page, busy: Pages, sign_in: SignIn) -> None:
    sign_in(page, "lena")
    page.goto("/team/")
    page.keyboard.press("s")
    expect(page.get_by_role("checkbox", name="Scan the papers")).to_have_count(2)
    for typed in page.get_by_role("checkbox").all():
        expect(typed).not_to_be_checked()  # what somebody typed is chosen by whoever leads
        typed.check()
    page.get_by_role("checkbox", name="Call back about a bill").first.uncheck()
    page.get_by_label("Why", exact=False).fill("Two of us are sick")
    page.get_by_role("button", name="Put off").click()
    later = page.get_by_role("region", name="For later")
    expect(later.get_by_role("listitem")).to_have_count(11)
    expect(later.get_by_role("listitem").first).to_contain_text("Two of us are sick")
    expect(later.get_by_role("listitem").first).to_contain_text("not before 11/24/2026")
    expect(page.get_by_role("checkbox")).to_have_count(1)


@what_is_drawn
def test_each_page_of_the_team_can_be_read_by_everybody_at_every_size(
    page: Page, busy: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:

    def look() -> None:
        assert_readable(page)

    sign_in(page, "lena")
    page.goto("/team/")
    expect(page.get_by_text("At lunch")).to_be_visible()
    look()
    page.get_by_role("button", name="Add a task").click()
    look()
    page.goto("/team/person/dana")
    look()
    page.goto("/team/short")
    page.get_by_role("button", name="Put off").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_be_visible()
    look()
    page.goto("/team/cover/dana")
    look()
    page.get_by_role("button", name="Away: hand everything over").click()
    expect(page.get_by_text("0 things still wait there.")).to_be_visible()
    look()
