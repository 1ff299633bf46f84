"""Merging charts through the pages, on both engines: the second look, races with what was typed kept, the undo."""

import re
from typing import Any

import pytest

from carewright.core.store.model import Ref
from carewright.skills.registration import actions
from carewright.skills.registration.rules.merging import survivor_of
from carewright.workspaces.merge_charts.reading import PAIRS_SHOWN
from tests.clinic import Clinic
from tests.pages import Pages, open_pages

WHY = "Same ID card, she moved."


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    clinic.have(*(person(one, given=given) for one, given in (("ada1", "Ada"), ("ada2", "Ada"), ("ben", "Ben"))))
    return opened


def person(patient_id: str, *, given: str = "Ada", family: str = "Okafor", born: str = "1988-05-17") -> dict[str, Any]:
    return {
        "resourceType": "Patient", "id": patient_id, "gender": "female", "birthDate": born,
        "name": [{"use": "official", "family": family, "given": [given]}],
        "identifier": [{"system": "urn:elsewhere", "value": patient_id.upper()}],
    }  # fmt: skip


def hidden(text: str) -> dict[str, str]:
    """The hidden fields of the last form of a page that has a patient context."""
    form = next(f for f in re.findall(r"<form.*?</form>", text, re.DOTALL) if "care_context" in f)
    fields = re.findall(r'<input type="hidden" name="([\w]+)" value="([^"]*)"', form)
    return dict(fields) | {"csrfmiddlewaretoken": ""}


