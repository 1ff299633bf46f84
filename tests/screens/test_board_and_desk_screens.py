"""The flow board and the front desk in a real browser, live feed and all, on both engines."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work.model import TASK_CODE, Pool, WorkTask
from carewright.skills.registration import actions as registration
from carewright.skills.registration import codes as flags
from carewright.skills.registration.model import BannerFlag
from carewright.skills.scheduling import actions as scheduling
from carewright.skills.scheduling import codes, people
from carewright.skills.scheduling.fhir import template_to_fhir
from carewright.skills.scheduling.model import Session, Template
from carewright.skills.visit import actions as visits
from tests.clinic import what_is_drawn
from tests.pages import PASSWORD, Pages
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser

SIZES = [(1440, 900), (1024, 768), (320, 640)]
NEW_YORK = ZoneInfo("America/New_York")
OUT_OF_ITS_CELL = """() => [...document.querySelectorAll("#board tbody td, #board tbody td *, #board thead th")]
  .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden, .col-reason"))
  .filter((element) => {
    const card = document.getElementById("board").getBoundingClientRect();
    const cell = element.closest("td, th").getBoundingClientRect();
    const own = element.getBoundingClientRect();
    const cut = element.matches("td, th") && element.scrollWidth > element.clientWidth + 1;
    return cut || own.right > card.right + 1 || (own.width > 0 && own.right > cell.right + 1);
  })
  .map((element) => element.textContent.trim())"""
"""What sticks out of its cell or of the board."""
AxeCheck = Callable[[Page], None]
LONG_WORDS = "Bathroom first, five quiet minutes, then the arm that read higher, three readings a minute apart"
NAMES = (("Santos", "Rosa"), ("Okafor", "Ada"), ("de la Concepción Villanueva-Etxeberria", "María"), ("Li", "An"))


@pytest.fixture
def day(clinic_pages: Pages) -> Pages:
    """Four patients, a provider's week, two of them booked at eleven."""
    clinic = clinic_pages.clinic
    people.forget()
    week = tuple(Session(weekday=n, starts=time(8), ends=time(17), seats=2) for n in range(5))
    clinic.have(
        template_to_fhir(
            Template(
                schedule="Schedule/lind", provider="Practitioner/lind", site="Location/main-st",
                zone="America/New_York", sessions=week,
            )
        ),
        *(
            {"resourceType": "Patient", "id": f"p{n}", "gender": "female", "birthDate": f"19{50 + n}-01-02",
             "name": [{"family": family, "given": [given]}]}
            for n, (family, given) in enumerate(NAMES)
        ),
    )  # fmt: skip
    return clinic_pages


def book(pages: Pages, patient: str, hour: int = 11) -> Ref:
    return scheduling.book(
        pages.clinic.writer("fay"), schedule="Schedule/lind", patient=f"Patient/{patient}", visit_type=codes.SICK,
        starts_at=datetime(2026, 11, 23, hour, tzinfo=NEW_YORK), at=pages.clinic.now, reason="Earache",
    )  # fmt: skip


def arrive(pages: Pages, patient: str, *, minutes_ago: int = 0) -> Ref:
    clinic = pages.clinic
    return visits.check_in(
        clinic.writer("fay"), patient=f"Patient/{patient}", visit_type=codes.SICK, site="Organization/main-st",
        at=clinic.store.now() - timedelta(minutes=minutes_ago), provider="Practitioner/lind", reason="Cough",
    )  # fmt: skip


def room(pages: Pages, visit: Ref, *, name: str = "lena", where: str = "room-4") -> None:
    version = int(pages.clinic.resource(visit)["meta"]["versionId"])
    visits.take_step(
        pages.clinic.writer(name), encounter_id=visit.id, action="start_rooming", at=pages.clinic.store.now(),
        version=version, room=f"Location/{where}",
    )  # fmt: skip


