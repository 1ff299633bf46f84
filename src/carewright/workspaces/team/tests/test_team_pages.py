"""The lead's day through its pages, on both engines: a sick cover leaves nothing behind; what is put off can wait."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import AccessDenied, Role
from carewright.core.sentences import sentence
from carewright.core.store.model import Conflict, Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work import fhir as task_fhir
from carewright.core.work.lifecycle import NotNow
from carewright.core.work.model import OTHER, TASK_CODE, Kind, Pool, Priority, WorkTask
from carewright.core.work.tasks import NAME_AND_BIRTH_DATE
from carewright.project.wiring import operator_access
from carewright.skills.incoming.codes import MATCH
from carewright.skills.messages import actions as messages
from carewright.skills.messages.threads import Thread, Words
from carewright.skills.scheduling.codes import SICK
from carewright.skills.scheduling.fhir import to_fhir as booking_to_fhir
from carewright.skills.scheduling.model import Booking
from carewright.skills.staffing import actions as staffing
from carewright.skills.staffing.model import Absence, Why
from carewright.skills.visit import actions as visits
from carewright.workspaces.team import actions, keeping
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import SITE, Pages, open_pages
from tests.screens.visits import arrived, jonas, step

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
DANA, LENA, NORA, LIND, FAY = (f"Practitioner/{name}" for name in ("dana", "lena", "nora", "lind", "fay"))
FIVE_PM = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
MA = Pool(role=Role.MA)


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    """The clinic with a second MA in Dana's pod and one in another."""
    opened = open_pages(clinic)
    for name, pod in (("mia", "A"), ("ben", "B")):
        clinic.have(
            {"resourceType": "Practitioner", "id": name, "name": [{"family": "Cole", "given": [name.title()]}]},
            {"resourceType": "PractitionerRole", "id": f"role-{name}", "code": [Coding(ROLE_SYSTEM, "ma").concept()],
             "practitioner": {"reference": f"Practitioner/{name}"}, "location": [{"reference": f"Location/{SITE}"}]},
        )  # fmt: skip
        staffing.set_pod(clinic.writer("lena"), site=SITE, day=MONDAY, practitioner=f"Practitioner/{name}", pod=pod)
    staffing.set_pod(clinic.writer("lena"), site=SITE, day=MONDAY, practitioner=DANA, pod="A")
    return opened


def task(clinic: Clinic, words: str, *, owner: str = DANA, **more: Any) -> str:
    """A task; its id."""
    made = {"kind": Kind.CLERICAL, "due_at": FIVE_PM, "site": SITE, "pool": MA, **more}
    return work.add(clinic.writer("lena"), task=WorkTask(**{"code": OTHER, **made}, words=words, owner=owner)).id


def body(clinic: Clinic, task_id: str) -> WorkTask:
    return task_fhir.from_fhir(clinic.resource(Ref("Task", task_id), name="lena"))


def waits_on(clinic: Clinic, who: str) -> int:
    """What the projections say: open tasks and open visits of somebody."""
    found = clinic.rows("task", name="lena", is_open=1, owner=who)
    return len(found) + len(clinic.rows("visit", name="lena", is_open=1, assistant=who))


def roomed(clinic: Clinic) -> str:
    """A visit that Dana rooms; its Encounter's id."""
    visit = arrived(clinic, jonas(clinic))
    step(clinic, visit, "start_rooming", minutes_ago=10, room="room-4")
    version = int(clinic.resource(Ref("Encounter", visit.encounter))["meta"]["versionId"])
    visits.assign(clinic.writer("dana"), encounter_id=visit.encounter, version=version, assistant=DANA)
    return visit.encounter


def hidden(text: str, *, of: str) -> dict[str, str]:
    form = next(f for f in re.findall(r"<form.*?</form>", text, re.DOTALL) if of in f and "care_context" in f)
    return dict(re.findall(r'<input type="hidden" name="([\w]+)" value="([^"]*)"', form)) | {"csrfmiddlewaretoken": ""}


def sick(clinic: Clinic, *, name: str = "lena", who: str = DANA, **chosen: str) -> actions.Moved:
    absence = Absence(practitioner=who, first=MONDAY, last=MONDAY, why=Why.SICK)
    return actions.cover(
        clinic.writer(name), site=SITE, day=MONDAY, absence=absence, at=clinic.store.clock.now(), chosen=chosen
    )


