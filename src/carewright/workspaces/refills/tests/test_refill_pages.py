"""The pages of refills without a browser, on both engines: from a call and the chart; who may; no yes for some."""

import re
from typing import Any

import pytest

from carewright.core.store.model import Ref, Resource
from carewright.skills.calls.fhir import to_fhir as call_to_fhir
from carewright.skills.calls.model import PhoneCall, State
from carewright.skills.refills.fhir import from_fhir
from carewright.skills.refills.model import Answer, Outcome, Refill, Stage, Via
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import Pages, open_pages

CONTEXT = re.compile(r'name="(?:(\w+)-)?care_context" value="([^"]+)"')
KEY = re.compile(r'name="(?:(\w+)-)?care_key" value="([0-9a-f-]+)"')
GOOD = {"as_written": "yes", "well": "yes", "days_left": "5", "pharmacy": "Main St Pharmacy",
        "prescriber": "Practitioner/lind", "days": "30", "refills": "0"}  # fmt: skip


def medicine(key: str, name: str, patient: str = "ada") -> Resource:
    return {"resourceType": "MedicationStatement", "id": key, "status": "active",
            "subject": {"reference": f"Patient/{patient}"}, "medicationCodeableConcept": {"text": name},
            "dosage": [{"text": "1 daily"}]}  # fmt: skip


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    clinic.have(
        {"resourceType": "Patient", "id": "ada", "gender": "male", "birthDate": "1966-01-01",
         "name": [{"family": "Adams", "given": ["Lou"]}]},
        {"resourceType": "Patient", "id": "ben", "name": [{"family": "Benning"}]},
        medicine("m1", "Lisinopril 10 mg"), medicine("m2", "Oxycodone 5 mg"), medicine("m3", "Zorblaxin 5 mg"),
        call_to_fhir(PhoneCall(id="c1", site="main-st", at=TEN_FORTY, by="Practitioner/dana", number="1",
                               patient="Patient/ada", reason="refill", state=State.OWED)),
    )  # fmt: skip
    return opened


def hidden(page: str, prefix: str = "") -> dict[str, str]:
    """The hidden fields of the form with a prefix."""
    dash = f"{prefix}-" if prefix else ""
    context = next(value for name, value in CONTEXT.findall(page) if name == prefix)
    key = next(value for name, value in KEY.findall(page) if name == prefix)
    return {f"{dash}care_context": context, f"{dash}care_key": key}


def send(client: Any, page: str, action: str, *, prefix: str = "", **typed: str) -> Any:
    dash = f"{prefix}-" if prefix else ""
    named = {name if name in ("kind", "step") else f"{dash}{name}": value for name, value in typed.items()}
    return client.post(action, {**hidden(client.get(page).content.decode(), prefix), **named})


def entered(pages: Pages, chosen: str = "MedicationStatement/m1", *, query: str = "", **typed: str) -> str:
    """The id of a request that the MA has entered."""
    address = f"/refills/new/ada{query}"
    values = {"medicine": chosen, "via": "phone", "asker": "patient", **typed}
    answer = send(pages.client("dana"), address, address, **values)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.url.rsplit("/", 1)[1].partition("?")[0])


def prepared(pages: Pages, chosen: str = "MedicationStatement/m1") -> str:
    refill = entered(pages, chosen)
    page = f"/refills/{refill}"
    bare = {} if chosen == "MedicationStatement/m1" else {"days": "", "refills": ""}
    answer = send(pages.client("dana"), page, f"{page}/prepare", step="send", **(GOOD | bare))
    assert answer.status_code == 302, answer.content.decode()
    return refill


def stands(pages: Pages, refill: str) -> Refill:
    found = from_fhir(pages.clinic.resource(Ref("MedicationRequest", refill)))
    assert found is not None
    return found


