"""The library of standing orders: drafted by the lead, signed by the provider it names, read by everybody clinical."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import TASK_CODE
from carewright.core.work.whom import Age, AgeUnit, Whom
from carewright.skills.standing_orders import actions, queries
from carewright.skills.standing_orders.model import StandingOrder
from tests.clinic import what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.filled import form_at, text_of

NEW = "/standing-orders/new"
FLU = StandingOrder(
    name="flu", allows=Coding(TASK_CODE, "vaccine-give", "Give the vaccine"),
    words="One dose of this season’s flu vaccine.", signer="Practitioner/lind", signer_name="Dr. Lind",
    first_day=date(2026, 9, 1), last_day=date(2027, 6, 30), roles=frozenset({Role.MA, Role.NURSE}),
    competency="immunization", exclusions=("Fever today", "A severe reaction to an earlier dose"),
    whom=Whom(age_from=Age(6, AgeUnit.MONTHS)),
)  # fmt: skip


def have(pages: Pages, order: StandingOrder = FLU, *, signed: bool = True) -> Ref:
    clinic = pages.clinic
    ref = actions.draft(clinic.writer("lena"), order=order, at=clinic.now)
    if signed:
        actions.sign(clinic.writer("lind"), order_id=ref.id, version=1, at=clinic.now)
    return ref


def orders(pages: Pages) -> list[StandingOrder]:
    with pages.clinic.store.reader(pages.clinic.access("dana"), reason="test") as reader:
        return queries.listed(reader)


def typed(client: Any, **more: Any) -> Any:
    """The form of a draft, filled in and sent."""
    form = form_at(client.get(NEW), NEW)
    filled = {
        "name": "flu", "allows": "vaccine-give", "words": "One dose.", "exclusions": "Fever today\n\n Egg ",
        "signer": "Practitioner/lind", "first_day": "2026-11-23", "last_day": "2027-06-30", "roles": ["ma", "nurse"],
        "competency": "immunization", "age_from": "6 months", "age_below": "", "sex": "",
    }  # fmt: skip
    return client.post(NEW, {**form, **filled, **more})


def test_from_the_draft_to_the_signature(clinic_pages: Pages) -> None:
    lena, lind, dana = (clinic_pages.client(name) for name in ("lena", "lind", "dana"))
    assert "No standing order yet" in text_of(dana.get("/standing-orders/"))
    assert typed(lena).status_code == 302
    (order,) = orders(clinic_pages)
    assert (order.exclusions, order.whom, order.signed_on) == (("Fever today", "Egg"), FLU.whom, None)
    address = f"/standing-orders/{order.id}"
    assert "Waits for the signature of Lind Cole" in text_of(dana.get(address))
    assert "Read and sign" in text_of(lind.get("/standing-orders/"))
    assert "Read and sign" not in text_of(lena.get("/standing-orders/"))
    sign = form_at(lind.get(address), f"{address}/sign")
    for name in ("lena", "mona", "nora", "dana"):
        assert clinic_pages.client(name).post(f"{address}/sign", sign).status_code == 403
    assert lind.post(f"{address}/sign", sign).status_code == 302
    page = text_of(dana.get(address))
    assert "In force through 06/30/2027" in page
    assert "Under Lind Cole’s flu order" in page
    assert lind.post(f"{address}/sign", sign).status_code == 422, "signed already"
    assert lind.post(f"{address}/sign", {}).status_code == 400
    assert dana.get("/standing-orders/no-such").status_code == 404


def test_another_provider_is_not_offered_the_signature(clinic_pages: Pages) -> None:
    order = replace(FLU, signer="Practitioner/osei", signer_name="Dr. Osei")
    ref = have(clinic_pages, order, signed=False)
    lind = clinic_pages.client("lind")
    assert "Sign it" not in text_of(lind.get(f"/standing-orders/{ref.id}"))
    answer = lind.post(f"/standing-orders/{ref.id}/sign", {"version": "1"})
    assert answer.status_code == 422
    assert "This order names Dr. Osei" in text_of(answer)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"last_day": "2026-11-22"}, "It cannot end before it begins."),
        ({"age_from": "old"}, "Write an age such as"),
        ({"age_from": "3 years", "age_below": "2 years"}, "Nobody is of an age"),
        ({"signer": "Practitioner/dana"}, "Select a valid choice"),
        ({"allows": "brain-surgery"}, "Select a valid choice"),
        ({"roles": []}, "This field is required"),
        ({"name": " "}, "This field is required"),
        ({"exclusions": "\n".join(map(str, range(21)))}, "At most twenty lines"),
        ({"competency": "No such!"}, "Enter a valid value"),
    ],
)
def test_what_cannot_be_so_is_said_and_kept(clinic_pages: Pages, more: dict[str, Any], words: str) -> None:
    answer = typed(clinic_pages.client("lena"), **more)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert form_at(answer, NEW)["words"].strip() == "One dose."
    assert orders(clinic_pages) == []


def test_it_is_retired_with_a_reason_by_those_who_may(clinic_pages: Pages) -> None:
    ref = have(clinic_pages)
    address = f"/standing-orders/{ref.id}/retire"
    mona = clinic_pages.client("mona")
    form = form_at(mona.get(f"/standing-orders/{ref.id}"), address)
    assert clinic_pages.client("lena").post(address, form).status_code == 403
    assert mona.post(address, {**form, "why": " "}).status_code == 422
    assert mona.post(address, {**form, "why": "Season is over"}).status_code == 302
    assert "No longer used: Season is over" in text_of(clinic_pages.client("dana").get("/standing-orders/"))
    assert mona.post(address, {}).status_code == 400


@pytest.mark.browser
@what_is_drawn
def test_the_library_as_it_is_drawn(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:
    today = clinic_pages.clinic.now.date()
    ref = have(clinic_pages)
    have(clinic_pages, replace(FLU, name="rapid strep", last_day=today + timedelta(days=5)))
    have(clinic_pages, replace(FLU, name="fluoride"), signed=False)
    sign_in(page, "lind")
    for address in ("/standing-orders/", f"/standing-orders/{ref.id}", NEW):
        page.goto(address)
        assert_readable(page)
    page.goto("/standing-orders/")
    expect(page.get_by_text("Ends in 5 days")).to_be_visible()
    page.get_by_role("link", name="Read and sign").click()
    page.get_by_role("button", name="Sign it").click()
    expect(page.get_by_text("In force through 06/30/2027")).to_be_visible()