@what_is_drawn
def test_the_board_and_its_dialogs_are_accessible_and_fit(
    page: Page, day: Pages, sign_in: SignIn, assert_readable: AxeCheck
) -> None:
    visits_here = [arrive(day, f"p{n}", minutes_ago=10 * n) for n in range(3)]
    arrive(day, "p3", minutes_ago=26 * 60)  # nobody ended it yesterday
    for code, words in (("bp-seated", LONG_WORDS), ("own-task", LONG_WORDS)):
        work.add(day.clinic.writer("lind"), task=WorkTask(
            code=Coding(TASK_CODE, code, "Task"), words=words, pool=Pool(role=Role.MA), patient="Patient/p1",
            encounter=str(visits_here[1]), focus=str(visits_here[1]),
        ))  # fmt: skip
    registration.raise_flag(day.clinic.writer("dana"), flag=BannerFlag(patient="Patient/p2", code=flags.MASK_NOW))
    book(day, "p3")
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("#g-mask")).to_contain_text("Mask now – room first")
    expect(page.locator("#g-left")).to_contain_text("Patient left")
    tags = page.locator(f"#v-{visits_here[1].id} .tag")
    expect(tags.filter(has_text="Blood pressure, seated and rested")).to_be_visible()
    expect(tags.filter(has_text=LONG_WORDS)).to_be_visible()
    assert_readable(page)
    expect(page.get_by_role("cell", name="Lind Cole").first).to_be_visible()
    page.get_by_role("button", name="Room de la Concepción").click()
    expect(page.locator("#board-dialog")).to_contain_text("Clean rooms")
    assert_readable(page)
    page.get_by_role("button", name="More steps").click()
    expect(page.locator("#board-dialog")).to_contain_text("Checked in")
    assert_readable(page)


