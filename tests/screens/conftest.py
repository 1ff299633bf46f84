"""The product behind an address, for the browser: pages, API and live feed on one store, on both engines.

def test_something(page, clinic_pages, sign_in): sign_in(page, "dana"); page.goto("/search")
"""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn
from a2wsgi import WSGIMiddleware
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from carewright.core.store.store import Store
from tests.clinic import Clinic
from tests.pages import PASSWORD, Pages, open_pages, start_django

# Playwright keeps an event loop in the test's thread; the database calls of the tests are blocking all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
expect.set_options(timeout=15_000)  # a shared machine may be slow; how fast a page is, bench/ measures
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
FITS = (Path(__file__).parent / "fits.js").read_text(encoding="utf-8")
SIZES = ((1440, 900), (1024, 768))
"""What the product is made for."""
NARROW = (320, 640)
"""WCAG 2.2, 1.4.10: nothing is lost there, and nobody has to scroll sideways."""
PAGE_THREADS = 8
_API = re.compile(r"(?:/p/[^/]+)?/fhir(?:/.*)?")
SignIn = Callable[[Page, str], None]


class Product:
    """Pages, API and live feed, as project/asgi.py joins them; the store belongs to the test."""

    def __init__(self, store: Store) -> None:
        from django.core.wsgi import get_wsgi_application

        from carewright.fhirapi.app import create_app as create_api
        from carewright.live.app import create_app

        self.store, self.live, self.api = store, create_app(store), create_api(store)
        self.pages = cast(ASGIApp, WSGIMiddleware(cast(Any, get_wsgi_application()), workers=PAGE_THREADS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
            await self.store.driver.close_async()
        else:
            await self._of(scope["path"])(scope, receive, send)

    def _of(self, path: str) -> ASGIApp:
        if path.startswith("/live"):
            return self.live
        return self.api if _API.fullmatch(path) else self.pages


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a free port; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://localhost:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def sqlite_server(sqlite_clinic_store: Store) -> Iterator[str]:
    start_django()
    with serving(Product(sqlite_clinic_store)) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_server(postgresql_clinic_store: Store) -> Iterator[str]:
    start_django()
    with serving(Product(postgresql_clinic_store)) as url:
        yield url


@pytest.fixture
def clinic_pages(clinic: Clinic) -> Pages:
    """The clinic of this test with its people; see tests.pages."""
    return open_pages(clinic)


@pytest.fixture
def address(clinic: Clinic, request: pytest.FixtureRequest) -> str:
    """Where `page.goto("/…")` goes: the server of the clinic's engine."""
    engine = "postgresql" if "Postgresql" in type(clinic.store.driver).__name__ else "sqlite"
    return str(request.getfixturevalue(f"{engine}_server"))


@pytest.fixture
def context(new_context: Callable[..., BrowserContext], address: str) -> BrowserContext:
    """A browser on that server; `page` is its first page."""
    return new_context(base_url=address)


@pytest.fixture
def planted_form(clinic_pages: Pages) -> Iterator[str]:
    """The address of a form about a patient, less the patient's id (tests.screens.planted)."""
    from django.urls import clear_url_caches

    from carewright.project import urls
    from tests.screens import planted

    before = list(urls.urlpatterns)
    urls.urlpatterns += planted.patterns
    clear_url_caches()
    yield "/planted/weigh/"
    urls.urlpatterns[:] = before
    clear_url_caches()


@pytest.fixture
def sign_in(clinic_pages: Pages) -> SignIn:
    """Sign somebody in on a page, by the sign-in page."""

    def signed(page: Page, name: str) -> None:
        page.goto("/sign-in")
        page.get_by_label("Your sign-in name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)

    return signed


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """axe finds nothing on the page, for WCAG 2.2 AA and its best practices; and everything has its place, at both
    sizes that the product is made for."""

    def assert_it(page: Page) -> None:
        _axe_finds_nothing(page)
        for _ in _at(page, SIZES):
            _everything_fits(page)

    return assert_it


@pytest.fixture
def assert_readable() -> Callable[[Page], None]:
    """As `assert_accessible`, looked at in every size, a narrow phone's too; and no wider than the screen."""

    def assert_it(page: Page) -> None:
        for width, height in _at(page, (*SIZES, NARROW)):
            _axe_finds_nothing(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}×{height}"
            if (width, height) != NARROW:
                _everything_fits(page)

    return assert_it


def _at(page: Page, sizes: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give the page one size after the other, then its own again."""
    before = page.viewport_size
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        yield width, height
    if before is not None:
        page.set_viewport_size(before)


def _axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found] == [], page.viewport_size


def _everything_fits(page: Page) -> None:
    assert page.evaluate(FITS) == [], page.viewport_size
