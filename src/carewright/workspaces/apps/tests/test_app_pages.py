"""Apps through the pages, on both engines: registered, started from a chart, answered, and every way that it is not."""

import base64
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.clock import Clock
from carewright.core.smart import clients, tickets
from carewright.core.smart.model import LAUNCH_FOR, REQUEST_FOR, Client, ClientKind, TicketKind
from carewright.core.store import client_rows
from carewright.core.store.model import KeyTaken
from tests.clinic import Clinic
from tests.pages import PASSWORD, Pages, open_pages
from tests.screens.filled import hidden_in, opened_form, text_of

REDIRECT, LAUNCH = "https://app.example/back", "https://app.example/launch?tab=1"
SCOPES = "launch launch/patient openid fhirUser offline_access patient/*.rs patient/Observation.cruds user/Patient.rs"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 50).digest()).decode().rstrip("=")


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    clinic.have(person("ada", "Okafor"), person("ben", "Lindqvist"), person("cleo", "Okafor", label="V"))
    return opened


def person(patient_id: str, family: str, *, label: str = "") -> dict[str, Any]:
    security = {"meta": {"security": [{"system": CONFIDENTIALITY, "code": label}]}} if label else {}
    return {
        "resourceType": "Patient", "id": patient_id, "gender": "female", "birthDate": "1988-05-17",
        "name": [{"use": "official", "family": family, "given": [patient_id.title()]}], **security,
    }  # fmt: skip


@pytest.fixture
def app(pages: Pages) -> Client:
    wanted = clients.Wanted(
        name="Growth", kind=ClientKind.PUBLIC, scopes=SCOPES, redirect_uris=(REDIRECT, "com.growth.app:/back"),
        launch_url=LAUNCH,
    )  # fmt: skip
    return clients.register(pages.clinic.store, pages.clinic.access("mona"), wanted)[0]


def asking(pages: Pages, app: Client, **changes: str | None) -> str:
    practice = pages.clinic.practice
    asked = {
        "response_type": "code", "client_id": app.client_id, "redirect_uri": REDIRECT, "state": "s-1",
        "scope": "launch/patient patient/*.rs user/Patient.rs offline_access", "code_challenge_method": "S256",
        "aud": f"http://testserver/p/{practice}/fhir", "code_challenge": CHALLENGE, **changes,
    }  # fmt: skip
    return f"/p/{practice}/authorize?" + urlencode({k: v for k, v in asked.items() if v is not None})


def page_of(pages: Pages, app: Client, client: Any, **changes: str | None) -> str:
    """The address of the page that shows what the app asks for."""
    answer = client.get(asking(pages, app, **changes))
    assert answer.status_code == 302, text_of(answer)
    address = str(answer["Location"])
    assert "?" not in address
    return address


def back(answer: Any) -> dict[str, str]:
    """What the app is told."""
    assert answer.status_code == 302, text_of(answer)
    assert str(answer["Location"]).startswith(REDIRECT), answer["Location"]
    return {name: value[0] for name, value in parse_qs(urlsplit(str(answer["Location"])).query).items()}


def scopes_on(answer: Any) -> list[str]:
    return re.findall(r'name="scope" value="([^"]+)" checked', answer.content.decode())


