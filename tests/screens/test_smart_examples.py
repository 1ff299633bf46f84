"""The app of the integrator's guide, run as it is written. The backend program is in tests/project."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Page

from carewright.core.smart import clients
from carewright.core.smart.model import ClientKind
from tests.needs import REPOSITORY
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.test_smart_screens import charts, pick
from tests.screens.visits import weight

__all__ = ["charts"]
APP = REPOSITORY / "docs" / "examples" / "smart_app.py"
MOST_LINES = 60


@pytest.mark.browser
def test_the_app_of_sixty_lines(page: Page, charts: Pages, sign_in: SignIn, address: str) -> None:
    charts.clinic.have({**weight("ada", "61.2", at="2026-05-04T10:00:00-04:00"), "id": "w2"})
    wanted = clients.Wanted(
        name="Vital signs", kind=ClientKind.PUBLIC, redirect_uris=("http://127.0.0.1:8765/back",),
        scopes="launch/patient patient/Patient.rs patient/Observation.rs?category=vital-signs",
    )  # fmt: skip
    client, _ = clients.register(charts.clinic.store, charts.clinic.access("mona"), wanted)
    sign_in(page, "dana")
    base = f"{address}/p/{charts.clinic.practice}/fhir"
    with subprocess.Popen(
        [sys.executable, str(APP), base, client.client_id], env={**os.environ, "BROWSER": "true"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as app:  # fmt: skip
        assert app.stdout is not None
        page.goto(app.stdout.readline().removeprefix("Open ").strip())
        pick(page)
        page.get_by_role("button", name="Allow", exact=True).click()
        page.get_by_text("Go back to the app.").wait_for()
        said, wrong = app.communicate(timeout=60)
    assert app.returncode == 0, wrong
    lines = said.splitlines()
    assert lines[0] == "Okafor Ada"
    assert len(lines) > 1
    assert "61.2" in lines[1]


def test_the_app_is_of_sixty_lines() -> None:
    code = APP.read_text().partition('"""\n\n')[2]
    written = [line for line in code.splitlines() if line.strip() and not line.strip().startswith(("#", '"""'))]
    assert len(written) <= MOST_LINES
