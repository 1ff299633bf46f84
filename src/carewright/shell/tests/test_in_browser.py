"""The shell in a real browser: layout, accessibility, keyboard, drafts, the lock, live updates, paper."""

import json
import re
import threading
from collections.abc import Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser

SIZES = [(1440, 900), (1024, 768), (320, 640)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class ThreadedServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: the test's output is enough."""


class Clinic:
    """The product with an event stream in front: each connection gets the next of `streams` and is then cut."""

    def __init__(self) -> None:
        self.pages = get_wsgi_application()
        self.streams: list[str] = []
        self.asked: list[str | None] = []
        self.url = ""

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if "event-stream" not in environ.get("HTTP_ACCEPT", "") or not self.streams:
            return self.pages(environ, start_response)
        self.asked.append(environ.get("HTTP_LAST_EVENT_ID"))
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return [b"retry: 200\n\n" + self.streams.pop(0).encode() + b"\n\n"]


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    made = Clinic()
    server = make_server("127.0.0.1", 0, made, server_class=ThreadedServer, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://localhost:{server.server_port}"
    yield made
    server.shutdown()


@pytest.fixture
def server(clinic: Clinic) -> Iterator[str]:
    yield clinic.url
    clinic.streams, clinic.asked = [], []


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complained about: script errors and content that the security policy stopped."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console", lambda message: heard.append(message.text) if "Content Security Policy" in message.text else None
    )
    return heard


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("path", ["/gallery/", "/gallery/room/", "/gallery/print/?size=label-small"])
def test_pages_are_accessible_and_fit(
    page: Page, server: str, complaints: list[str], size: tuple[int, int], path: str
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(server + path)
    result = Axe().run(page, options=RULES)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert complaints == []


@pytest.mark.parametrize("dialog", ["emergency", "shortcuts"])
def test_dialogs_are_accessible(page: Page, server: str, dialog: str) -> None:
    page.goto(f"{server}/gallery/room/")
    page.evaluate(f"care.open('{dialog}')")
    expect(page.locator(f"#{dialog}")).to_be_visible()
    assert Axe().run(page, options=RULES).violations_count == 0
    page.keyboard.press("Escape")
    expect(page.locator(f"#{dialog}")).to_be_hidden()


@pytest.mark.parametrize(("width", "height_px"), [(1440, 36), (1024, 44)])
def test_rows_and_buttons_are_as_high_as_mouse_or_finger_need(
    page: Page, server: str, width: int, height_px: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{server}/gallery/")
    assert page.locator(".chip").first.bounding_box()["height"] == height_px  # type: ignore[index]  # it is visible
    row = page.locator("tbody td").filter(has_text="Weight check" if width > 1180 else "4 min").first
    assert row.bounding_box()["height"] >= height_px  # type: ignore[index]  # it is visible


def test_the_banner_never_scrolls_away(page: Page, server: str) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{server}/gallery/")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(page.locator(".patient").first).to_be_in_viewport(ratio=0.9)


def test_slash_finds_and_question_mark_lists(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("Find a patient")
    expect(page.locator("#shortcuts")).to_contain_text("Open Rooming")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("/?")
    expect(page.locator("#search")).to_have_value("/?")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_chords_open_workspaces_and_single_letters_can_be_switched_off(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.locator("#emergency")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("#shortcuts-on")).to_be_visible()
    page.locator("#shortcuts-on").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()


PRESSED_AT_ONCE = """(id) => {
  document.getElementById(id).close();
  const still = document.activeElement;
  still.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, cancelable: true }));
  return still.id;
}"""


def test_a_key_pressed_as_a_dialog_closes_is_not_lost(page: Page, server: str) -> None:
    """Before the browser draws the page again the focus is still in the dialog that is shut."""
    page.goto(f"{server}/gallery/room/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.locator("#emergency-room")).to_be_focused()
    assert page.evaluate(PRESSED_AT_ONCE, "emergency") == "emergency-room"
    expect(page.locator("#shortcuts")).to_be_visible()


def test_help_is_called_in_two_presses_with_the_room_chosen(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    page.get_by_role("button", name="Emergency").click()
    with page.expect_request(lambda request: request.method == "POST" and "job=" in (request.post_data or "")) as sent:
        page.get_by_role("button", name="A nurse").click()
    assert "room=r4" in (sent.value.post_data or "")
    assert "job=nurse" in (sent.value.post_data or "")


def test_what_is_typed_reaches_the_server_within_two_seconds(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    weight = page.locator("#id_vitals-weight")
    weight.fill("")
    with page.expect_request(
        lambda request: request.method == "POST" and "10.3" in (request.post_data or ""), timeout=2000
    ) as sent:
        weight.press_sequentially("10.3", delay=30)
    assert "care_context" in (sent.value.post_data or "")
    assert sent.value.headers["x-csrftoken"]
    expect(page.locator("[data-draft-status]")).to_have_text("Draft kept 10:42 AM – not in the chart yet")


def test_slow_typing_without_a_pause_is_saved_too(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    with page.expect_request(lambda request: request.method == "POST", timeout=2500):
        page.locator("#id_vitals-reason").press_sequentially("he has been coughing", delay=300)


def test_a_draft_that_is_not_saved_says_so_and_is_tried_again(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    page.route("**/answer/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("#id_vitals-weight").fill("10.3")
    expect(page.locator("[data-draft-status]")).to_have_text("Not yet saved")
    page.unroute("**/answer/")
    expect(page.locator("[data-draft-status]")).to_have_text(re.compile("Draft kept"), timeout=8000)


def test_a_draft_that_is_under_way_when_the_page_is_left_is_sent_again_behind_it(page: Page, server: str) -> None:
    """Leaving ends what is under way; and the server cannot tell by the arrival which was typed later."""
    page.goto(f"{server}/gallery/room/")
    page.evaluate("""() => {
      window.sent = [];
      window.fetch = (url, { body, keepalive }) => {
        sent.push([Number(body.get("care_number")), body.get("vitals-weight"), keepalive]);
        return new Promise(() => {}); // all of them stay under way
      };
    }""")
    weight = page.locator("#id_vitals-weight")
    leave = "void document.querySelector('form[data-draft]').draft.save({leaving: true})"
    weight.fill("10.3")
    expect(page.locator("[data-draft-status]")).to_have_text("Keeping a draft…")
    page.evaluate(leave)
    page.evaluate(leave)
    weight.press_sequentially("8")
    page.evaluate(leave)
    sent = page.evaluate("sent")
    assert [typed for _, *typed in sent] == [["10.3", False], ["10.3", True], ["10.38", True]]
    numbers = [number for number, *_ in sent]
    assert numbers == sorted(set(numbers))


def test_the_screen_is_locked_by_keyboard_with_the_menu_shut(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    page.keyboard.press("g")
    page.keyboard.press("k")
    expect(page.locator("#lock-pin")).to_be_focused()


def lock_by_idling(page: Page) -> None:
    page.clock.fast_forward("10:30")


def test_the_lock_gives_back_field_text_and_selection(page: Page, server: str) -> None:
    page.clock.install()
    page.goto(f"{server}/gallery/room/")
    weight = page.locator("#id_vitals-weight")
    weight.fill("10.35")
    weight.evaluate("(field) => field.setSelectionRange(1, 3)")
    lock_by_idling(page)
    expect(page.locator("#lock")).to_be_visible()
    expect(page.locator(".patient-name")).to_be_hidden()
    expect(page.locator("#lock-pin")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#lock")).to_be_visible()
    page.keyboard.type("9999\n")
    expect(page.locator("#lock-note")).to_have_text("That PIN is not right. Try again.")
    page.keyboard.type("1234\n")
    expect(page.locator("#lock")).to_be_hidden()
    expect(weight).to_be_focused()
    expect(weight).to_have_value("10.35")
    assert weight.evaluate("(field) => [field.selectionStart, field.selectionEnd]") == [1, 3]


def test_late_news_of_a_lock_that_is_over_does_not_lock_again(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.keyboard.type("1234\n")
    expect(page.locator("#lock")).to_be_hidden()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.evaluate("document.dispatchEvent(new CustomEvent('care:lock'))")
    page.wait_for_timeout(200)
    expect(page.locator("#lock")).to_be_hidden()
    page.route("**/answer/", lambda route: route.fulfill(status=423))
    page.evaluate("document.dispatchEvent(new CustomEvent('care:lock'))")
    expect(page.locator("#lock")).to_be_visible()


def test_the_lock_covers_an_open_dialog(page: Page, server: str) -> None:
    page.clock.install()
    page.goto(f"{server}/gallery/room/")
    page.get_by_role("button", name="Emergency").click()
    lock_by_idling(page)
    expect(page.locator("#lock-pin")).to_be_focused()
    expect(page.locator("#emergency-title")).to_be_hidden()
    assert Axe().run(page, options=RULES).violations_count == 0


def test_no_lock_while_a_measurement_runs(page: Page, server: str) -> None:
    page.clock.install()
    page.goto(f"{server}/gallery/room/")
    page.locator("#vitals").evaluate("(form) => form.setAttribute('data-measuring', 'bp')")
    lock_by_idling(page)
    expect(page.locator("#lock")).to_be_hidden()
    page.locator("#vitals").evaluate("(form) => form.setAttribute('data-measuring', 'off')")
    lock_by_idling(page)
    expect(page.locator("#lock")).to_be_visible()


def test_all_tabs_lock_and_unlock_together(page: Page, server: str) -> None:
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{server}/gallery/room/")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(other.locator("#lock")).to_be_visible()
    page.locator("#lock-pin").fill("1234")
    page.keyboard.press("Enter")
    expect(other.locator("#lock")).to_be_hidden()
    other.close()


WATCH_TOPICS = """addEventListener("DOMContentLoaded", () => {
  const { dataset } = document.querySelector("main");
  dataset.live = "board rooms";
  for (const topic of ["board", "rooms", "elsewhere"])
    document.body.addEventListener("live:" + topic, () => { dataset.seen = `${dataset.seen ?? ""} ${topic}`.trim(); });
});"""


def test_live_changes_reach_htmx_and_a_broken_stream_goes_on_where_it_stopped(
    page: Page, clinic: Clinic, server: str
) -> None:
    clinic.streams = [
        'id: 7\nevent: change\ndata: {"topics": ["board", "elsewhere"]}',
        'id: 8\nevent: change\ndata: {"topics": ["rooms"]}',
        ": nothing new",
    ]
    page.add_init_script(WATCH_TOPICS)
    page.goto(f"{server}/gallery/room/")
    expect(page.locator("main")).to_have_attribute("data-seen", "board rooms", timeout=8000)
    page.wait_for_timeout(800)
    assert clinic.asked == [None, "7", "8"]


def test_after_reset_the_whole_page_is_asked_for_again_and_an_emergency_is_shown(
    page: Page, clinic: Clinic, server: str
) -> None:
    alarm = json.dumps({"room": "Room 4", "job": "A nurse", "open": True})
    clinic.streams = [f"id: 9\nevent: reset\ndata: {{}}\n\nid: 10\nevent: emergency\ndata: {alarm}"]
    page.add_init_script(WATCH_TOPICS)
    page.goto(f"{server}/gallery/room/")
    expect(page.locator("main")).to_have_attribute("data-seen", "board rooms")
    expect(page.locator("#alarm")).to_have_text("Emergency: Room 4. A nurse")


def test_the_end_of_the_sign_on_locks_the_page(page: Page, clinic: Clinic, server: str) -> None:
    clinic.streams = ["event: end\ndata: {}"]
    page.goto(f"{server}/gallery/room/")
    expect(page.locator("#lock")).to_be_visible()


def test_one_stream_for_all_tabs_of_a_browser(page: Page, server: str) -> None:
    streams: list[str] = []

    def count(route: Route) -> None:
        if "event-stream" in route.request.headers.get("accept", ""):
            streams.append("x")
            return  # never answered: the stream stays open
        route.continue_()

    page.context.route("**/answer/", count)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{server}/gallery/room/")
        tab.wait_for_timeout(400)
    assert len(streams) == 1
    page.close()
    other.wait_for_timeout(600)
    assert len(streams) == 2, "the other tab takes over"
    other.close()


def test_being_offline_is_said_with_the_time(page: Page, server: str) -> None:
    page.goto(f"{server}/gallery/room/")  # its live address is no event stream
    expect(page.locator("[data-live-state]")).to_contain_text("Offline since 10:42 AM")
    expect(page.locator("#announcer")).to_contain_text("Offline since 10:42 AM")


@pytest.mark.parametrize(
    ("size", "width_pt", "height_pt"), [("letter", 612, 792), ("label-small", 162, 90), ("label-large", 288, 144)]
)
def test_paper_has_its_size_and_each_label_a_page(
    page: Page, server: str, size: str, width_pt: int, height_pt: int
) -> None:
    page.goto(f"{server}/gallery/print/?size={size}")
    pdf = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(width_pt, height_pt)}
    assert len(boxes) == (1 if size == "letter" else 2)


def test_reduced_motion_is_honored(page: Page, server: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{server}/gallery/room/")
    page.evaluate("care.toast({text: 'Saved', level: 'ok'})")
    assert page.locator(".toast").evaluate("(toast) => getComputedStyle(toast).animationName") == "none"
    expect(page.locator("#announcer")).to_contain_text("Saved")
