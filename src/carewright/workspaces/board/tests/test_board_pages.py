"""The flow board through its pages, on both engines: what is shown to whom, what a press does, who was faster."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carewright.core.settings import values
from carewright.core.settings.values import site_scope
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.skills.registration import actions as registration
from carewright.skills.registration import codes
from carewright.skills.registration.model import BannerFlag
from carewright.skills.scheduling import people
from carewright.skills.scheduling.codes import SICK
from carewright.skills.visit import actions as visits
from carewright.workspaces.board.thresholds import DEFAULTS, WAIT_MINUTES, Limits
from tests.clinic import Clinic
from tests.pages import Pages, open_pages

SITE = "Organization/main-st"
HTMX = {"HTTP_HX_REQUEST": "true"}
EVERYBODY = ("fay", "dana", "lena", "nora", "lind", "bill", "mona", "priya")


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    people.forget()
    opened = open_pages(clinic)
    clinic.have(
        *(
            {"resourceType": "Patient", "id": f"p{n}", "gender": "female", "birthDate": f"19{50 + n}-01-02",
             "name": [{"family": family, "given": [given]}]}
            for n, (family, given) in enumerate([("Santos", "Rosa"), ("Okafor", "Ada"), ("Li", "An"), ("Li", "An")])
        )
    )  # fmt: skip
    return opened


def arrive(clinic: Clinic, patient: str = "p0", *, minutes_ago: float = 0) -> Ref:
    return visits.check_in(
        clinic.writer("fay"), patient=f"Patient/{patient}", visit_type=SICK, site=SITE, reason="Cough for a week",
        at=clinic.store.now() - timedelta(minutes=minutes_ago), provider="Practitioner/lind",
    )  # fmt: skip


def rows(html: str) -> list[str]:
    return re.findall(r'<tr role="row" id="v-([^"]+)"', html)


def row(html: str, visit: Ref) -> str:
    found = re.search(rf'<tr role="row" id="v-{visit.id}".*?</tr>', html, re.DOTALL)
    assert found, "the row is not there"
    return found[0]


def since(html: str) -> str:
    found = re.search(r'data-since="(\d+\.\d+)"', html)
    assert found
    return found[1]


def press(client: Any, visit: Ref, action: str, *, version: int, **more: str) -> Any:
    return client.post(f"/board/visit/{visit.id}/step", {"action": action, "version": version, **more}, **HTMX)


def test_a_visit_that_nobody_ended_is_still_there_the_next_day_and_is_ended_with_one_press(pages: Pages) -> None:
    """It stood on no page: the patient was long gone, and the room and the tasks waited for ever."""
    clinic = pages.clinic
    waiting, ended, today = (
        arrive(clinic, "p0", minutes_ago=25 * 60), arrive(clinic, "p1", minutes_ago=25 * 60), arrive(clinic, "p2")
    )  # fmt: skip
    at_desk = arrive(clinic, "p3", minutes_ago=26 * 60)
    for whose, visit, action, version in (
        ("lind", at_desk, "provider_in_anyway", 1), ("lind", at_desk, "send_to_check_out", 2),
        ("fay", ended, "patient_left", 1),
    ):  # fmt: skip
        visits.take_step(
            clinic.writer(whose), encounter_id=visit.id, action=action, version=version, at=clinic.store.now()
        )
    fay = pages.client("fay")
    html = fay.get("/board/").content.decode()
    assert rows(html) == [today.id, waiting.id, at_desk.id]
    left = row(html, waiting)
    assert 'data-in="left"' in left
    assert "11/22/2026" in left
    assert "Patient left" in left
    assert "&quot;finish&quot;" in row(html, at_desk) or '"finish"' in row(html, at_desk)
    assert "Santos" in fay.get("/board/rail").content.decode()

    position = since(html)
    version = int(re.findall(r'"version":(\d+)', left)[0])
    assert press(fay, waiting, "patient_left", version=version).status_code == 204
    changed = fay.get(f"/board/changes?since={position}").content.decode()
    assert "data-in" not in changed
    assert rows(fay.get("/board/").content.decode()) == [today.id, at_desk.id]


def test_rows_stand_by_who_must_act_the_longest_wait_first_and_the_masked_before_all(pages: Pages) -> None:
    clinic = pages.clinic
    short, long = arrive(clinic, "p0", minutes_ago=5), arrive(clinic, "p1", minutes_ago=40)
    masked = arrive(clinic, "p2")
    registration.raise_flag(clinic.writer("dana"), flag=BannerFlag(patient="Patient/p2", code=codes.MASK_NOW))
    html = pages.client("dana").get("/board/").content.decode()
    assert rows(html) == [masked.id, long.id, short.id]
    assert "Mask now – room first" in row(html, masked)
    assert "late-critical" in row(html, long)
    assert "Santos, Rosa" in row(html, short)
    assert "Lind Cole" in row(html, short)
    assert 'class="late-plain"' in row(html, short)


def test_as_many_room_buttons_are_filled_as_rooms_are_clean(pages: Pages) -> None:
    visits_ = [arrive(pages.clinic, f"p{n}", minutes_ago=10 - n) for n in range(3)]
    html = pages.client("dana").get("/board/").content.decode()
    filled = ['class="button primary" data-room-button' in row(html, visit) for visit in visits_]
    assert filled == [True, True, False], "the test's site has two rooms"
    assert "data-room-button" not in pages.client("bill").get("/board/").content.decode()


def test_the_number_beside_next_for_you_counts_those_too_that_are_not_shown(pages: Pages) -> None:
    for n in range(8):
        pages.clinic.have({"resourceType": "Patient", "id": f"q{n}", "name": [{"family": f"Q{n}"}]})
        arrive(pages.clinic, f"q{n}", minutes_ago=n)
    html = pages.client("dana").get("/board/rail", **HTMX).content.decode()
    assert re.search(r"Next for you</h2><p>8</p>", html)
    assert html.count('class="row-open"') == 6
    assert "Q7" in html, "who waits longest is shown"


def test_rooming_takes_the_room_and_the_visit(pages: Pages) -> None:
    visit = arrive(pages.clinic)
    client = pages.client("dana")
    assert "Room 4" in client.get(f"/board/visit/{visit.id}/room", **HTMX).content.decode()
    answer = press(client, visit, "start_rooming", version=1, room="room-4")
    assert answer.status_code == 204
    assert "board:changed" in answer["HX-Trigger"]
    html = client.get("/board/").content.decode()
    assert 'data-room="Location/room-4"' in row(html, visit)
    (found,) = pages.clinic.rows("visit", id=visit.id)
    assert (found["status"], found["assistant"]) == ("rooming", "Practitioner/dana")
    assert "1 clean" in client.get("/board/rail", **HTMX).content.decode()


def test_who_is_second_sees_how_it_stands_now(pages: Pages) -> None:
    visit = arrive(pages.clinic)
    dana, lena = pages.client("dana"), pages.client("lena")
    press(dana, visit, "start_rooming", version=1, room="room-4")
    answer = press(lena, visit, "patient_left", version=1)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#board-dialog-body"
    assert "Someone else changed this" in html
    assert "Rooming" in html
    assert pages.clinic.rows("visit", id=visit.id)[0]["status"] == "rooming"


def test_ready_is_held_with_the_reasons(pages: Pages) -> None:
    visit = arrive(pages.clinic)
    client = pages.client("dana")
    press(client, visit, "start_rooming", version=1, room="room-4")
    version = int(str(pages.clinic.rows("visit", id=visit.id)[0]["version"]))
    answer = press(client, visit, "mark_ready", version=version)
    assert answer.status_code == 409
    assert "Name and birth date not checked yet." in answer.content.decode()


def test_a_page_that_was_away_gets_just_the_rows_that_changed(pages: Pages) -> None:
    one, other = arrive(pages.clinic, "p0"), arrive(pages.clinic, "p1")
    client = pages.client("dana")
    position = since(client.get("/board/").content.decode())
    for odd in ("", "1", "1.x", "%C2%B2.1", "1.1%00", f"{10**30}.1"):
        assert client.get(f"/board/changes?since={odd}", **HTMX).status_code == 400
    assert client.get(f"/board/changes?since={position}", **HTMX).status_code == 204
    press(pages.client("lena"), one, "start_rooming", version=1, room="room-4")
    answer = client.get(f"/board/changes?since={position}", **HTMX)
    html = answer.content.decode()
    assert rows(html) == [one.id]
    assert other.id not in html
    assert "Santos, Rosa: Rooming (Lena Cole)" in html, "who changed what is said"
    assert client.get(f"/board/changes?since={since(html)}", **HTMX).status_code == 204


def test_a_row_that_left_the_board_is_named_by_its_patient(pages: Pages) -> None:
    visit = arrive(pages.clinic)
    client = pages.client("dana")
    position = since(client.get("/board/").content.decode())
    press(client, visit, "patient_left", version=1)
    html = client.get(f"/board/changes?since={position}", **HTMX).content.decode()
    assert rows(html) == []
    assert 'data-patients="p0"' in html


def strangers(clinic: Clinic, count: int) -> None:
    """People from elsewhere with an earlier visit each, as an import brings them."""
    for n in range(count):
        clinic.have(
            {"resourceType": "Patient", "id": f"s{n}", "name": [{"family": "Stranger"}]},
            {"resourceType": "Encounter", "id": f"e{n}", "status": "finished",
             "subject": {"reference": f"Patient/s{n}"},
             "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
        )  # fmt: skip


def test_what_concerns_nobody_here_costs_a_handful_of_reads_and_changes_no_row(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(pages.clinic)
    client = pages.client("dana")
    position = since(client.get("/board/").content.decode())
    strangers(pages.clinic, 40)
    read: list[str] = []
    plain = Reader.rows

    def counted(self: Reader, projection: str, **options: Any) -> Any:
        read.append(projection)
        return plain(self, projection, **options)

    monkeypatch.setattr(Reader, "rows", counted)
    html = client.get(f"/board/changes?since={position}", **HTMX).content.decode()
    assert rows(html) == []
    assert 'data-whole="0" data-rooms="0"' in html
    assert len(read) < 10, read
    assert client.get(f"/board/changes?since={since(html)}", **HTMX).status_code == 204


def test_a_page_that_missed_very_much_is_told_once_how_it_stands_now(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carewright.workspaces.board.views.MOST_CHANGES", 8)
    client = pages.client("dana")
    position = since(client.get("/board/").content.decode())
    visit = arrive(pages.clinic)
    strangers(pages.clinic, 12)
    html = client.get(f"/board/changes?since={position}", **HTMX).content.decode()
    assert 'data-whole="1"' in html
    assert rows(html) == [visit.id]
    assert client.get(f"/board/changes?since={since(html)}", **HTMX).status_code == 204


@pytest.mark.parametrize("text", ["", "1", "a.b", "1.2.3", "9" * 60 + ".1"])
def test_what_is_no_position_is_refused(pages: Pages, text: str) -> None:
    assert pages.client("dana").get("/board/changes", {"since": text}, **HTMX).status_code == 400


def test_two_of_one_name_are_told_apart_by_their_birth_dates(pages: Pages) -> None:
    twins = [arrive(pages.clinic, patient) for patient in ("p2", "p3")]
    html = pages.client("dana").get("/board/").content.decode()
    assert [re.findall(r"born ([\d/]+)", row(html, visit)) for visit in twins] == [["01/02/1952"], ["01/02/1953"]]


def test_a_site_chooses_its_own_minutes(pages: Pages) -> None:
    visit = arrive(pages.clinic, minutes_ago=8)
    access = replace(pages.clinic.access("mona"), site="main-st")
    chosen = {**DEFAULTS, "waiting": Limits(3, 6)}
    values.change(pages.clinic.store, WAIT_MINUTES, access, scope=site_scope("main-st"), value=chosen)
    assert "late-critical" in row(pages.client("dana").get("/board/").content.decode(), visit)


@pytest.mark.parametrize("bad", [Limits(5, 5), Limits(0, 4), Limits(5, 2000)])
def test_minutes_that_make_no_sense_are_refused(bad: Limits) -> None:
    with pytest.raises(ValueError, match="two times in minutes"):
        WAIT_MINUTES.encoded({**DEFAULTS, "waiting": bad})


def test_a_room_is_turned_over_and_says_by_whom(pages: Pages) -> None:
    visit = arrive(pages.clinic)
    client = pages.client("dana")
    press(client, visit, "start_rooming", version=1, room="room-4")
    version = int(str(pages.clinic.rows("visit", id=visit.id)[0]["version"]))
    press(client, visit, "back_to_waiting", version=version)
    assert "To clean" in client.get("/board/rail", **HTMX).content.decode()
    for action in ("clean", "make_ready"):
        room = pages.clinic.rows("room", id="room-4")[0]
        answer = client.post("/board/room/room-4/step", {"action": action, "version": room["version"]}, **HTMX)
        assert answer.status_code == 204
    assert "Dana Cole" in client.get("/board/room/room-4", **HTMX).content.decode()
    stale = client.post("/board/room/room-4/step", {"action": "make_dirty", "version": 1}, **HTMX)
    assert stale.status_code == 409
    assert "Someone else changed this" in stale.content.decode()


def test_a_wait_is_started_shown_and_ended(pages: Pages) -> None:
    visit = arrive(pages.clinic)
    client = pages.client("dana")
    press(client, visit, "start_rooming", version=1, room="room-4")
    assert client.post(f"/board/visit/{visit.id}/wait", {"code": "dilating"}, **HTMX).status_code == 204
    assert re.search(r"Dilating <b data-left>(19|20) min", row(client.get("/board/").content.decode(), visit))
    (wait,) = pages.clinic.rows("wait", encounter=visit.id)
    client.post(f"/board/wait/{wait['id']}/end", {"version": wait["version"]}, **HTMX)
    assert "Dilating" not in row(client.get("/board/").content.decode(), visit)


def test_next_is_the_masked_one_then_who_waits_and_never_what_somebody_else_has(pages: Pages) -> None:
    clinic = pages.clinic
    long, roomed, masked = arrive(clinic, "p0", minutes_ago=40), arrive(clinic, "p1"), arrive(clinic, "p2")
    registration.raise_flag(clinic.writer("dana"), flag=BannerFlag(patient="Patient/p2", code=codes.MASK_NOW))
    press(pages.client("lena"), roomed, "start_rooming", version=1, room="room-4")
    html = pages.client("dana").get("/board/rail", **HTMX).content.decode().split("room-tiles")[0]
    assert re.findall(r"/board/visit/([^\"]+)", html) == [masked.id, long.id]


def test_moving_and_taking_a_visit(pages: Pages) -> None:
    visit = arrive(pages.clinic)
    press(pages.client("lind"), visit, "start_rooming", version=1, room="room-4")
    client = pages.client("dana")
    assert client.post(f"/board/visit/{visit.id}/take", {"version": 2}, **HTMX).status_code == 204
    assert client.post(f"/board/visit/{visit.id}/move", {"version": 3, "room": "room-1"}, **HTMX).status_code == 204
    (found,) = pages.clinic.rows("visit", id=visit.id)
    assert (found["room"], found["assistant"]) == ("Location/room-1", "Practitioner/dana")
    assert client.post(f"/board/visit/{visit.id}/move", {"version": 3, "room": "room-4"}, **HTMX).status_code == 409
    history = client.get(f"/board/visit/{visit.id}/changes", **HTMX).content.decode()
    assert re.findall(r"</span> ([A-Z][^<]+?) <", history) == [
        "Moved to another room", "Given to somebody", "Room", "Checked in",
    ]  # fmt: skip


@pytest.mark.parametrize("name", EVERYBODY)
def test_everybody_on_the_staff_sees_the_board(pages: Pages, name: str) -> None:
    visit = arrive(pages.clinic)
    client = pages.client(name)
    for path in ("/board/", "/board/rail", f"/board/visit/{visit.id}", "/board/room/room-4"):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("path", "sent", "may"),
    [
        ("visit/{}/step", {"action": "patient_left", "version": "1"}, {"fay", "dana", "lena", "nora", "lind"}),
        ("visit/{}/take", {"version": "1"}, {"fay", "dana", "lena", "nora", "lind"}),
        ("visit/{}/wait", {"code": "dilating"}, {"dana", "lena", "nora", "lind"}),
        ("room/room-4/step", {"action": "make_dirty", "version": "1"},
         {"fay", "dana", "lena", "nora", "lind", "mona"}),
    ],
)  # fmt: skip
def test_who_may_press_what(pages: Pages, path: str, sent: dict[str, str], may: set[str]) -> None:
    for name in EVERYBODY:
        visit = arrive(pages.clinic)
        room = pages.clinic.rows("room", id="room-4")[0]
        values_ = {**sent, **({"version": str(room["version"])} if "room/" in path else {})}
        if "room/" in path and room["state"] == "dirty":
            values_["action"] = "clean"
        elif "room/" in path and room["state"] == "cleaned":
            values_["action"] = "make_ready"
        answer = pages.client(name).post("/board/" + path.format(visit.id), values_, **HTMX)
        assert answer.status_code == (204 if name in may else 403), name


def test_the_auditor_and_strangers_do_not_see_it(pages: Pages) -> None:
    assert pages.client("audra").get("/board/").status_code == 403
    assert pages.client().get("/board/").status_code == 302


def test_nothing_of_another_practice_is_shown(pages: Pages) -> None:
    theirs = arrive(pages.clinic)
    other = f"{pages.clinic.practice}x"
    pages.clinic.store.ensure_practice(other, "Another")
    again = open_pages(replace(pages.clinic, practice=other))
    client = again.client("dana")
    assert theirs.id not in client.get("/board/").content.decode()
    assert client.get(f"/board/visit/{theirs.id}").status_code == 404
    assert press(client, theirs, "patient_left", version=1).status_code == 404
