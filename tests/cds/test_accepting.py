"""Doing what a card suggests: seen first, word for word, as its person and in this chart alone; told to its service."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.cds.model import Suggestion
from carewright.core.cds.settings import ON_PATIENT_VIEW
from carewright.core.outward import Outward
from carewright.core.settings import values
from carewright.core.store.model import Ref
from carewright.core.store.search.parse import parse
from carewright.workspaces.cards import asking
from tests.cds.other_side import OtherSide
from tests.cds.test_cds_client import CARD
from tests.clinic import Clinic
from tests.pages import Pages, open_pages
from tests.screens.filled import form_at, text_of

Json = dict[str, Any]
SECRET = {"system": CONFIDENTIALITY, "code": "R"}
ALLERGY: Json = {
    "resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/ada"},
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                                   "code": "active"}]},
    "code": {"text": "Penicillin"},
}  # fmt: skip


@pytest.fixture
def pages(clinic: Clinic, other: OtherSide) -> Iterator[Pages]:
    found = open_pages(clinic)
    clinic.have(
        {"resourceType": "Patient", "id": "ada", "name": [{"family": "Berg"}]},
        {"resourceType": "Patient", "id": "ben", "name": [{"family": "Falk"}]},
        {**ALLERGY, "id": "old", "code": {"text": "Latex"}, "meta": {"security": [SECRET]}},
        {**ALLERGY, "id": "bens", "patient": {"reference": "Patient/ben"}},
    )
    before = clinic.store.outward
    clinic.store.outward = Outward(frozenset({other.url}))
    value = (f"{other.url}/cds-services/registry",)
    values.change(clinic.store, ON_PATIENT_VIEW, clinic.access("mona"), scope=values.practice_scope(), value=value)
    asking._resting.clear()
    yield found
    clinic.store.outward = before


def create(resource: Json) -> Json:
    return {"type": "create", "description": "Note the allergy", "resource": resource}


def update(**changes: Any) -> Json:
    resource = {**ALLERGY, "id": "old", "code": {"text": "Natural latex"}, **changes}
    return {"type": "update", "description": "Say it exactly", "resource": resource}


def offered(other: OtherSide, *actions: Json, **changes: Any) -> None:
    suggestion = {"uuid": "s-1", "label": "Note it", "actions": list(actions), **changes}
    other.answer = {"cards": [{**CARD, "suggestions": [suggestion]}]}


def listed(client: Any) -> Any:
    return client.get("/cards/patient/ada")


def looked_at(client: Any) -> Any:
    """The page that shows what would be written."""
    return client.post("/cards/suggestion/ada", form_at(listed(client), "/cards/suggestion/ada"))


def done(client: Any) -> Any:
    return client.post("/cards/accept/ada", form_at(looked_at(client), "/cards/accept/ada"))


def allergies(pages: Pages, patient: str = "ada") -> list[str]:
    clinic = pages.clinic
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        found = reader.resources(parse("AllergyIntolerance", [("patient", patient)]))
    return sorted(one["code"]["text"] for one in found)


def feedback(other: OtherSide) -> Json:
    over = time.monotonic() + 10
    while time.monotonic() < over:
        told = [body for path, body, _ in other.got if path.endswith("/feedback")]
        if told:
            return dict(told[-1]["feedback"][0])
        time.sleep(0.05)
    raise AssertionError("the service was told nothing")


def test_nothing_is_written_before_it_was_seen_and_then_all_of_it_once(pages: Pages, other: OtherSide) -> None:
    offered(other, create(ALLERGY), update())
    client = pages.client("dana")
    page = looked_at(client)
    said = text_of(page)
    for words in ("Note it", "A new record: AllergyIntolerance", "Penicillin", "A change of a record", "Natural latex"):
        assert words in said
    assert allergies(pages) == ["Latex"]
    form = form_at(page, "/cards/accept/ada")
    for _ in range(2):  # pressed twice
        assert client.post("/cards/accept/ada", form)["Location"] == "/chart/ada"
    assert allergies(pages) == ["Natural latex", "Penicillin"]
    told = feedback(other)
    assert (told["card"], told["outcome"], told["acceptedSuggestions"]) == ("card-1", "accepted", [{"id": "s-1"}])
    assert told["outcomeTimestamp"]


def test_what_is_shown_is_what_is_written(pages: Pages, other: OtherSide) -> None:
    """A label that is kept is not shown as taken away, one that is added is shown; a tag is left: nobody reads it."""
    offered(other, update(meta={"tag": [{"system": "urn:x", "code": "hidden"}]}))
    client = pages.client("dana")
    said = text_of(looked_at(client))
    assert "label" not in said
    assert "code · text" in said
    done(client)
    clinic = pages.clinic
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        assert "tag" not in reader.resource(Ref("AllergyIntolerance", "old"))["meta"]
    offered(other, create({**ALLERGY, "meta": {"security": [SECRET]}}))
    assert "label Confidentiality R" in text_of(looked_at(client))


def test_it_is_its_person_s_writing_says_whose_idea_it_was_and_keeps_labels(pages: Pages, other: OtherSide) -> None:
    offered(other, update())
    assert done(pages.client("dana")).status_code == 302
    clinic = pages.clinic
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        changed = reader.resource(Ref("AllergyIntolerance", "old"))
        author = reader.authors([Ref("AllergyIntolerance", "old")])
    assert set(author.values()) == {"Practitioner/dana"}
    assert changed["meta"]["security"] == [SECRET]
    assert changed["meta"]["source"] == f"{other.url}/cds-services/registry"


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        ([], "It does not say exactly"),
        ([{"type": "delete", "resource": {**ALLERGY, "id": "old"}}], "Only new records and changes"),
        ([{"type": "delete", "resourceId": ["AllergyIntolerance/old"]}], "Only new records and changes"),
        ([create(ALLERGY), "x"], "It does not say exactly"),
        ([create(ALLERGY)] * 11, "It does not say exactly"),
        ([create({**ALLERGY, "patient": {"reference": "Patient/ben"}})], "It is not about this patient"),
        ([create({**ALLERGY, "resourceType": "Practitioner"})], "You may not write this kind of record: Practitioner"),
        ([create({**ALLERGY, "resourceType": None})], "You may not write this kind of record"),
        ([create({**ALLERGY, "clinicalStatus": "active"})], "It is not written as it has to be"),
        ([create(ALLERGY), create({**ALLERGY, "patient": {"reference": "Patient/ben"}})], "It is not about this"),
        ([create({**ALLERGY, "recorder": {"reference": "urn:uuid:5a7e7f6a-8f57-4b5c-a4c1-4b8a34e0a001"}})],
         "It does not say exactly"),
        ([update(id="bens")], "is not in this chart"),
        ([update(id="nowhere")], "is not in this chart"),
        ([update(meta={"versionId": "7"})], "has been changed here since"),
        ([update(), update()], "the same record twice"),
        ([create({**ALLERGY, "note": [{"text": f"line {n}"} for n in range(70)]})], "too long to be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_here_says_why_and_has_no_button(
    pages: Pages, other: OtherSide, actions: list[Any], says: str
) -> None:
    offered(other, *actions)
    said = listed(pages.client("dana"))
    reason = text_of(said).partition("Not possible here: ")[2]
    assert says in reason.partition(". ")[0] + "."
    assert "/cards/suggestion/" not in said.content.decode()


def test_a_card_or_suggestion_without_an_id_cannot_be_answered(pages: Pages, other: OtherSide) -> None:
    client = pages.client("dana")
    offered(other, create(ALLERGY), uuid="")
    assert "/cards/suggestion/" not in listed(client).content.decode()
    other.answer["cards"][0] |= {"uuid": "", "suggestions": [Suggestion(uuid="s", label="x").to_json()]}
    assert "/cards/suggestion/" not in listed(client).content.decode()


def test_what_was_changed_since_it_was_seen_is_not_written_over(pages: Pages, other: OtherSide) -> None:
    offered(other, create(ALLERGY), update())
    client = pages.client("dana")
    form = form_at(looked_at(client), "/cards/accept/ada")
    with pages.clinic.writer("dana").transaction(reason="test") as tx:
        tx.put({**ALLERGY, "id": "old", "code": {"text": "Latex, by a colleague"}, "meta": {"security": [SECRET]}})
    assert client.post("/cards/accept/ada", form).status_code == 409
    assert allergies(pages) == ["Latex, by a colleague"], "all or nothing"


def test_a_seal_is_good_for_its_person_and_chart_alone(pages: Pages, other: OtherSide) -> None:
    offered(other, create(ALLERGY))
    dana, nora = pages.client("dana"), pages.client("nora")
    sealed = form_at(listed(dana), "/cards/suggestion/ada")
    form = form_at(looked_at(dana), "/cards/accept/ada")
    assert nora.post("/cards/suggestion/ada", sealed).status_code == 422
    assert nora.post("/cards/accept/ada", form).status_code == 422
    assert dana.post("/cards/accept/ben", form).status_code == 422
    changed = {**form, "suggestion": form["suggestion"][:-2] + "xx"}
    assert dana.post("/cards/accept/ada", changed).status_code == 422
    assert dana.post("/cards/accept/ada", {"suggestion": form["suggestion"]}).status_code == 409
    assert pages.client("fay").post("/cards/accept/ada", form).status_code == 403
    assert (allergies(pages), allergies(pages, "ben")) == (["Latex"], ["Penicillin"])


def test_an_order_by_an_ma_waits_for_its_provider_as_by_the_api(pages: Pages, other: OtherSide) -> None:
    """What a program wrote does not become an order because a medical assistant has pressed a button."""
    order = {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": {"text": "A1c"},
             "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "108252007"}]}],
             "subject": {"reference": "Patient/ada"}, "requester": {"reference": "Practitioner/lind"}}  # fmt: skip
    offered(other, create(order))
    client = pages.client("dana")
    assert "A1c" in text_of(looked_at(client))
    assert done(client).status_code in (409, 422)
    clinic = pages.clinic
    with clinic.store.reader(clinic.access("lind"), reason="test") as reader:
        assert reader.resources(parse("ServiceRequest", [("patient", "ada")])) == []


def test_the_reason_for_putting_a_card_away_is_told(pages: Pages, other: OtherSide) -> None:
    whys = [{"code": "done", "system": "urn:why", "display": "Done already"}, {"code": "no", "system": "urn:why"}]
    other.answer = {"cards": [{**CARD, "overrideReasons": whys}]}
    client = pages.client("dana")
    page = listed(client)
    assert "Done already" in text_of(page)
    form = {**form_at(page, "/cards/put-away/ada"), "why": "done"}
    assert client.post("/cards/put-away/ada", form).status_code == 200
    told = feedback(other)
    assert (told["outcome"], told["overrideReason"]) == (
        "overridden", {"reason": {"code": "done", "system": "urn:why"}}
    )  # fmt: skip
    other.got.clear()
    client.post("/cards/put-away/ada", {**form, "why": "made up"})
    assert "overrideReason" not in json.dumps(feedback(other))
