"""Asking other services: what they are sent, how what they say is shown, and that none of them holds a page up."""

import time
from collections.abc import Iterator
from typing import Any, cast

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from carewright.core.access.sessions import authenticate
from carewright.core.cds.model import Card
from carewright.core.cds.settings import ON_ORDER_SIGN, ON_PATIENT_VIEW
from carewright.core.outward import Outward
from carewright.core.settings import values
from carewright.core.smart import keys
from carewright.workspaces.cards import asking
from tests.cds.other_side import OtherSide
from tests.clinic import Clinic
from tests.pages import Pages, open_pages

CARD: dict[str, Any] = {
    "uuid": "card-1", "summary": "<b>Seen</b> elsewhere", "indicator": "warning", "detail": "**Two** visits\n- a\x07",
    "source": {"label": "Registry", "url": "javascript:alert(1)"},
    "links": [{"label": "Open", "url": "https://registry.example/x", "type": "absolute"},
              {"label": "Bad", "url": "javascript:alert(1)", "type": "absolute"},
              {"label": "App", "url": "https://app.example/launch", "type": "smart"}],
    "suggestions": [{"label": "Order an A1c", "actions": [{"type": "create"}]}],
}  # fmt: skip


@pytest.fixture
def pages(clinic: Clinic, other: OtherSide) -> Iterator[Pages]:
    found = open_pages(clinic)
    clinic.have({"resourceType": "Patient", "id": "ada", "name": [{"family": "Berg"}]},
                {"resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order",
                 "code": {"text": "A1c"}, "subject": {"reference": "Patient/ada"}})  # fmt: skip
    before = clinic.store.outward
    clinic.store.outward = Outward(frozenset({other.url}))
    for setting in (ON_PATIENT_VIEW, ON_ORDER_SIGN):
        value = (f"{other.url}/cds-services/registry",)
        values.change(clinic.store, setting, clinic.access("mona"), scope=values.practice_scope(), value=value)
    asking._resting.clear()
    yield found
    clinic.store.outward = before


def test_the_chart_loads_cards_after_itself_and_shows_them_as_text(pages: Pages, other: OtherSide) -> None:
    other.answer = {"cards": [CARD, {"summary": "no source"}, "x"]}
    client = pages.client("dana")
    assert 'hx-get="/cards/patient/ada"' in client.get("/chart/ada").content.decode()
    assert other.got == [], "the page has asked nobody"
    text = client.get("/cards/patient/ada").content.decode()
    assert "&lt;b&gt;Seen&lt;/b&gt; elsewhere" in text
    assert "Suggested: Order an A1c" in text
    assert 'href="https://registry.example/x"' in text
    assert "javascript:" not in text
    assert "app.example" not in text
    assert "no source" not in text


def test_a_service_is_sent_who_asks_and_a_narrow_token(pages: Pages, other: OtherSide) -> None:
    pages.client("dana").get("/cards/patient/ada")
    path, body, header = other.got[-1]
    assert (path, body["hook"], body["context"]["patientId"]) == ("/cds-services/registry", "patient-view", "ada")
    store, practice = pages.clinic.store, pages.clinic.practice
    given = body["fhirAuthorization"]
    session = authenticate(store, given["access_token"])
    assert session is not None
    assert (session.patient, session.actor) == ("ada", "Practitioner/dana")
    assert all(scope.startswith("patient/") and scope.endswith(".rs") for scope in session.scopes.split())
    assert round((session.expires_at - session.created_at).total_seconds()) == given["expires_in"] == 120
    public = KeySet.import_key_set(cast(Any, keys.public_keys(store, practice)))
    claims = jwt.decode(header.removeprefix("Bearer "), public, algorithms=[keys.ALGORITHM]).claims
    assert claims["aud"] == f"{other.url}/cds-services/registry"
    assert claims["iss"] == body["fhirServer"] == f"http://testserver/p/{practice}/fhir"


def test_an_order_is_told_as_a_draft(pages: Pages, other: OtherSide) -> None:
    other.answer = {"cards": [CARD]}
    assert "elsewhere" in pages.client("dana").get("/cards/order/s1").content.decode()
    drafts = other.got[-1][1]["context"]["draftOrders"]["entry"]
    assert [(one["resource"]["id"], one["resource"]["status"]) for one in drafts] == [("s1", "draft")]


def test_a_card_that_is_put_away_is_told_to_its_service(pages: Pages, other: OtherSide) -> None:
    other.answer = {"cards": [CARD]}
    client = pages.client("dana")
    text = client.get("/cards/patient/ada").content.decode()
    handle = text.partition('name="card" value="')[2].partition('"')[0]
    assert client.post("/cards/put-away/ada", {"card": handle}).status_code == 200
    over = time.monotonic() + 10
    while len(other.got) < 2 and time.monotonic() < over:
        time.sleep(0.05)
    path, body, _ = other.got[-1]
    assert path == "/cds-services/registry/feedback"
    assert (body["feedback"][0]["card"], body["feedback"][0]["outcome"]) == ("card-1", "overridden")
    assert client.post("/cards/put-away/ada", {"card": handle + "x"}).status_code == 422


def test_a_slow_or_broken_service_is_named_and_left_alone(pages: Pages, other: OtherSide) -> None:
    client = pages.client("dana")
    other.slow = 10.0
    begun = time.monotonic()
    text = client.get("/cards/patient/ada").content.decode()
    assert "127.0.0.1 has not answered." in text
    assert time.monotonic() - begun < 10.0
    other.slow = 0.0
    asked = len(other.got)
    assert "has not answered" in client.get("/cards/patient/ada").content.decode()
    assert len(other.got) == asked, "it rests"


@pytest.mark.parametrize("answer", [[], {"cards": "x"}, "nothing", {}, None])
def test_what_is_no_answer_is_shown_as_none(pages: Pages, other: OtherSide, answer: Any) -> None:
    other.answer = answer
    response = pages.client("dana").get("/cards/patient/ada")
    assert response.status_code == 200
    assert "has not answered" in response.content.decode()


def test_a_server_error_is_no_answer(pages: Pages, other: OtherSide) -> None:
    other.status, other.answer = 500, {"cards": [CARD]}
    assert "elsewhere" not in pages.client("dana").get("/cards/patient/ada").content.decode()


def test_without_services_nothing_is_asked(pages: Pages, other: OtherSide) -> None:
    manager = pages.clinic.access("mona")
    for setting in (ON_PATIENT_VIEW, ON_ORDER_SIGN):
        values.change(pages.clinic.store, setting, manager, scope=values.practice_scope(), value=())
    client = pages.client("dana")
    assert "/cards/" not in client.get("/chart/ada").content.decode()
    assert client.get("/cards/patient/ada").content.strip() == b""
    assert other.got == []


def test_who_does_not_treat_asks_nobody(pages: Pages, other: OtherSide) -> None:
    assert pages.client("fay").get("/cards/patient/ada").status_code == 403
    assert pages.client("dana").get("/cards/patient/nobody").status_code == 404
    assert other.got == []


def test_a_card_is_cut_to_its_place() -> None:
    long = {**CARD, "summary": "s" * 500, "detail": "d" * 9000, "links": CARD["links"] * 9, "indicator": "loud"}
    card = Card.from_json(long)
    assert card is not None
    assert (len(card.summary), len(card.detail), card.indicator) == (140, 2000, "info")
    assert len(card.links) <= 5
    assert Card.from_json({**CARD, "source": None}) is None