def test_standalone_the_patient_is_found_and_what_is_taken_off_is_not_given(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    page = page_of(pages, app, dana)
    assert "whose chart?" in text_of(dana.get(page))
    found = text_of(dana.post(page, {"q": "okafor"}))
    assert "Okafor, Ada" in found
    assert "Cleo" not in found, "she may not be seen"
    assert "Ben" not in found
    assert "Lindqvist, Ben" in text_of(dana.post(page, {"q": "lind 05/17/1988"}))
    shown = dana.post(page, {"patient": "ada"})
    words = text_of(shown)
    for expected in (
        "What may Growth do?", "Okafor", "Know whose chart this is about", "Go on for 90 days",
        "See: everything in the chart, of this patient", "See: name, birth date and contact details, of every patient",
        "It goes back to app.example.",
    ):  # fmt: skip
        assert expected in words, expected
    assert scopes_on(shown) == ["patient/*.rs", "user/Patient.rs", "offline_access"]
    assert "form-action 'self' https://app.example" in shown["Content-Security-Policy"]
    answer = dana.post(page, {"do": "allow", "patient": "ada", "scope": ["patient/*.rs", "system/*.cruds"]})
    assert set(back(answer)) == {"code", "state"}
    given = _authorization(pages)
    assert given.scopes == "launch/patient patient/*.rs"
    assert (given.patient, given.actor) == ("ada", "Practitioner/dana")


def _authorization(pages: Pages) -> Any:
    with pages.clinic.store.driver.reading(pages.clinic.practice) as connection:
        (given,) = client_rows.authorizations(
            connection, pages.clinic.practice, column="actor", value="Practitioner/dana"
        )
    return given


def test_no_is_no_and_an_answer_is_given_once(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    page = page_of(pages, app, dana)
    assert back(dana.post(page, {"do": "deny"})) == {"error": "access_denied", "state": "s-1"}
    again = dana.post(page, {"do": "allow", "patient": "ada", "scope": "patient/*.rs"})
    assert again.status_code == 410
    assert "answered already" in text_of(again)
    assert dana.get(page.rsplit("/", 1)[0] + "/guess").status_code == 410


def test_something_has_to_be_left(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    page = page_of(pages, app, dana)
    answer = dana.post(page, {"do": "allow", "patient": "ada", "scope": "offline_access"})
    assert answer.status_code == 422
    assert "Leave at least one thing" in text_of(answer)
    assert scopes_on(answer) == ["offline_access"]


def test_who_may_not_be_seen_is_not_there(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    page = page_of(pages, app, dana)
    for do in ("", "allow"):
        for patient in ("cleo", "nobody"):
            answer = dana.post(page, {"do": do, "patient": patient, "scope": "patient/*.rs"})
            assert answer.status_code == 404, (do, patient)
            assert "Okafor" not in text_of(answer)


def test_whoever_is_not_signed_in_signs_in_first(pages: Pages, app: Client) -> None:
    client = pages.client()
    page = page_of(pages, app, client)
    to_sign_in = client.get(page)
    assert to_sign_in.status_code == 302
    assert to_sign_in["Location"] == f"/sign-in?next={page}"
    answer = client.post(to_sign_in["Location"], {"login": "dana", "password": PASSWORD, "next": page})
    assert answer["Location"] == page
    assert "whose chart?" in text_of(client.get(page))


def test_a_locked_screen_shows_nothing_of_it(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    page = page_of(pages, app, dana)
    dana.post("/lock")
    answer = dana.post(page, {"patient": "ada"})
    assert answer.status_code == 423
    assert "Okafor" not in text_of(answer)


@pytest.mark.parametrize(
    "changes", [{"client_id": "guess"}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": None}]
)
def test_whoever_is_not_registered_is_told_to_the_person_alone(
    pages: Pages, app: Client, changes: dict[str, str | None]
) -> None:
    answer = pages.client("dana").get(asking(pages, app, **changes))
    assert answer.status_code == 400
    assert "The app cannot go on" in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
     ({"code_challenge_method": "plain"}, "invalid_request"),
     ({"code_challenge": None}, "invalid_request"), ({"scope": "patient/X.rs"}, "invalid_scope")],
)  # fmt: skip
def test_what_is_asked_wrongly_goes_back_to_the_app(
    pages: Pages, app: Client, changes: dict[str, str | None], error: str
) -> None:
    assert back(pages.client("dana").get(asking(pages, app, **changes)))["error"] == error


def test_an_app_of_a_phone_is_sent_back_by_its_own_scheme(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    page = page_of(pages, app, dana, redirect_uri="com.growth.app:/back", scope="user/Patient.rs")
    assert "form-action 'self' com.growth.app:" in dana.get(page)["Content-Security-Policy"]
    answer = dana.post(page, {"do": "allow", "scope": "user/Patient.rs"})
    assert str(answer["Location"]).startswith("com.growth.app:/back?code=")


def launched(pages: Pages, app: Client, client: Any, patient: str = "ada") -> str:
    answer = client.post(f"/apps/of/{patient}/{app.client_id}")
    assert answer.status_code == 302, text_of(answer)
    parts = urlsplit(str(answer["Location"]))
    asked = parse_qs(parts.query)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://app.example/launch"
    assert asked["tab"] == ["1"]
    assert asked["iss"] == [f"http://testserver/p/{pages.clinic.practice}/fhir"]
    assert patient not in asked["launch"][0]
    return asked["launch"][0]


EHR = "launch patient/*.rs"


def test_from_a_chart_the_app_starts_with_its_patient(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    assert "/apps/of/ada" in dana.get("/chart/ada").content.decode()
    listed = dana.get("/apps/of/ada")
    assert "Growth" in text_of(listed)
    assert "form-action 'self' https://app.example" in listed["Content-Security-Policy"]
    page = page_of(pages, app, dana, scope=EHR, launch=launched(pages, app, dana))
    shown = text_of(dana.get(page))
    assert "Okafor" in shown
    assert "Know from which chart it was started" in shown
    back(dana.post(page, {"do": "allow", "patient": "ben", "scope": "patient/*.rs"}))
    assert _authorization(pages).patient == "ada", "the chart it was started from, whatever the form says"


def test_a_start_is_good_once_for_its_app_its_person_and_its_sign_on(pages: Pages, app: Client) -> None:
    dana, lena = pages.client("dana"), pages.client("lena")
    other = clients.register(
        pages.clinic.store, pages.clinic.access("mona"),
        clients.Wanted(name="O", kind=ClientKind.PUBLIC, scopes=SCOPES, redirect_uris=(REDIRECT,), launch_url=LAUNCH),
    )[0]  # fmt: skip
    launch = launched(pages, app, dana)
    for person_at, whose in ((lena, app), (dana, other), (pages.client("dana"), app)):
        assert person_at.get(page_of(pages, whose, person_at, scope=EHR, launch=launch)).status_code == 410
    assert dana.get(page_of(pages, app, dana, scope=EHR, launch="guess")).status_code == 410
    first, second = (page_of(pages, app, dana, scope=EHR, launch=launch) for _ in range(2))
    back(dana.post(first, {"do": "allow", "scope": "patient/*.rs"}))
    assert dana.post(second, {"do": "allow", "scope": "patient/*.rs"}).status_code == 410
    late = launched(pages, app, dana)
    wall = pages.clinic.store.clock.wall() + LAUNCH_FOR
    with mock.patch.object(pages.clinic.store, "clock", Clock(wall=lambda: wall)):
        assert dana.get(page_of(pages, app, dana, scope=EHR, launch=late)).status_code == 410


def test_a_chart_that_may_not_be_seen_starts_nothing(pages: Pages, app: Client) -> None:
    dana = pages.client("dana")
    for path in ("/apps/of/cleo", "/apps/of/nobody"):
        assert dana.get(path).status_code == 404
        assert dana.post(f"{path}/{app.client_id}").status_code == 404
    assert dana.post("/apps/of/ada/guess")["Location"] == "/apps/of/ada"


def test_another_practice_is_asked_elsewhere(pages: Pages, app: Client) -> None:
    store, practice = pages.clinic.store, f"{pages.clinic.practice}-2"
    store.ensure_practice(practice, "Other")
    secret = tickets.make(
        store, TicketKind.REQUEST, practice=practice, client_id="x", lasts=REQUEST_FOR, data={"query": ""}
    )
    answer = pages.client("dana").get(f"/p/{practice}/authorize/{secret}")
    assert answer.status_code == 403
    assert pages.client("dana").get("/p/nowhere/authorize").status_code == 404


def test_who_is_disabled_loses_what_apps_had(pages: Pages, app: Client) -> None:
    from carewright.shell.accounts import services

    dana = pages.client("dana")
    page = page_of(pages, app, dana)
    back(dana.post(page, {"do": "allow", "patient": "ada", "scope": "patient/*.rs"}))
    assert _authorization(pages).ended_at is None
    services.disable(pages.user("dana"))
    with pytest.raises(ValueError, match="not enough values"):
        _authorization(pages)


# -- the manager ------------------------------------------------------------------------------------------------------


def test_the_manager_registers_sees_and_disables(pages: Pages) -> None:
    mona = pages.client("mona")
    assert "Nothing is registered" in text_of(mona.get("/apps"))
    typed = {
        "name": "Growth", "kind": "secret", "scopes": "launch patient/*.rs", "launch_url": "https://app.example/l",
        "redirect_uris": f"{REDIRECT}\n{REDIRECT}/2", "jwks": "", "jwks_url": "", "roles": "",
    }  # fmt: skip
    sent = {**opened_form(mona, "/apps/new"), **typed}
    made = text_of(mona.post("/apps/new", sent))
    (client,) = clients.listed(pages.clinic.store, pages.clinic.practice)
    assert client.client_id in made
    assert "The secret is shown this once" in made
    secret = re.search(r"Secret ([\w-]{43})", made)
    assert secret is not None
    assert clients.secret_is_right(client, secret[1])
    again = text_of(mona.post("/apps/new", sent))
    assert clients.listed(pages.clinic.store, pages.clinic.practice) == [client], "one form registers one program"
    assert client.client_id in again
    assert "registered once" in again
    assert secret[1] not in again
    shown = text_of(mona.get("/apps"))
    assert secret[1] not in shown
    for words in ("Growth", "App with a secret", "registered by Mona Cole", "launch patient/*.rs"):
        assert words in shown
    assert mona.post(f"/apps/{client.client_id}/disable").status_code == 302
    assert "Disabled" in text_of(mona.get("/apps"))
    assert clients.find(pages.clinic.store, pages.clinic.practice, client.client_id) is None
    assert mona.post("/apps/new", sent)["Location"] == "/apps"
    assert len(clients.listed(pages.clinic.store, pages.clinic.practice)) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"redirect_uris": "http://app.example/"}, "cannot be sent back to"),
        ({"redirect_uris": ""}, "Write the addresses"),
        ({"scopes": "patient/Elephant.rs"}, "no resource type Elephant"),
        ({"launch_url": "javascript:alert(1)"}, "The launch address begins with https://"),
        ({"kind": "backend", "scopes": "system/*.rs", "roles": "ma"}, "Give the public keys"),
        ({"kind": "backend", "scopes": "system/*.rs", "jwks_url": "https://10.0.0.1/", "roles": "ma"},
         "public Internet"),
        ({"kind": "backend", "scopes": "system/*.rs", "jwks_url": "https://k.example/"}, "Choose whose view"),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_is_said_beside_its_field(pages: Pages, changes: dict[str, str], says: str) -> None:
    typed = {"name": "G", "kind": "public", "scopes": "patient/*.rs", "redirect_uris": REDIRECT, "launch_url": "",
             "jwks": "", "jwks_url": "", "roles": "", **changes}  # fmt: skip
    mona = pages.client("mona")
    sent = {**opened_form(mona, "/apps/new"), **typed}
    answer = mona.post("/apps/new", sent)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert clients.listed(pages.clinic.store, pages.clinic.practice) == []
    assert hidden_in(answer)["care_key"] == sent["care_key"], "what was refused may be sent again"


def test_of_a_form_that_is_sent_twice_at_once_one_program_is_made(pages: Pages) -> None:
    wanted = clients.Wanted(name="G", kind=ClientKind.SECRET, scopes="patient/*.rs", redirect_uris=(REDIRECT,))
    store, access = pages.clinic.store, pages.clinic.access("mona")

    def send(_: int) -> str:
        try:
            return clients.register(store, access, wanted, form_key="7d1a")[0].client_id
        except KeyTaken as taken:
            return taken.holder.id if taken.holder else "nobody's"

    with ThreadPoolExecutor(4) as pool:
        named = set(pool.map(send, range(8)))
    assert {client.client_id for client in clients.listed(store, pages.clinic.practice)} == named
    assert len(named) == 1


def test_a_form_without_its_key_registers_nothing(pages: Pages) -> None:
    typed = {"name": "G", "kind": "public", "scopes": "patient/*.rs", "redirect_uris": REDIRECT}
    assert pages.client("mona").post("/apps/new", typed).status_code == 409
    assert clients.listed(pages.clinic.store, pages.clinic.practice) == []
