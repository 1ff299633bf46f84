"""./run shots DIR: pictures of every page, as each role, at both sizes, on the demonstration day.

Pages are found as a person finds them: from the menu and the links on each page. A page is taken once for a role
(two charts are one page). `index.html` in DIR shows them all beside one another.
"""

import argparse
import html
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Error, Page, sync_playwright

from carewright.project import simulator
from tests.needs import chromium

DAY = "2026-11-23"
SEED = 1
SIZES = ((1440, 900), (1024, 768))
START_SECONDS = 180
MOST_PAGES = 40
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}|\d{2,}")
NEVER = ("/sign-out", "/static/", "/fhir", "/live")


@dataclass
class Walk:
    """One person's way through the product: what is still to open, what was taken."""

    base: str
    folder: Path
    waiting: list[str] = field(default_factory=lambda: ["/"])
    known: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)

    def go(self, page: Page) -> None:
        while self.waiting and len(self.taken) < MOST_PAGES:
            path = self.waiting.pop(0)
            kind = IDENTIFIER.sub("id", path)
            if kind in self.known:
                continue
            self.known.add(kind)
            try:
                response = page.goto(urljoin(self.base, path))
            except Error:  # a file that is saved and not shown, such as the printed huddle
                continue
            landed = IDENTIFIER.sub("id", urlsplit(page.url).path)
            if response is None or response.status >= 400 or (landed != kind and landed in self.known):
                continue
            self.known.add(landed)
            page.wait_for_timeout(250)
            self._take(page, landed)
            self.waiting += self._links(page)

    def _take(self, page: Page, kind: str) -> None:
        name = kind.strip("/").replace("/", "_") or "home"
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=self.folder / f"{name}-{width}.png")
        self.taken.append(name)

    def _links(self, page: Page) -> Iterator[str]:
        found = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        for href in found:
            parts = urlsplit(str(href))
            if str(href).startswith(self.base) and not parts.path.startswith(NEVER):
                yield parts.path


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run shots", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the pictures go")
    folder: Path = parser.parse_args(arguments).folder
    found = chromium()
    if found is None:
        sys.stderr.write("Missing: chromium (apt-get install chromium).\n")
        return 1
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with demonstration() as (base, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found), args=sandbox)
        taken = {user: _as_user(browser, base, folder, user) for user in _one_for_each_role()}
        browser.close()
    _index(folder, taken)
    sys.stderr.write(f"{sum(map(len, taken.values()))} pages at {len(SIZES)} sizes: {folder / 'index.html'}\n")
    return 0


def _as_user(browser: Browser, base: str, folder: Path, user: str) -> list[str]:
    sys.stderr.write(f"{user}…\n")
    own = folder / user
    own.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": SIZES[0][0], "height": SIZES[0][1]})
    page = context.new_page()
    page.goto(base + "/sign-in")
    page.fill("input[name=login]", user)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    walk = Walk(base=base, folder=own)
    walk.go(page)
    context.close()
    return walk.taken


PASSWORD = "demo-riverside"  # noqa: S105 - the demonstration's, shown on its sign-in page


def _one_for_each_role() -> list[str]:
    """The first demonstration user of each combination of roles."""
    found: dict[tuple[str, ...], str] = {}
    for user in simulator.practice(SEED).users:
        found.setdefault(tuple(user.roles), user.username)
    return list(found.values())


@contextmanager
def demonstration() -> Iterator[tuple[str, Path]]:
    """A demonstration on a free port in a folder that is thrown away; its address and the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="carewright-shots-") as data:
        command = [sys.executable, "-m", "carewright.project.cli", "demo", "--data-dir", data, "--port", str(port)]
        child = subprocess.Popen([*command, "--day", DAY, "--seed", str(SEED)])
        try:
            base = f"http://127.0.0.1:{port}"
            _wait(child, base)
            yield base, Path(data)
        finally:
            child.terminate()
            child.wait()


def _wait(child: "subprocess.Popen[bytes]", base: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urllib.request.urlopen(base + "/healthz", timeout=5):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise SystemExit("The demonstration did not start; the lines above say why.")


def _index(folder: Path, taken: dict[str, list[str]]) -> None:
    parts = ["<!doctype html><meta charset=utf-8><title>Carewright</title>"]
    for user, names in taken.items():
        parts.append(f"<h2>{html.escape(user)}</h2>")
        for name in names:
            pictures = "".join(
                f'<img src="{user}/{html.escape(name)}-{width}.png" width="{width // 3}" alt="{width} wide"> '
                for width, _ in SIZES
            )
            parts.append(f"<h3>{html.escape(name)}</h3>{pictures}")
    (folder / "index.html").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
