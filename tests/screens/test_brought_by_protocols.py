"""What a protocol brings to a visit is done on the rooming page: under a standing order that is shown, or put before a
provider to sign. On both engines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from carewright.core.access.model import Role
from carewright.core.store.model import Ref, Refused, Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work import fhir as task_fhir
from carewright.core.work.model import TASK_CODE, WorkTask
from carewright.skills.protocols import actions as protocols
from carewright.skills.scheduling.codes import FOLLOW_UP
from carewright.skills.standing_orders import actions as standing_orders
from carewright.skills.standing_orders.model import StandingOrder
from carewright.skills.visit import actions as visits
from tests.clinic import TEN_FORTY, what_is_drawn
from tests.pages import SITE, Pages
from tests.screens import visits as patients
from tests.screens.conftest import SignIn
from tests.screens.filled import form_at, text_of

A1C = StandingOrder(
    name="A1c", allows=Coding(TASK_CODE, "a1c-fingerstick", "A1c fingerstick"), words="An A1c, if three months old.",
    signer="Practitioner/lind", signer_name="Dr. Lind", first_day=date(2026, 9, 1), last_day=date(2027, 6, 30),
    roles=frozenset({Role.MA, Role.LEAD_MA}), exclusions=("Transfused in the last three months?",),
)  # fmt: skip
ORDERED = "a1c-fingerstick"


@pytest.fixture
def visit(clinic_pages: Pages) -> str:
    """A diabetes visit with what its protocol brings."""
    clinic = clinic_pages.clinic
    protocols.seed(clinic.writer("mona"), at=clinic.now)
    ada = patients.patient(clinic, "ada", family="Okafor", given="Ada", born="1971-03-02", gender="female")
    ref = visits.check_in(
        clinic.writer(), patient=f"Patient/{ada}", visit_type=FOLLOW_UP, at=TEN_FORTY, site="Organization/o",
        provider="Practitioner/lind", reason="Sugar",
    )  # fmt: skip
    protocols.apply(clinic.writer("dana"), name="diabetes", subject=ref, at=TEN_FORTY, site=SITE)
    return ref.id


def signed(pages: Pages, order: StandingOrder = A1C) -> str:
    clinic = pages.clinic
    ref = standing_orders.draft(clinic.writer("lena"), order=order, at=clinic.now)
    standing_orders.sign(clinic.writer("lind"), order_id=ref.id, version=1, at=clinic.now)
    return str(ref)


def task(pages: Pages, visit: str, code: str) -> WorkTask:
    (row,) = pages.clinic.rows("task", encounter=visit, code=code)
    return task_fhir.from_fhir(pages.clinic.resource(Ref("Task", str(row["id"]))))


def to_sign(pages: Pages, visit: str) -> list[Resource]:
    rows = pages.clinic.rows("task", encounter=visit, code="sign-order")
    return [pages.clinic.resource(Ref("Task", str(row["id"]))) for row in rows]


def press(pages: Pages, visit: str, code: str, do: str, *, name: str = "dana") -> int:
    client, address = pages.client(name), f"/rooming/{visit}/brought/{task(pages, visit, code).id}"
    form = form_at(client.get(f"/rooming/{visit}/identity"), address)
    return int(client.post(address, form | {"do": do}).status_code)


def test_what_a_protocol_brings_stands_on_the_rooming_page_and_is_done_there(clinic_pages: Pages, visit: str) -> None:
    page = text_of(clinic_pages.client("dana").get(f"/rooming/{visit}/"))
    for words in ("Also at this visit", "A1c fingerstick", "Shoes and socks off for the foot check"):
        assert words in page
    some = next(
        str(row["code"])
        for row in clinic_pages.clinic.rows("task", encounter=visit)
        if row["code"] not in ("room-patient", ORDERED) and not task(clinic_pages, visit, str(row["code"])).needs_order
    )
    assert press(clinic_pages, visit, some, "done") == 302
    done = task(clinic_pages, visit, some)
    assert (done.status, done.owner) == ("completed", "Practitioner/dana")
    assert press(clinic_pages, visit, some, "again") == 302
    assert task(clinic_pages, visit, some).is_open
    assert to_sign(clinic_pages, visit) == []
    assert f'href="/rooming/{visit}/"' in clinic_pages.client("lind").get(f"/visit/{visit}").content.decode()


def test_the_standing_order_is_shown_with_its_signer_and_what_to_ask_and_stands_in_the_record(
    clinic_pages: Pages, visit: str
) -> None:
    order = signed(clinic_pages)
    page = text_of(clinic_pages.client("dana").get(f"/rooming/{visit}/"))
    assert "Under Dr. Lind’s A1c order, signed 11/23/2026, through 06/30/2027." in page
    assert "Transfused in the last three months?" in page
    assert press(clinic_pages, visit, ORDERED, "done") == 302
    assert order in task(clinic_pages, visit, ORDERED).based_on
    assert to_sign(clinic_pages, visit) == []


@pytest.mark.parametrize("order", [None, replace(A1C, last_day=date(2026, 11, 23), name="Over tomorrow")])
def test_without_one_that_holds_a_provider_is_asked_first(
    clinic_pages: Pages, visit: str, order: StandingOrder | None
) -> None:
    if order is not None:
        ref = signed(clinic_pages, order)
        standing_orders.retire(
            clinic_pages.clinic.writer("lind"), order_id=ref.partition("/")[2], version=2, why="Recalled",
            at=clinic_pages.clinic.now,
        )  # fmt: skip
    page = text_of(clinic_pages.client("dana").get(f"/rooming/{visit}/"))
    assert "No standing order covers this." in page
    for _ in range(2):
        assert press(clinic_pages, visit, ORDERED, "ask-order") == 302
    (asked,) = to_sign(clinic_pages, visit)
    assert asked["owner"]["reference"] == "Practitioner/lind"
    assert "A provider was asked for an order" in text_of(clinic_pages.client("dana").get(f"/rooming/{visit}/"))
    with (
        pytest.raises(Refused, match="Only a provider"),
        clinic_pages.clinic.writer("dana").transaction(reason="test.sign") as tx,
    ):
        tx.update({**asked, "status": "completed"}, version=int(asked["meta"]["versionId"]))
    work.done(clinic_pages.clinic.writer("lind"), task_id=asked["id"], at=TEN_FORTY)
    assert "Ordered by Lind Cole" in text_of(clinic_pages.client("dana").get(f"/rooming/{visit}/"))
    assert press(clinic_pages, visit, ORDERED, "done") == 302
    assert f"Task/{asked['id']}" in task(clinic_pages, visit, ORDERED).based_on
    assert len(to_sign(clinic_pages, visit)) == 1


def test_what_was_done_without_an_order_is_recorded_and_a_provider_is_asked_to_sign_once(
    clinic_pages: Pages, visit: str
) -> None:
    assert press(clinic_pages, visit, ORDERED, "done") == 302
    found = task(clinic_pages, visit, ORDERED)
    assert found.status == "completed"
    (asked,) = to_sign(clinic_pages, visit)
    sign = task_fhir.from_fhir(asked)
    assert (sign.focus, sign.pool and sign.pool.role, sign.is_open) == (f"Task/{found.id}", Role.PROVIDER, True)
    assert "a provider is asked to sign" in text_of(clinic_pages.client("dana").get(f"/rooming/{visit}/"))
    for do in ("again", "done"):
        press(clinic_pages, visit, ORDERED, do)
    assert len(to_sign(clinic_pages, visit)) == 1


def test_whoever_writes_an_order_that_is_none_covers_nothing(clinic_pages: Pages, visit: str) -> None:
    clinic = clinic_pages.clinic
    draft = standing_orders.draft(clinic.writer("lena"), order=A1C, at=clinic.now)
    work.done(
        clinic.writer("dana"), task_id=task(clinic_pages, visit, ORDERED).id, at=TEN_FORTY, under=str(draft)
    )  # fmt: skip
    assert len(to_sign(clinic_pages, visit)) == 1


def test_a_provider_needs_nobodys_order(clinic_pages: Pages, visit: str) -> None:
    found = task(clinic_pages, visit, ORDERED)
    stored = clinic_pages.clinic.resource(Ref("Task", found.id))
    with clinic_pages.clinic.writer("lind").transaction(reason="test.done") as tx:
        tx.update({**stored, "status": "completed"}, version=int(stored["meta"]["versionId"]))
    assert to_sign(clinic_pages, visit) == []


def test_a_task_of_another_visit_is_not_done_here(clinic_pages: Pages, visit: str) -> None:
    other = patients.arrived(clinic_pages.clinic, patients.jonas(clinic_pages.clinic)).encounter
    client, found = clinic_pages.client("dana"), task(clinic_pages, visit, ORDERED)
    form = form_at(client.get(f"/rooming/{visit}/identity"), f"/rooming/{visit}/brought/{found.id}")
    assert client.post(f"/rooming/{other}/brought/{found.id}", form | {"do": "done"}).status_code == 409
    assert client.post(f"/rooming/{visit}/brought/no-such", form | {"do": "done"}).status_code == 404
    assert task(clinic_pages, visit, ORDERED).is_open


def test_a_button_that_outlived_its_visit_says_so(clinic_pages: Pages, visit: str) -> None:
    """It answered that no protocol had brought the task, which the page that was open showed."""
    clinic, client, found = clinic_pages.clinic, clinic_pages.client("dana"), task(clinic_pages, visit, ORDERED)
    form = form_at(client.get(f"/rooming/{visit}/identity"), f"/rooming/{visit}/brought/{found.id}")
    version = int(clinic.resource(Ref("Encounter", visit))["meta"]["versionId"])
    visits.take_step(
        clinic.writer("fay"), encounter_id=visit, action="patient_left", version=version, at=clinic.store.now()
    )
    late = client.post(f"/rooming/{visit}/brought/{found.id}", form | {"do": "done"})
    assert late.status_code == 409
    assert "The visit ended without it." in late.content.decode()


@pytest.mark.browser
@what_is_drawn
def test_the_list_as_it_is_drawn(
    page: Page, clinic_pages: Pages, visit: str, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip
    signed(clinic_pages)
    sign_in(page, "dana")
    page.goto(f"/rooming/{visit}/")
    expect(page.get_by_role("region", name="Also at this visit")).to_contain_text("Under Dr. Lind’s A1c order")
    assert_readable(page)
    row = page.get_by_role("listitem").filter(has_text="A1c fingerstick")
    row.get_by_role("button", name="Done").click()
    expect(row.get_by_role("button", name="Not done after all")).to_be_visible()
