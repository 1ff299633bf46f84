"""The pages of apps in a language that nobody speaks: no English is left but what an app says itself."""

import re
from urllib.parse import urlencode

import pytest

from carewright.core.smart import clients
from carewright.core.smart.model import Client, ClientKind
from tests.screens.filled import opened_form
from tests.screens.test_pseudo_locale_pages import Day, day, english, english_on, pseudo_locale

__all__ = ["day", "pseudo_locale"]
pytestmark = [pytest.mark.parametrize("clinic", ["sqlite"], indirect=True), pytest.mark.usefixtures("pseudo_locale")]
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def registered(day: Day, scopes: str) -> Client:
    wanted = clients.Wanted(
        name="Ανάπτυξη", kind=ClientKind.SECRET, scopes=scopes, redirect_uris=("https://4.4.4.4/5",),
        launch_url="https://4.4.4.4/6",
    )  # fmt: skip
    return clients.register(day.pages.clinic.store, day.pages.clinic.access("mona"), wanted)[0]


def test_what_an_app_wants_is_said_in_every_language(day: Day) -> None:
    from carewright.workspaces.apps.wanting import KINDS

    of_patient = " ".join(f"patient/{kind}.rs" for kind in KINDS)
    writing = "user/Patient.cruds user/Task.rs user/Flag.cu user/Task.cruds?status=4"
    scopes = f"launch/patient openid fhirUser offline_access online_access {of_patient} {writing}"
    client, dana = registered(day, scopes), day.client("dana")
    practice = day.pages.clinic.practice
    asked = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": "https://4.4.4.4/5", "state": "s",
        "scope": scopes, "aud": f"http://testserver/p/{practice}/fhir", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }  # fmt: skip
    page = dana.get(f"/p/{practice}/authorize?{urlencode(asked)}")["Location"]
    assert english(dana.get(page)) == set()
    assert english(dana.post(page, {"q": "Παπαδοπούλου"})) == set()
    assert english(dana.post(page, {"q": "Ωω"})) == set()
    patient = day.visits["waiting"].patient
    shown = dana.post(page, {"patient": patient})
    assert english(shown) - {"status"} == set()
    assert len(re.findall(r'name="scope"', shown.content.decode())) > len(KINDS)
    assert english(dana.post(page, {"patient": patient, "do": "allow"}), status=422) - {"status"} == set()
    dana.post(page, {"do": "deny"})
    assert english(dana.get(page), status=410) == set()
    assert english(dana.get(f"/p/{practice}/authorize?client_id=4"), status=400) == set()
    assert english(dana.get(f"/apps/of/{patient}")) == {"https"}


def test_registering_is_said_in_every_language(day: Day) -> None:
    mona = day.client("mona")
    assert english_on(mona, "/apps", "/apps/new") == {}
    opened = opened_form(mona, "/apps/new")
    typed = {**opened, "name": "Α",
             "kind": "public", "scopes": "patient/*.rs", "redirect_uris": "http://4.4.4.4/", "roles": "",
             "jwks": "", "jwks_url": "", "launch_url": ""}  # fmt: skip
    own = {"patient", "rs", "http"}
    assert english(mona.post("/apps/new", typed), status=422) - own == set()
    made = mona.post("/apps/new", {**typed, "redirect_uris": "https://4.4.4.4/"})
    assert made.status_code == 200
    assert "⟦Clíéñt ÍD" in made.content.decode()
    secret = {**opened_form(mona, "/apps/new"), "name": "Β", "kind": "secret", "scopes": "patient/*.rs",
              "redirect_uris": "https://4.4.4.4/"}  # fmt: skip
    for _ in range(2):
        twice = mona.post("/apps/new", secret)
    assert "⟦Thé fórm cámé twícé" in twice.content.decode()
    client = registered(day, "patient/*.rs")
    mona.post(f"/apps/{client.client_id}/disable")
    listed = english(mona.get("/apps"))
    assert listed - own - set(re.findall("[a-z]+", " ".join(c.client_id for c in _all(day)))) == set()


def _all(day: Day) -> list[Client]:
    return clients.listed(day.pages.clinic.store, day.pages.clinic.practice)
