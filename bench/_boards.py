"""Flow boards that are rendered beside the API's requests, by the same processes: a day of sixty visits, and the people
who look at it.

`python -m bench._boards PRACTICE` fills the practice of the environment's database (CARE_DATABASE_URL, CARE_DATA_DIR).
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import httpx

from bench._load import Load, drive, request

VISITS = 60
BOARD = "/board/"
WHO = "dana"


def fill(practice: str, variables: dict[str, str]) -> None:
    """Check sixty patients in, in a process of its own: it takes the pages' settings."""
    subprocess.run([sys.executable, "-m", "bench._boards", practice], env=variables, check=True)


@contextmanager
def rendered(port: int, *, boards: int, seconds: float) -> Iterator[list[Load]]:
    """So many boards are loaded again and again for so long, by a process of their own; what came of it is in the list
    afterwards."""
    found: list[Load] = []
    with ProcessPoolExecutor(1) as beside:
        running = beside.submit(_load, port, _cookies(port), boards, seconds)
        yield found
        found.append(running.result())


def _load(port: int, cookies: str, boards: int, seconds: float) -> Load:
    asked = request("GET", BOARD, host=f"127.0.0.1:{port}", cookies=cookies)
    return drive(port, lambda _: asked, clients=boards, seconds=seconds)


def _cookies(port: int) -> str:
    """Those of somebody who has signed in."""
    from tests.pages import PASSWORD

    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, follow_redirects=True) as client:
        client.get("/sign-in")
        token = client.cookies["care_csrf"]
        data = {"login": WHO, "password": PASSWORD, "csrfmiddlewaretoken": token}
        client.post("/sign-in", data=data, headers={"Referer": str(client.base_url)})
        shown = client.get(BOARD)
        if shown.status_code != httpx.codes.OK or shown.text.count("/board/visit/") < VISITS:
            raise SystemExit(f"The board does not show {VISITS} visits: {shown.status_code}.")
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def main() -> int:
    practice = sys.argv[1]
    os.environ["CARE_DEBUG"] = "0"
    from carewright.core.clock import Clock
    from carewright.project import wiring
    from carewright.project.environment import Environment
    from carewright.skills.scheduling.codes import SICK
    from carewright.skills.visit import actions as visits
    from tests.clinic import Clinic
    from tests.pages import open_pages

    store = wiring.open_store(Environment.read())
    clinic = Clinic(store=store, practice=practice)
    open_pages(clinic)
    store.clock = Clock()  # the server goes by the wall, the clinic of the tests by 10:40
    for number in range(VISITS):
        visits.check_in(
            clinic.writer("fay"), patient=f"Patient/p{number}", visit_type=SICK, site="Organization/main-st",
            at=store.now() - timedelta(seconds=VISITS - number), provider="Practitioner/lind", reason="Cough",
        )  # fmt: skip
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