def test_one_confirmation_moves_everything_that_waits_on_somebody(pages: Pages) -> None:
    clinic = pages.clinic
    listed = [task(clinic, f"Form {n}") for n in range(6)]
    held = task(clinic, "Records from Lakeview")
    work.hold(clinic.writer("dana"), task_id=held, waiting_on="Lakeview", until=FIVE_PM)
    later = task(clinic, "Next week", not_before=FIVE_PM + timedelta(days=7), due_at=None)
    encounter = roomed(clinic)
    staffing.pair(clinic.writer("lena"), site=SITE, day=MONDAY, ma=DANA, provider=LIND)
    client = pages.client("lena")
    shown = client.get("/team/cover/dana").content.decode()
    assert shown.count('<select id="take-') == 9  # seven tasks, the visit, and her rooming of it
    assert "Okafor, Jonas" in shown
    sent = hidden(shown, of="hand everything over") | {"why": "sick", "last": "2026-11-23"}
    sent[f"take-Task/{listed[0]}"] = "Practitioner/ben"
    answer = client.post("/team/cover/dana", sent, follow=True)
    text = answer.content.decode()
    assert "Cole is away. 0 things still wait there." in text
    assert waits_on(clinic, DANA) == 1  # what begins next week is hers then
    assert body(clinic, later).owner == DANA
    assert body(clinic, listed[0]).owner == "Practitioner/ben"
    owners = [body(clinic, one).owner for one in listed[1:]]
    assert set(owners) <= {"Practitioner/mia", "Practitioner/ben", LENA}
    near, far = waits_on(clinic, "Practitioner/mia"), waits_on(clinic, LENA)
    assert near >= far + 2  # her pod comes first, and shares with the others
    waiting = body(clinic, held)
    assert waiting.owner not in ("", DANA)
    assert (waiting.status, waiting.waiting_on) == ("on-hold", "Lakeview")
    rooms = str(clinic.rows("visit", id=encounter)[0]["assistant"])
    assert rooms not in ("", DANA)
    assert {row["owner"] for row in clinic.rows("task", encounter=encounter, is_open=1)} <= {rooms, ""}
    rows = clinic.rows("presence", place=SITE, practitioner=DANA)
    assert [(row["away"], row["works_with"]) for row in rows] == [("sick", "")]
    author = clinic.resource(Ref("Task", listed[1]), name="lena")
    assert author["meta"]["versionId"] == "2"