def test_a_press_that_is_on_its_way_reads_as_well_as_before(
    page: Page, day: Pages, sign_in: SignIn, assert_accessible: AxeCheck
) -> None:
    arrive(day, "p0", minutes_ago=10)
    sign_in(page, "dana")
    page.goto("/board/")
    held: list[Route] = []
    page.route(re.compile(r"/board/visit/[^/]+/room$"), lambda route: held.append(route))
    button = page.get_by_role("button", name="Room Santos, Rosa")
    button.click()
    expect(button).to_have_class(re.compile(r"\bhtmx-request\b"))
    expect(button).to_have_css("opacity", "1")
    assert_accessible(page)
    held[0].continue_()
    expect(page.locator("#board-dialog")).to_contain_text("Clean rooms")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_the_board_in_spanish_fits_with_every_button_in_its_row(
    new_context: Callable[..., BrowserContext], address: str, day: Pages, sign_in: SignIn, size: tuple[int, int]
) -> None:
    room(day, arrive(day, "p0", minutes_ago=30))
    registration.raise_flag(day.clinic.writer("dana"), flag=BannerFlag(patient="Patient/p0", code=flags.MASK_NOW))
    ready = arrive(day, "p2", minutes_ago=20)
    room(day, ready, where="room-1")
    version = int(day.clinic.resource(ready)["meta"]["versionId"])
    visits.take_step(
        day.clinic.writer("lind"), encounter_id=ready.id, action="provider_in_anyway", at=day.clinic.store.now(),
        version=version,
    )  # fmt: skip
    arrive(day, "p1")
    page = new_context(base_url=address, locale="es-MX", viewport={"width": size[0], "height": size[1]}).new_page()
    page.goto("/sign-in")
    page.locator("[name=login]").fill("dana")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto("/board/")
    expect(page.get_by_role("heading", name="Tablero", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(OUT_OF_ITS_CELL) == []


def test_a_change_by_somebody_else_reaches_the_board_and_is_said(page: Page, day: Pages, sign_in: SignIn) -> None:
    visit = arrive(day, "p0", minutes_ago=20)
    arrive(day, "p1", minutes_ago=3)
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    other = page.locator("#g-waiting").get_by_role("button", name="Room Okafor, Ada")
    other.focus()
    room(day, visit)
    expect(page.locator("#g-ma")).to_contain_text("Santos, Rosa", timeout=3000)
    expect(page.locator("#g-waiting")).not_to_contain_text("Santos, Rosa")
    expect(page.locator("#board-live")).to_contain_text("Santos, Rosa: Rooming (Lena Cole)")
    expect(page.locator("a.chip[data-show=waiting] b")).to_have_text("1")
    expect(page.locator("#board-rail")).to_contain_text("1 clean")
    expect(other).to_be_focused()


def test_a_live_change_leaves_an_open_dialog_and_the_focused_row_alone(page: Page, day: Pages, sign_in: SignIn) -> None:
    visit, other = arrive(day, "p0", minutes_ago=20), arrive(day, "p1")
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    page.get_by_role("button", name="Room Santos, Rosa").click()
    choice = page.locator("#board-dialog").get_by_role("button", name="Room 1")
    choice.focus()
    room(day, other)
    expect(page.locator("#g-ma")).to_contain_text("Okafor, Ada", timeout=3000)
    expect(choice).to_be_focused()
    choice.click()
    expect(page.locator("#board-dialog")).to_be_hidden()
    expect(page.locator("#g-ma")).to_contain_text("Santos, Rosa")
    assert day.clinic.rows("visit", id=visit.id)[0]["room"] == "Location/room-1"


def test_the_focus_stays_with_the_patient_whose_row_moves(page: Page, day: Pages, sign_in: SignIn) -> None:
    visit = arrive(day, "p0")
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    page.get_by_role("button", name="Santos, Rosa", exact=True).first.focus()
    room(day, visit)
    expect(page.locator("#g-ma").get_by_role("button", name="Santos, Rosa")).to_be_focused(timeout=3000)


def test_a_board_that_was_offline_catches_up_without_a_reload(
    page: Page, context: BrowserContext, day: Pages, sign_in: SignIn
) -> None:
    visit = arrive(day, "p0", minutes_ago=20)
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    page.evaluate("window.wasHere = true")
    context.set_offline(True)
    room(day, visit)
    arrive(day, "p1")
    page.wait_for_timeout(500)
    expect(page.locator("#g-waiting")).to_contain_text("Santos, Rosa")
    context.set_offline(False)
    expect(page.locator("#g-ma")).to_contain_text("Santos, Rosa", timeout=8000)
    expect(page.locator("#g-waiting")).to_contain_text("Okafor, Ada")
    assert page.evaluate("window.wasHere")


def test_an_import_elsewhere_leaves_the_board_quiet_and_hides_nothing(page: Page, day: Pages, sign_in: SignIn) -> None:
    visit = arrive(day, "p0", minutes_ago=20)
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/board/" in request.url else None)
    began = monotonic()
    for n in range(30):
        day.clinic.have({"resourceType": "Patient", "id": f"s{n}", "name": [{"family": "Stranger"}]})
        page.wait_for_timeout(100)
    room(day, visit)
    expect(page.locator("#g-ma")).to_contain_text("Santos, Rosa", timeout=3000)
    page.wait_for_timeout(500)  # what the change asks for
    seconds = monotonic() - began
    assert sum("/board/changes" in url for url in asked) <= seconds + 3
    assert sum("/board/rail" in url for url in asked) == 1, (
        "only what happened here changes what stands beside the board"
    )


def test_the_desk_rests_between_two_looks_and_shows_the_last_change(page: Page, day: Pages, sign_in: SignIn) -> None:
    sign_in(page, "fay")
    page.goto("/desk/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/desk/day" in request.url else None)
    began = monotonic()
    for hour in (10, 11, 12, 13, 14, 15):
        book(day, f"p{hour % 3}", hour=hour)
        page.wait_for_timeout(250)
    expect(page.get_by_role("row", name=re.compile("3:00 PM.*Booked"))).to_be_visible(timeout=4000)
    assert 1 <= len(asked) <= monotonic() - began + 2


def test_who_is_second_sees_how_it_stands_now(page: Page, day: Pages, sign_in: SignIn) -> None:
    visit = arrive(day, "p0")
    sign_in(page, "dana")
    page.goto("/board/")
    page.get_by_role("button", name="Room Santos, Rosa").click()
    choice = page.locator("#board-dialog").get_by_role("button", name="Room 1")
    expect(choice).to_be_visible()
    room(day, visit)
    choice.click()
    expect(page.locator("#board-dialog")).to_contain_text("Someone else changed this")
    expect(page.locator("#board-dialog")).to_contain_text("Rooming")


def test_waits_go_on_by_themselves_and_become_late(page: Page, day: Pages, sign_in: SignIn) -> None:
    arrive(day, "p0", minutes_ago=13)
    page.clock.install()
    sign_in(page, "dana")
    page.goto("/board/")
    row = page.locator("#g-waiting tr[id]")
    expect(row.locator("[data-minutes]")).to_have_text("13 min")
    expect(row).to_have_class(re.compile("late-plain"))
    page.clock.fast_forward("03:00")
    expect(row.locator("[data-minutes]")).to_have_text("16 min")
    expect(row).to_have_class(re.compile("late-warn"))
    expect(page.locator("a.chip[data-show=late] b")).to_have_text("1")


def test_filters_do_not_reload_and_say_when_nobody_is_left(page: Page, day: Pages, sign_in: SignIn) -> None:
    arrive(day, "p0")
    sign_in(page, "dana")
    page.goto("/board/")
    page.evaluate("window.wasHere = true")
    page.locator("a.chip[data-show=ma]").click()
    expect(page.locator("#board-none-shown")).to_be_visible()
    expect(page.locator("#g-waiting")).to_be_hidden()
    page.locator("a.chip[data-show=waiting]").click()
    expect(page.locator("#g-waiting")).to_be_visible()
    assert page.url.endswith("?show=waiting")
    assert page.evaluate("window.wasHere")


def test_a_tablet_turns_rooms_over(page: Page, day: Pages, sign_in: SignIn) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("#board-rail")).to_be_hidden()
    page.get_by_role("button", name="Rooms 2").click()
    page.locator("#board-rail .tile").first.click()
    page.get_by_role("button", name="Needs cleaning").click()
    expect(page.locator("#board-rail")).to_contain_text("1 clean")


@what_is_drawn
def test_the_desk_and_its_dialogs_are_accessible_and_fit(
    page: Page, day: Pages, sign_in: SignIn, assert_readable: AxeCheck
) -> None:
    book(day, "p0")
    book(day, "p2", hour=10)
    sign_in(page, "fay")
    page.goto("/desk/")
    assert_readable(page)
    page.get_by_role("button", name="Santos, Rosa", exact=True).click()
    page.locator("#desk-dialog summary", has_text="Move").click()
    page.locator("#desk-dialog summary", has_text="Cancel").click()
    assert_readable(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New patient").click()
    expect(page.get_by_label("Last name")).to_be_focused()
    assert_readable(page)


def test_booking_by_keyboard_alone(page: Page, day: Pages, sign_in: SignIn) -> None:
    sign_in(page, "fay")
    page.goto("/desk/")
    page.keyboard.press("n")
    expect(page.get_by_label("Name, birth date, phone or MRN")).to_be_focused()
    page.keyboard.type("okaf")
    hit = page.locator("#desk-found .hit").first
    expect(hit).to_contain_text("Okafor, Ada")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-dialog")).to_contain_text("Book Okafor, Ada")
    expect(page.get_by_label("With")).to_be_focused()
    page.get_by_label("In the patient’s words").focus()
    page.keyboard.type("Earache")
    page.locator("#book-times input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-dialog")).to_be_hidden()
    expect(page.locator("#desk-day")).to_contain_text("Okafor, Ada")
    assert day.clinic.rows("appointment", patient="p1")[0]["reason"] == "Earache"


def test_checking_in_at_the_desk_shows_on_a_board_elsewhere(
    page: Page, context: BrowserContext, day: Pages, sign_in: SignIn
) -> None:
    book(day, "p0")
    sign_in(page, "fay")
    board = context.new_page()
    board.goto("/board/")
    expect(board.locator("#g-expected")).to_contain_text("Santos, Rosa")
    page.goto("/desk/")
    page.get_by_role("button", name="Check in Santos, Rosa").click()
    expect(page.locator("#toasts")).to_contain_text("Checked in.")
    expect(page.get_by_role("row", name=re.compile("Santos, Rosa.*Waiting"))).to_be_visible()
    expect(board.locator("#g-waiting")).to_contain_text("Santos, Rosa", timeout=3000)
    expect(board.locator("#g-expected")).to_be_hidden()


def test_what_a_slow_answer_says_is_heard_though_its_button_was_replaced(
    page: Page, day: Pages, sign_in: SignIn
) -> None:
    """The change itself may reach the list before the answer to the click that made it."""
    book(day, "p0")
    sign_in(page, "fay")
    waiting = page.get_by_role("row", name=re.compile("Santos, Rosa.*Waiting"))

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        expect(waiting).to_be_visible()
        route.fulfill(response=answer)

    page.route(re.compile("/check-in"), answer_late)
    page.goto("/desk/")
    page.get_by_role("button", name="Check in Santos, Rosa").click()
    expect(page.locator("#toasts")).to_contain_text("Checked in.")


def test_a_refusal_is_heard_though_its_button_was_replaced(page: Page, day: Pages, sign_in: SignIn) -> None:
    book(day, "p0")
    sign_in(page, "fay")

    def refuse_late(route: Route) -> None:
        page.evaluate("document.querySelectorAll('main tr').forEach((row) => row.remove())")
        route.fulfill(status=500, body="")

    page.route(re.compile("/check-in"), refuse_late)
    page.goto("/desk/")
    page.get_by_role("button", name="Check in Santos, Rosa").click()
    expect(page.locator("#toasts .tint-critical")).to_be_visible()


def test_a_look_alike_is_shown_before_a_second_record_and_nothing_typed_is_lost(
    page: Page, day: Pages, sign_in: SignIn, assert_accessible: AxeCheck
) -> None:
    sign_in(page, "fay")
    page.goto("/desk/")
    page.get_by_role("button", name="New patient").click()
    page.get_by_label("Last name").fill("Okafor")
    page.get_by_label("First and middle names").fill("Ada")
    page.get_by_label("Birth date").fill("01/02/1951")
    page.get_by_label("Sex").select_option("female")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.locator("#desk-dialog")).to_contain_text("registered already")
    expect(page.get_by_label("Birth date")).to_have_value("01/02/1951")
    assert_accessible(page)
    page.get_by_role("button", name="It is this patient").click()
    expect(page.locator("#desk-dialog")).to_contain_text("Book Okafor, Ada")