def opened(client: Any, path: str = "/merge/ada1/ada2") -> dict[str, str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return hidden(answer.content.decode())


def survivor(clinic: Clinic, patient_id: str) -> str:
    return survivor_of(clinic.resource(Ref("Patient", patient_id), name="lena"))


def test_a_pair_is_listed_compared_looked_at_again_merged_and_undone(pages: Pages) -> None:
    client = pages.client("lena")
    listed = client.get("/merge/").content.decode()
    assert "/merge/ada1/ada2" in listed
    assert "ben" not in listed
    sent = {**opened(client), "keep": "ada1", "reason": WHY}
    look = client.post("/merge/ada1/ada2", sent)
    assert look.status_code == 200
    assert look.content.decode().count("born 05/17/1988") == 2
    assert survivor(pages.clinic, "ada2") == ""
    answer = client.post("/merge/ada1/ada2/merge", hidden(look.content.decode()) | {"keep": "ada1", "reason": WHY})
    assert (answer.status_code, answer["Location"]) == (302, "/merge/done/ada2")
    assert survivor(pages.clinic, "ada2") == "ada1"
    assert "/merge/ada1/ada2" not in client.get("/merge/").content.decode()
    assert client.get("/merge/ada1/ada2")["Location"] == "/merge/done/ada2"
    done = client.get("/merge/done/ada2").content.decode()
    assert WHY in done
    undone = client.post("/merge/done/ada2/undo", hidden(done) | {"reason": "Cousins."}, follow=True)
    assert "Two charts again" in undone.content.decode()
    assert survivor(pages.clinic, "ada2") == ""
    assert "/merge/ada1/ada2" in client.get("/merge/").content.decode()


def test_the_closed_chart_leads_to_the_one_that_stays_and_shows_both(pages: Pages) -> None:
    client = pages.client("lena")
    pages.clinic.have(allergy("ada2", "Latex"), allergy("ada1", "Penicillin"))
    merge(pages.clinic)
    answer = client.get("/chart/ada2", follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain == [("/chart/ada1?merged=ada2", 302)]
    assert "It was merged into this one" in text
    assert "Latex" in text
    assert "Penicillin" in text
    assert "It was merged" not in client.get("/chart/ada1?merged=ben").content.decode()
    assert client.get("/chart/ada2/vitals")["Location"] == "/chart/ada1/vitals"
    found = client.post("/search", {"q": "okafor ada"}).content.decode()
    assert found.count("/chart/ada") == 1


def allergy(patient_id: str, substance: str) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance", "id": f"allergy-{patient_id}", "code": {"text": substance},
        "patient": {"reference": f"Patient/{patient_id}"},
        "clinicalStatus": {"coding": [{"code": "active", "system":
                           "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"}]},
    }  # fmt: skip


def merge(clinic: Clinic, *, keep: str = "ada1", retire: str = "ada2") -> None:
    read = {f"Patient/{one}": 1 for one in (keep, retire)}
    actions.merge_charts(clinic.writer("mona"), keep=keep, retire=retire, versions=read, reason=WHY)


def test_who_is_slower_sees_the_merge_that_stands(pages: Pages) -> None:
    client = pages.client("lena")
    sent = {**opened(client), "keep": "ada2", "reason": WHY}
    merge(pages.clinic)
    answer = client.post("/merge/ada1/ada2/merge", sent)
    assert answer["Location"] == "/merge/done/ada2"
    assert survivor(pages.clinic, "ada1") == ""


def test_a_chart_that_was_changed_meanwhile_is_shown_again_with_what_was_typed(pages: Pages) -> None:
    client = pages.client("lena")
    sent = {**opened(client), "keep": "ada1", "reason": WHY}
    with pages.clinic.writer("fay").transaction(reason="test.change") as tx:
        tx.update(person("ada2", given="Adanna"), version=1)
    answer = client.post("/merge/ada1/ada2/merge", sent)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert WHY in text
    assert "Adanna" in text
    assert "Nothing was saved" in text
    assert survivor(pages.clinic, "ada2") == ""
    again = client.post("/merge/ada1/ada2/merge", {**hidden(text), "keep": "ada1", "reason": WHY})
    assert again["Location"] == "/merge/done/ada2"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"keep": "", "reason": WHY}, "Choose the chart that stays."),
        ({"keep": "ben", "reason": WHY}, "Choose one of the two charts."),
        ({"keep": "ada1", "reason": " "}, "Say in a few words how you know."),
        ({"keep": "ada1", "reason": "x" * 501}, "500"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_merged(pages: Pages, wrong: dict[str, str], said: str) -> None:
    client = pages.client("mona")
    sent = opened(client)
    for path in ("/merge/ada1/ada2", "/merge/ada1/ada2/merge"):
        answer = client.post(path, sent | wrong)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert survivor(pages.clinic, "ada2") == survivor(pages.clinic, "ada1") == ""


def test_a_form_of_another_pair_merges_nothing(pages: Pages) -> None:
    client = pages.client("lena")
    sent = {**opened(client, "/merge/ben/ada2"), "keep": "ada1", "reason": WHY}
    assert client.post("/merge/ada1/ada2/merge", sent).status_code == 409
    assert survivor(pages.clinic, "ada2") == ""


def test_two_people_are_said_to_be_so_with_a_reason_and_looked_at_again(pages: Pages) -> None:
    client = pages.client("lena")
    sent = opened(client)
    for reason in ("", "x" * 501):
        answer = client.post("/merge/ada1/ada2/apart", sent | {"reason": reason})
        assert answer.status_code == 422
        assert "/merge/ada1/ada2" in client.get("/merge/").content.decode()
    answer = client.post("/merge/ada1/ada2/apart", sent | {"reason": "Cousins <both> seen."})
    assert (answer.status_code, answer["Location"]) == (302, "/merge/")
    listed = client.get("/merge/").content.decode()
    assert "Nobody looks registered twice" in listed
    assert "Said to be two people" in listed
    page = client.get("/merge/ada2/ada1").content.decode()
    assert "Cousins &lt;both&gt; seen." in page
    assert 'name="keep"' not in page
    form = hidden(page) | {"reason": "One ID card."}
    for path in ("/merge/ada1/ada2", "/merge/ada1/ada2/merge"):
        assert client.post(path, sent | {"keep": "ada1", "reason": WHY}).status_code == 409
    assert survivor(pages.clinic, "ada2") == ""
    assert client.post("/merge/ada2/ada1/apart/back", form | {"reason": ""}).status_code == 422
    back = client.post("/merge/ada2/ada1/apart/back", form)
    assert back["Location"] == "/merge/ada2/ada1"
    assert client.post("/merge/ada2/ada1/apart/back", form)["Location"] == "/merge/ada2/ada1"
    again = client.get("/merge/").content.decode()
    assert "/merge/ada1/ada2" in again
    assert "Said to be two people" not in again


def test_of_merged_charts_nobody_says_that_they_are_two_people(pages: Pages) -> None:
    client = pages.client("lena")
    sent = opened(client) | {"reason": "Cousins."}
    merge(pages.clinic)
    assert client.post("/merge/ada1/ada2/apart", sent)["Location"] == "/merge/done/ada2"


def test_charts_that_look_less_alike_are_found_by_name_and_compared(pages: Pages) -> None:
    client = pages.client("mona")
    pages.clinic.have(person("maiden", family="Achebe", born="1988-07-15"))
    first = client.post("/merge/find", {"q": "achebe"})
    assert 'value="maiden"' in first.content.decode()
    second = client.post("/merge/find", {"q": "okafor ada", "chart": "maiden"}).content.decode()
    assert re.search(r'value="maiden" checked', second)
    assert client.post("/merge/find", {"chart": ["maiden"], "compare": "1"}).status_code == 422
    chosen = client.post("/merge/find", {"chart": ["maiden", "ada1"], "compare": "1"})
    assert set(chosen["Location"].split("/")[2:]) == {"maiden", "ada1"}
    page = client.get(chosen["Location"]).content.decode()
    assert "The birth dates differ" in page
    assert client.post("/merge/find", {"chart": ["", "a/b", "nobody"], "compare": "1"}).status_code == 422


def test_a_practice_of_1500_is_shown_its_likeliest_pairs(pages: Pages) -> None:
    families = ["Okafor", "Lindqvist", "Nguyen", "García", "Smith", "Haddad", "Kowalski", "Tran", "Berg", "Silva"]
    given = ["Ada", "Ben", "Chi", "Dan", "Eva", "Finn", "Gia", "Hal", "Ivy", "Jon", "Kai", "Lia"]
    people = [
        person(f"x{n}", family=families[n % 10] + " abcdefghijklm"[n % 7], given=given[n % 12],
               born=f"{1940 + n % 80}-{n % 12 + 1:02d}-{n % 28 + 1:02d}")
        for n in range(1_500)
    ]  # fmt: skip
    for start in range(0, len(people), 500):
        pages.clinic.have(*people[start : start + 500])
    client = pages.client("lena")
    page = client.get("/merge/")
    assert page.status_code == 200
    shown = set(re.findall(r"/merge/(x\d+|ada\d)/(x\d+|ada\d)", page.content.decode()))
    assert len(shown) == PAIRS_SHOWN
    assert all(one != other for one, other in shown)