def test_all_of_a_cover_is_one_transaction_or_nothing(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = pages.clinic
    for n in range(3):
        task(clinic, f"Form {n}")

    def breaks(*args: object, **kwargs: object) -> None:
        raise NotNow(sentence("Broken on the way."))

    before = clinic.rows("task", owner=DANA, is_open=1)
    calls = iter(range(10))
    original = actions._hand_over

    def second(*args: Any, **kwargs: Any) -> None:
        return original(*args, **kwargs) if next(calls) < 1 else breaks()

    monkeypatch.setattr(actions, "_hand_over", second)
    with pytest.raises(NotNow):
        sick(clinic)
    assert clinic.rows("task", owner=DANA, is_open=1) == before
    assert clinic.rows("presence", practitioner=DANA)[0]["away"] == ""


def test_a_task_goes_only_to_who_may_do_it_or_to_its_pool(pages: Pages) -> None:
    clinic = pages.clinic
    declared = work.add(
        clinic.writer("lena"),
        task=WorkTask(code=NAME_AND_BIRTH_DATE, words="Check", owner=NORA, kind=Kind.CLINICAL,
                      pool=Pool(role=Role.NURSE)),
    ).id  # fmt: skip
    single = task(clinic, "Only hers", owner=NORA, pool=None)
    sick(clinic, who=NORA)
    assert waits_on(clinic, NORA) == 0
    for one in (declared, single):
        found = body(clinic, one)
        assert found.owner == LENA or found.pool in (Pool(role=Role.NURSE), Pool(role=Role.LEAD_MA))
    wrong = task(clinic, "Not the desk's")
    sick(clinic, **{f"Task/{wrong}": FAY})
    assert body(clinic, wrong).owner == "Practitioner/mia"  # the desk stands in for no medical assistant


def test_what_comes_to_the_absent_while_the_page_is_open_is_handed_over_too(pages: Pages) -> None:
    clinic = pages.clinic
    task(clinic, "Form")
    client = pages.client("lena")
    sent = hidden(client.get("/team/cover/dana").content.decode(), of="hand everything over")
    task(clinic, "Late arrival")
    client.post("/team/cover/dana", sent | {"why": "sick", "last": "2026-11-24"})
    assert waits_on(clinic, DANA) == 0
    assert {row["day"] for row in clinic.rows("presence", practitioner=DANA, away="sick")} == {
        "2026-11-23", "2026-11-24",
    }  # fmt: skip


def test_two_leads_who_cover_at_once_and_one_who_finishes_lose_nothing(pages: Pages) -> None:
    clinic = pages.clinic
    listed = [task(clinic, f"Form {n}") for n in range(8)]

    def finish() -> None:
        with suppress(Conflict, NotNow):  # she may be too late
            work.done(clinic.writer("dana"), task_id=listed[0], at=clinic.store.clock.now())

    with ThreadPoolExecutor(3) as pool:
        covers = [pool.submit(sick, clinic), pool.submit(sick, clinic, name="mona")]
        pool.submit(finish).result()
        for cover in covers:
            cover.result()
    assert waits_on(clinic, DANA) == 0
    assert len(clinic.rows("task", is_open=1, code="other")) in (7, 8)


def test_a_manager_moves_tasks_and_says_who_takes_over_visits(pages: Pages) -> None:
    clinic = pages.clinic
    task(clinic, "Form")
    encounter = roomed(clinic)
    client = pages.client("mona")
    shown = client.get("/team/cover/dana").content.decode()
    assert "takes it over on the board" in shown
    client.post("/team/cover/dana", hidden(shown, of="hand everything over") | {"why": "leave", "last": "2026-11-23"})
    assert clinic.rows("task", owner=DANA, is_open=1) == []
    assert clinic.rows("visit", id=encounter)[0]["assistant"] == DANA


@pytest.mark.parametrize(
    ("wrong", "said"), [({"last": "2026-11-22"}, "not before today"), ({"why": "party"}, "Select a valid choice")]
)
def test_what_cannot_be_is_said_and_nothing_moves(pages: Pages, wrong: dict[str, str], said: str) -> None:
    clinic = pages.clinic
    kept = task(clinic, "Form")
    client = pages.client("lena")
    sent = hidden(client.get("/team/cover/dana").content.decode(), of="hand everything over")
    answer = client.post("/team/cover/dana", sent | {"why": "sick", "last": "2026-11-23"} | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert body(clinic, kept).owner == DANA
    assert client.get("/team/cover/nobody").status_code == 404


def test_who_is_still_to_come_to_a_provider_who_is_away_is_said(pages: Pages) -> None:
    clinic = pages.clinic
    for n, minutes in enumerate((-30, 60, 120)):
        booked(clinic, minutes, seat=n)
    text = pages.client("lena").get("/team/cover/lind").content.decode()
    assert "2 patients are still to come today." in text
    assert "still to come" not in pages.client("lena").get("/team/cover/dana").content.decode()


def booked(clinic: Clinic, minutes: int, *, seat: int = 0) -> None:
    booking = Booking(
        id=f"b{seat}", patient=f"Patient/{jonas(clinic)}", provider=LIND, site=f"Location/{SITE}", seat=seat,
        schedule="Schedule/lind", starts_at=TEN_FORTY + timedelta(minutes=minutes), minutes=20, type=SICK,
        status="booked",
    )  # fmt: skip
    clinic.have(booking_to_fhir(booking))


def test_the_front_desk_is_owed_new_times_for_those_who_are_booked_with_the_absent_once(pages: Pages) -> None:
    clinic = pages.clinic
    booked(clinic, 60)
    for _ in range(2):
        sick(clinic, who=LIND)
    (row,) = clinic.rows("task", code="rebook-patients")
    assert (row["pool_role"], row["priority"]) == ("front-desk", "urgent")
    assert timedelta(0) <= cast(datetime, row["due_at"]) - TEN_FORTY - timedelta(hours=1) < timedelta(minutes=2)
    assert "Lind Cole is away" in str(row["words"])
    assert "Okafor" not in str(row["words"])
    sick(clinic)
    assert len(clinic.rows("task", code="rebook-patients")) == 1, "nobody is booked with an MA"


def test_with_the_task_goes_the_thread_that_waits_for_an_answer(pages: Pages) -> None:
    clinic = pages.clinic
    first = Words(by=LIND, at=TEN_FORTY, words="Please ask for the old chart.")
    thread = Thread(topic="Old chart", first=first, to=DANA, due_at=FIVE_PM, site=SITE)
    ref = messages.begin(clinic.writer("lind"), thread=thread)
    sick(clinic)
    (row,) = clinic.rows("message_thread", id=ref.id)
    taker = str(row["owner"])
    assert taker not in ("", DANA)
    assert [item["owner"] for item in clinic.rows("task", focus=str(ref), is_open=1)] == [taker]
    assert row["owner_saw"] == 0, "whoever takes it has not read it"


def moved(clinic: Clinic, *, at: datetime = TEN_FORTY) -> int:
    return keeping.keep_moving(clinic.store, operator_access(clinic.practice), now=at)


def test_what_comes_to_the_absent_afterwards_is_moved_by_the_worker(pages: Pages) -> None:
    clinic = pages.clinic
    begins = FIVE_PM + timedelta(hours=16)
    tomorrow = task(clinic, "Tomorrow's", not_before=begins, due_at=begins + timedelta(hours=8))
    here = task(clinic, "Lena's own", owner=LENA)
    assert moved(clinic) == 0
    absence = Absence(practitioner=DANA, first=MONDAY, last=TUESDAY, why=Why.SICK)
    actions.cover(clinic.writer("lena"), site=SITE, day=MONDAY, absence=absence, chosen={}, at=clinic.store.clock.now())
    late = task(clinic, "A result that came later")
    other = task(clinic, "At the other site", site="elsewhere")
    encounter = roomed(clinic)
    assert moved(clinic) >= 2
    assert moved(clinic) == 0
    assert body(clinic, late).owner not in ("", DANA)
    assert str(clinic.rows("visit", id=encounter)[0]["assistant"]) != DANA
    assert [body(clinic, one).owner for one in (tomorrow, other, here)] == [DANA, DANA, LENA]
    assert moved(clinic, at=begins + timedelta(hours=1)) == 1
    assert body(clinic, tomorrow).owner != DANA


def test_another_provider_for_a_visit_is_chosen_by_people(pages: Pages) -> None:
    clinic = pages.clinic
    visit = arrived(clinic, jonas(clinic)).encounter
    absence = Absence(practitioner=LIND, first=MONDAY, last=MONDAY, why=Why.LEAVE)
    staffing.mark_absent(clinic.writer("lena"), site=SITE, absence=absence)
    assert clinic.rows("visit", id=visit)[0]["provider"] == LIND
    moved(clinic)
    assert clinic.rows("visit", id=visit)[0]["provider"] == LIND
    assert "1 thing waits: hand over" in pages.client("lena").get("/team/").content.decode()


@pytest.mark.parametrize("name", ["dana", "nora", "lind", "fay", "bill", "priya"])
def test_only_those_who_lead_cover(pages: Pages, name: str) -> None:
    with pytest.raises(AccessDenied):
        sick(pages.clinic, name=name)


def test_a_short_day_puts_off_paperwork_and_nothing_else(pages: Pages) -> None:
    clinic = pages.clinic
    late = TEN_FORTY - timedelta(days=2)
    waits = {task(clinic, "Scan the forms"), task(clinic, "Call the supplier", due_at=late)}
    stays = {
        task(clinic, "Clinical", kind=Kind.CLINICAL),
        task(clinic, "Critical", kind=Kind.CRITICAL),
        task(clinic, "Urgent", priority=Priority.URGENT),
        task(clinic, "Tomorrow's", due_at=FIVE_PM + timedelta(days=1)),
    }
    known = task(clinic, "Scan the forms", code=Coding(TASK_CODE, "scan", "Scan"))
    unread = task(clinic, "A paper", code=MATCH)
    waits, stays = waits | {known}, stays | {unread}
    client = pages.client("lena")
    shown = client.get("/team/short").content.decode()
    assert set(re.findall(r'name="task" value="([^"]+)"', shown)) == waits
    chosen = re.findall(r'<input[^>]*name="task"[^>]*checked[^>]*>', shown)
    assert [known in one for one in chosen] == [True], "what somebody typed is chosen by who leads"
    sent: dict[str, Any] = hidden(shown, of="care_context") | {"until": "2026-11-25", "why": "Two are sick"}
    answer = client.post("/team/short", sent | {"task": sorted(waits)}, follow=True)
    text = answer.content.decode()
    assert text.count("Two are sick") == 3
    assert "not before 11/25/2026" in text
    for one in waits:
        found = body(clinic, one)
        assert found.not_before == datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
        assert found.due_at == datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
        assert found.owner == DANA
    assert {one for one in stays if body(clinic, one).not_before} == set()
    for wrong in ({"task": sorted(stays)}, {"task": [], "why": "x"}, {"why": ""}, {"until": "2026-11-23"}):
        assert client.post("/team/short", sent | wrong).status_code == 422
    with pytest.raises(NotNow):
        actions.put_off(clinic.writer("lena"), task_ids=[*stays], until=FIVE_PM + timedelta(days=2),
                        due_at=FIVE_PM + timedelta(days=2), why="Two are sick")  # fmt: skip


def test_a_task_is_added_once_for_a_person_or_a_role(pages: Pages) -> None:
    clinic = pages.clinic
    client = pages.client("mona")
    sent = hidden(client.get("/team/").content.decode(), of="/team/add")
    for _ in range(2):
        client.post("/team/add", sent | {"words": "Order gloves", "to": "ma", "due": "today"})
    again = hidden(client.get("/team/").content.decode(), of="/team/add")
    client.post("/team/add", again | {"words": "Ring the lab", "to": DANA, "due": "hour"})
    rows = {str(row["words"]): row for row in clinic.rows("task", is_open=1)}
    assert {(words, row["owner"], row["pool_role"], row["priority"]) for words, row in rows.items()} == {
        ("Order gloves", "", "ma", "routine"), ("Ring the lab", DANA, "", "urgent"),
    }  # fmt: skip
    assert rows["Order gloves"]["due_at"] == FIVE_PM
    bad = client.post("/team/add", sent | {"words": " ", "to": "ma", "due": "today"})
    assert bad.status_code == 422
    assert "Say what is to be done." in bad.content.decode()


def test_the_team_shows_who_is_here_with_whom_and_how_much_each_has(pages: Pages) -> None:
    clinic = pages.clinic
    task(clinic, "Form")
    task(clinic, "Late form", due_at=TEN_FORTY - timedelta(hours=1))
    task(clinic, "Pool", owner="")
    roomed(clinic)
    client = pages.client("lena")
    shown = client.get("/team/person/dana").content.decode()
    sent = hidden(shown, of="works_with") | {
        "works_with": LIND, "pod": "A", "lunch_from": "10:30", "lunch_until": "11:15",
    }  # fmt: skip
    assert client.post("/team/person/dana", sent).status_code == 302
    text = client.get("/team/").content.decode()
    line = next(row for row in re.findall(r"<tr role=\"row\">.*?</tr>", text) if "<b>Dana Cole</b>" in row)
    cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", line)]
    assert cells[1] == "Lind Cole"
    assert "At lunch" in cells[3]
    assert [cell.split()[0] for cell in cells[4:7]] == ["3", "1", "1"]  # her rooming is a task too
    assert re.search(r"<b>0</b> tasks are nobody&#x27;s|<b>0</b> tasks are nobody's", text)
    wrong = client.post("/team/person/dana", sent | {"lunch_until": ""})
    assert wrong.status_code == 422
    assert "Give both times" in wrong.content.decode()
    client.post("/team/covering", {"provider": LIND})
    sick(clinic)
    assert "Is here after all" in client.get("/team/").content.decode()
    client.post("/team/back/dana")
    assert clinic.rows("presence", practitioner=DANA, away="sick") == []
    assert client.get("/team/?done=forged").status_code == 200