def test_a_call_becomes_a_request_and_is_owed_no_more(pages: Pages) -> None:
    page = pages.client("dana").get("/phone/call/c1").content.decode()
    assert "/refills/new/ada?call=c1" in page
    refill = entered(pages, query="?call=c1")
    found = stands(pages, refill)
    assert (found.source, found.asked[0].via, found.dose) == ("Communication/c1", Via.PHONE, "1 daily")
    assert pages.clinic.rows("phone_call", id="c1")[0]["ending"] == "not-needed"
    assert pages.clinic.rows("task", focus="Communication/c1", is_open=1) == []


def test_a_call_about_another_patient_is_no_source(pages: Pages) -> None:
    assert pages.client("dana").get("/refills/new/ben?call=c1").status_code == 404
    assert pages.client("dana").get("/refills/new/ada?paper=nothing").status_code == 404


def test_the_chart_opens_a_request_and_the_same_one_twice_is_one_and_says_so(pages: Pages) -> None:
    assert "/refills/new/ada" in pages.client("dana").get("/chart/ada").content.decode()
    first = entered(pages)
    page = pages.client("dana").get("/refills/new/ada").content.decode()
    assert f'href="/refills/{first}"' in page
    again = send(pages.client("lena"), "/refills/new/ada", "/refills/new/ada", medicine="MedicationStatement/m1",
                 via="fax", asker="pharmacy")  # fmt: skip
    assert again.url == f"/refills/{first}?again=1"
    assert "one request" in pages.client("lena").get(again.url).content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"medicine": ""}, "required"), ({"medicine": "other"}, "Write which medicine."),
        ({"medicine": "MedicationStatement/else"}, "not one of"), ({"days_left": "-1"}, "greater than"),
        ({"via": "pigeon"}, "not one of"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_was_typed(pages: Pages, typed: dict[str, str], words: str) -> None:
    values = {"medicine": "MedicationStatement/m1", "via": "desk", "asker": "patient", "pharmacy": "Kept St", **typed}
    answer = send(pages.client("dana"), "/refills/new/ada", "/refills/new/ada", **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Kept St" in answer.content.decode()
    assert pages.clinic.rows("refill") == []


def test_the_table_says_what_is_missing_and_nothing_goes_on_without_it(pages: Pages) -> None:
    refill = entered(pages)
    page = f"/refills/{refill}"
    text = pages.client("dana").get(page).content.decode()
    for words in ("Ask how it is taken.", "Ask about trouble with it.", "Ask how many days are left.",
                  "Visit: none in the chart."):  # fmt: skip
        assert words in text
    answer = send(pages.client("dana"), page, f"{page}/prepare", step="send", **(GOOD | {"well": ""}))
    assert answer.status_code == 409
    assert "Something is still missing." in answer.content.decode()
    assert stands(pages, refill).stage is Stage.ASKED
    assert send(pages.client("dana"), page, f"{page}/prepare", step="save", **(GOOD | {"well": ""})).status_code == 302
    assert stands(pages, refill).days_left == 5
    assert send(pages.client("dana"), page, f"{page}/prepare", step="send", **GOOD).status_code == 302


def test_an_ma_sees_no_yes_and_may_send_none(pages: Pages) -> None:
    refill = prepared(pages)
    page = pages.client("dana").get(f"/refills/{refill}").content.decode()
    assert "kind" not in page
    assert pages.client("dana").post(f"/refills/{refill}/answer", {"kind": "yes"}).status_code == 403
    assert pages.client("lind").post(f"/refills/{refill}/answer", {"kind": "perhaps"}).status_code == 422
    assert pages.client("lind").post(f"/refills/{refill}/answer", {"kind": "yes"}).status_code == 409
    assert stands(pages, refill).decision is None


def test_one_yes_writes_the_order_and_opens_the_next_request_of_mine(pages: Pages) -> None:
    first, second = prepared(pages), prepared(pages, "MedicationStatement/m3")
    answer = send(pages.client("lind"), f"/refills/{first}", f"/refills/{first}/answer", prefix="yes", kind="yes")
    assert answer.url == f"/refills/{second}?next=1"
    assert stands(pages, first).stage is Stage.ANSWERED
    page = pages.client("lind").get(f"/refills/{second}").content.decode()
    assert 'value="yes"' not in page.replace('<option value="yes"', ""), "the table does not cover it: no single yes"
    change = {"prefix": "change", "kind": "change", "days": "30", "refills": "0"}
    refused = send(pages.client("lind"), f"/refills/{second}", f"/refills/{second}/answer", **change)
    assert refused.status_code == 422, "nobody has looked whether it is controlled"
    answer = send(pages.client("lind"), f"/refills/{second}", f"/refills/{second}/answer", **change, looked="on")
    assert answer.url == "/refills/"


def test_a_controlled_drug_has_no_yes_on_the_page_and_none_by_post(pages: Pages) -> None:
    refill = prepared(pages, "MedicationStatement/m2")
    preparing = stands(pages, refill).preparing
    assert preparing is not None
    assert preparing.outcome is Outcome.CONTROLLED
    page = pages.client("lind").get(f"/refills/{refill}").content.decode()
    assert 'name="kind" value="yes"' not in page
    assert 'name="kind" value="change"' not in page
    borrowed = hidden(page, "no")
    for kind in ("yes", "change"):
        forged = {name.replace("no-", f"{kind}-"): value for name, value in borrowed.items()}
        forged |= {"kind": kind, "change-days": "30", "change-refills": "0", "change-looked": "on"}
        answer = pages.client("lind").post(f"/refills/{refill}/answer", forged)
        assert answer.status_code == 409
        assert "A controlled drug has no yes here." in answer.content.decode()
    assert stands(pages, refill).decision is None
    answer = send(pages.client("lind"), f"/refills/{refill}", f"/refills/{refill}/answer", prefix="elsewhere",
                  kind="elsewhere")  # fmt: skip
    assert answer.status_code == 302
    said = stands(pages, refill).decision
    assert said is not None
    assert said.answer is Answer.ELSEWHERE


def test_a_no_without_a_reason_is_refused_and_with_one_is_told(pages: Pages) -> None:
    refill = prepared(pages)
    page, client = f"/refills/{refill}", pages.client("lind")
    assert send(client, page, f"{page}/answer", prefix="no", kind="no").status_code == 422
    assert send(client, page, f"{page}/answer", prefix="no", kind="no", because="needs-visit",
                tell="Come in this week").status_code == 302  # fmt: skip
    told = pages.client("dana").get(page).content.decode()
    assert "Needs a visit first" in told
    assert "Come in this week" in told
    sent = {"prefix": "tell", "whom": "patient", "how": "phone"}
    assert send(pages.client("dana"), page, f"{page}/tell", **sent).status_code == 302
    assert stands(pages, refill).stage is Stage.ENDED


def test_a_request_that_nobody_has_to_answer_says_why(pages: Pages) -> None:
    refill = entered(pages)
    page = f"/refills/{refill}"
    assert send(pages.client("dana"), page, f"{page}/end", prefix="end", how="not-needed", why="").status_code == 422
    ended = send(pages.client("dana"), page, f"{page}/end", prefix="end", how="not-needed", why="Found a full bottle")
    assert ended.status_code == 302
    assert "Found a full bottle" in pages.client("dana").get(page).content.decode()


def test_the_slower_of_two_is_told_that_nothing_was_saved(pages: Pages) -> None:
    refill = entered(pages)
    page, client = f"/refills/{refill}", pages.client("dana")
    stale = hidden(client.get(page).content.decode())
    assert send(pages.client("lena"), page, f"{page}/prepare", step="save", **GOOD).status_code == 302
    answer = client.post(f"{page}/prepare", {**stale, **GOOD, "step": "save"})
    assert answer.status_code == 409
    assert "Nothing of yours was saved." in answer.content.decode()


def test_the_list_names_whose_turn_it_is_and_the_front_desk_sees_none(pages: Pages) -> None:
    prepared(pages)
    entered(pages, "MedicationStatement/m3")
    page = pages.client("dana").get("/refills/").content.decode()
    assert page.index("Yes or no") < page.index("To be prepared")
    for name in ("fay", "bill", "mona", "priya", "audra"):
        assert pages.client(name).get("/refills/").status_code == 403
