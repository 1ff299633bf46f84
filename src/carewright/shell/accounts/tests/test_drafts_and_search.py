"""What is typed is kept for its patient; the search box finds without leaving a name in an address."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from carewright.shell import drafts
from carewright.shell.forms import ContextForm, PatientContext, WrongPatient
from carewright.shell.permissions import CareRequest, signed_in
from carewright.shell.views.search import query_of
from tests.clinic import Clinic
from tests.pages import Pages

IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def context(clinic: Clinic, patient: str, *, name: str = "dana") -> PatientContext:
    return PatientContext(
        practice=clinic.practice, patient=patient, user=f"Practitioner/{name}", expires_at=FAR, versions={}
    )


@pytest.fixture
def family(pages: Pages) -> Pages:
    pages.clinic.have(
        {"resourceType": "Patient", "id": "jonas", "name": [{"family": "Okafor", "given": ["Jonas"]}],
         "birthDate": "2025-08-20", "gender": "male",
         "identifier": [{"type": {"coding": [{"system": IDENTIFIER_TYPE, "code": "MR"}]},
                         "system": "urn:test:mrn", "value": "M-1001"}]},
        {"resourceType": "Patient", "id": "ada", "name": [{"family": "Okafor", "given": ["Ada"]}],
         "birthDate": "2019-02-11", "gender": "female"},
        {"resourceType": "Patient", "id": "other-ada", "name": [{"family": "Okafor", "given": ["Ada"]}],
         "birthDate": "1988", "gender": "female"},
    )  # fmt: skip
    return pages


def offered(pages: Pages, patient: str) -> drafts.Offer | None:
    from carewright.core.store import drafts as rows

    found = rows.load(pages.clinic.store, pages.clinic.access("dana"), form="vitals", patient_id=patient)
    import json

    if found is None:
        return None
    content = json.loads(found.content)
    return drafts.Offer(form="vitals", patient=patient, at=found.at, values={**content["earlier"], **content["values"]})


def test_a_draft_is_kept_for_the_patient_of_the_signed_context(family: Pages) -> None:
    client = family.client("dana")
    sent = {"care_context": context(family.clinic, "jonas").signed(), "care_key": "x", "weight": "19.4 lb", "note": " "}
    answer = client.post("/drafts/vitals", sent)
    assert "saved_at" in answer.json()
    found = offered(family, "jonas")
    assert found is not None
    assert found.values == {"weight": ["19.4 lb"]}
    assert offered(family, "ada") is None
    client.post("/drafts/vitals", {"care_context": sent["care_context"], "care_key": "x"})
    assert offered(family, "jonas") is None


def test_typing_into_a_new_form_loses_nothing_of_an_older_draft(family: Pages) -> None:
    client, token = family.client("dana"), context(family.clinic, "jonas").signed()

    def type_in(opening: str, **typed: str) -> dict[str, list[str]] | None:
        client.post("/drafts/vitals", {"care_context": token, "care_key": opening, **typed})
        found = offered(family, "jonas")
        return None if found is None else dict(found.values)

    type_in("morning", weight="19.4 lb", note="asleep")
    assert type_in("noon", height="30 in") == {"weight": ["19.4 lb"], "note": ["asleep"], "height": ["30 in"]}
    assert type_in("noon", height="30 in", weight="19") == {"weight": ["19"], "note": ["asleep"], "height": ["30 in"]}
    assert type_in("noon", height="30 in") == {"note": ["asleep"], "height": ["30 in"]}  # emptied in the same form
    assert type_in("evening", height="31 in", note="awake") == {"height": ["31 in"], "note": ["awake"]}
    assert type_in("evening") is None


def test_what_was_typed_later_stays_though_it_arrived_first(family: Pages) -> None:
    client, token = family.client("dana"), context(family.clinic, "jonas").signed()

    def arrives(number: str, weight: str, opening: str = "one") -> dict[str, list[str]]:
        sent = {"care_context": token, "care_key": opening, "care_number": number, "weight": weight}
        assert "saved_at" in client.post("/drafts/vitals", sent).json()
        found = offered(family, "jonas")
        assert found is not None
        return dict(found.values)

    assert arrives("1795000000002", "19.4") == {"weight": ["19.4"]}
    assert arrives("1795000000001", "19") == {"weight": ["19.4"]}
    assert arrives("1795000000003", "19.5") == {"weight": ["19.5"]}
    assert arrives("1", "20", opening="another") == {"weight": ["20"]}
    for odd in ("", "-1", "x", "9" * 40, "²"):
        assert arrives(odd, f"2{len(odd)}", opening=f"odd {odd}") == {"weight": [f"2{len(odd)}"]}


def test_what_arrives_behind_the_saving_of_its_form_is_offered_to_nobody(family: Pages) -> None:
    client, token = family.client("dana"), context(family.clinic, "jonas").signed()

    def sends(address: str, number: str, **typed: str) -> drafts.Offer | None:
        client.post(address, {"care_context": token, "care_key": "one", "care_number": number, **typed})
        return offered(family, "jonas")

    assert sends("/drafts/vitals", "1795000000002", weight="19.4") is not None
    assert sends("/drafts/vitals", "1795000000004") is None  # emptied
    assert sends("/drafts/vitals", "1795000000003", weight="19") is None
    assert sends("/drafts/vitals", "1795000000005", weight="19.5") is not None  # and typed on


def test_a_draft_of_somebody_elses_form_or_a_forged_one_is_not_kept(family: Pages) -> None:
    client = family.client("dana")
    for token in (context(family.clinic, "jonas", name="lena").signed(), "forged"):
        answer = client.post("/drafts/vitals", {"care_context": token, "weight": "19"})
        assert answer.status_code == 409
        assert "message" in answer.json()
    assert offered(family, "jonas") is None


def test_a_draft_that_is_too_long_is_said_to_be(family: Pages) -> None:
    answer = family.client("dana").post("/drafts/letter", {"text": "x" * 300_000})
    assert answer.status_code == 413
    assert "too long" in answer.json()["message"]


class WeightForm(ContextForm):
    from django import forms

    weight = forms.CharField()


@signed_in
def weigh(request: CareRequest, patient: str) -> HttpResponse:
    """A page with a form, as skills will have them."""
    here = PatientContext(
        practice=request.access.practice, patient=patient, user=request.access.actor.reference,
        expires_at=request.store.clock.wall() + timedelta(hours=12), versions={},
    )  # fmt: skip
    offer = drafts.offer(request, form="vitals", patient=patient)
    data = request.POST if request.method == "POST" else None
    form = WeightForm(data, here=here, now=request.store.clock.wall(), initial=drafts.resumed(request, offer))
    if data is not None and not form.is_valid() and isinstance(form.problem, WrongPatient):
        right = f"/planted/weigh/{form.problem.opened_for.patient}" if form.problem.opened_for else ""
        return drafts.wrong_patient(request, form, name="vitals", right_url=right)
    return render(request, "shell/components/draft_offer.html", {"offer": offer, "form": form})


@pytest.fixture
def planted(family: Pages) -> Iterator[Pages]:
    from django.urls import clear_url_caches

    from carewright.project import urls

    before = list(urls.urlpatterns)
    urls.urlpatterns += [path("planted/weigh/<str:patient>", weigh)]
    clear_url_caches()
    yield family
    urls.urlpatterns[:] = before
    clear_url_caches()


def test_a_form_of_jonas_sent_from_adas_page_is_kept_for_jonas_and_audited(planted: Pages) -> None:
    client = planted.client("dana")
    sent = {"care_context": context(planted.clinic, "jonas").signed(), "care_key": "", "weight": "19.4 lb"}
    answer = client.post("/planted/weigh/ada", sent)
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "You typed this for Jonas Okafor, not Ada Okafor" in body
    assert "/planted/weigh/jonas?draft=use" in body
    assert offered(planted, "ada") is None
    found = offered(planted, "jonas")
    assert found is not None
    assert found.values == {"weight": ["19.4 lb"]}
    assert refusal_details(planted) == [{"form": "vitals", "sent_to": "ada", "typed_for": "jonas"}]
    assert "use it?" in client.get("/planted/weigh/jonas").content.decode()
    assert client.post("/drafts/vitals/discard", {"patient": "jonas", "back": "/"}).status_code == 302
    assert offered(planted, "jonas") is None


def refusal_details(pages: Pages) -> list[dict[str, str]]:
    import json

    from carewright.core.store.sql import Sql

    with pages.clinic.store.driver.reading(pages.clinic.practice) as connection:
        found = Sql("SELECT detail FROM audit WHERE practice = ? AND reason = 'shell.wrong-patient' AND outcome = '4'",
                    (pages.clinic.practice,))  # fmt: skip
        return [json.loads(str(row[0])) for row in connection.rows(found)]


@pytest.mark.parametrize(
    ("typed", "shown", "marks"),
    [("okafor", ["Okafor, Ada", "Okafor, Ada", "Okafor, Jonas"], 2), ("jon oka", ["Okafor, Jonas"], 0),
     ("Okafor, Ada 2/11/2019", ["Okafor, Ada"], 0), ("2025-08-20", ["Okafor, Jonas"], 0),
     ("m-1001", ["Okafor, Jonas"], 0), ("Nguyen", [], 0), ("%%% ''", [], 0)],
)  # fmt: skip
def test_the_search_box_finds(family: Pages, typed: str, shown: list[str], marks: int) -> None:
    import re

    body = family.client("dana").post("/search", {"q": typed}).content.decode()
    assert re.findall(r"<td>(?:<a[^>]*>)?(Okafor, \w+)", body) == shown
    assert body.count("Same name") == marks
    if shown == ["Okafor, Jonas"]:
        assert all(words in body for words in ("15 mo", "male", "08/20/2025", "M-1001"))


def test_who_is_found_by_another_name_is_shown_with_it(family: Pages) -> None:
    names = [{"family": "Portillo", "given": ["Mia"]}, {"use": "maiden", "family": "Swenson", "given": ["Mia"]}]
    family.clinic.have({"resourceType": "Patient", "id": "mia", "name": names, "birthDate": "1990-02-03"})
    client = family.client("dana")
    assert "also Swenson, Mia" in client.post("/search", {"q": "swen"}).content.decode()
    for typed in ("portillo", "mia", "mia portillo 02/03/1990"):
        body = client.post("/search", {"q": typed}).content.decode()
        assert "Portillo, Mia" in body
        assert "also" not in body


def test_a_name_in_the_address_is_not_searched_for(family: Pages) -> None:
    assert "Okafor" not in family.client("dana").get("/search?q=Okafor").content.decode()
    assert family.client("audra").post("/search", {"q": "Okafor"}).status_code == 403


def test_a_search_leaves_one_audit_row_without_the_name(family: Pages) -> None:
    from carewright.core.store.sql import Sql

    family.client("dana").post("/search", {"q": "Okafor"})
    family.clinic.store.audit_queue.flush()
    with family.clinic.store.driver.reading(family.clinic.practice) as connection:
        found = Sql(
            "SELECT detail FROM audit WHERE practice = ? AND reason = 'shell.search'", (family.clinic.practice,)
        )
        (detail,) = [str(row[0]) for row in connection.rows(found)]
    assert "Patient" in detail
    assert "kafor" not in detail


def test_a_date_that_is_none_is_taken_as_a_number() -> None:
    query = query_of("13/45/2019")
    assert query is None or all(criterion.param != "birthdate" for criterion in query.criteria)
