"""Cards of other services beside a chart, in a real browser: loaded after the page, as text, put away with a tap."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from carewright.core.cds.settings import ON_PATIENT_VIEW
from carewright.core.outward import Outward
from carewright.core.settings import values
from carewright.workspaces.cards import asking
from tests.cds.other_side import OtherSide, other_side
from tests.cds.test_accepting import ALLERGY
from tests.cds.test_cds_client import CARD
from tests.pages import Pages
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser


@pytest.fixture
def other(clinic_pages: Pages) -> Iterator[OtherSide]:
    clinic = clinic_pages.clinic
    clinic.have({"resourceType": "Patient", "id": "jonas", "name": [{"family": "Okafor", "given": ["Jonas"]}]})
    before = clinic.store.outward
    with other_side() as found:
        clinic.store.outward = Outward(frozenset({found.url}))
        value = (f"{found.url}/cds-services/registry",)
        values.change(clinic.store, ON_PATIENT_VIEW, clinic.access("mona"), scope=values.practice_scope(), value=value)
        asking._resting.clear()
        yield found
    clinic.store.outward = before


@pytest.mark.parametrize("width", [1440, 320])
def test_cards_come_after_the_chart_and_are_put_away(
    page: Page, other: OtherSide, sign_in: SignIn, assert_accessible: Callable[[Page], None], width: int
) -> None:
    other.answer = {"cards": [CARD]}
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "dana")
    page.goto("/chart/jonas")
    expect(page.get_by_role("heading", name="From other services")).to_be_visible()
    expect(page.get_by_text("<b>Seen</b> elsewhere")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_text("<b>Seen</b> elsewhere")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 320])
def test_what_is_suggested_is_read_and_then_written_by_the_keyboard(
    page: Page, other: OtherSide, sign_in: SignIn, assert_accessible: Callable[[Page], None], width: int
) -> None:
    allergy = {**ALLERGY, "patient": {"reference": "Patient/jonas"}}
    action = {"type": "create", "description": "Note the allergy", "resource": allergy}
    whys = [{"code": "done", "system": "urn:why", "display": "Done already"}]
    suggestion = {"uuid": "s-1", "label": "Note it in the chart", "actions": [action]}
    other.answer = {"cards": [{**CARD, "suggestions": [suggestion], "overrideReasons": whys}]}
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "dana")
    page.goto("/chart/jonas")
    expect(page.get_by_label("Why it is put away")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="See what would be written").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This would be written into the chart")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Penicillin")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Write it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Problems")).to_be_visible()
    expect(page.get_by_text("Penicillin").first).to_be_visible()


def test_a_service_that_is_down_is_said_quietly(
    page: Page, other: OtherSide, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    other.status = 500
    sign_in(page, "dana")
    page.goto("/chart/jonas")
    expect(page.get_by_role("heading", name="Problems")).to_be_visible()
    expect(page.get_by_text("127.0.0.1 has not answered.")).to_be_visible()
    assert_accessible(page)
