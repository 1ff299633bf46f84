"""How pages and files leave the product: headers, assets, logs."""

import gzip
import logging
import re
import sys

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import Client, RequestFactory

from carewright.shell import assets
from carewright.shell.logs import NoQueryStrings, logging_config
from carewright.shell.security import HeadersMiddleware

FIRST_LOAD_BYTES = 60 * 1024


def test_a_page_has_the_strict_headers() -> None:
    headers = Client().get("/gallery/").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_a_view_may_say_how_long_its_answer_is_kept() -> None:
    answered = HttpResponse(headers={"Cache-Control": "private, max-age=60"})
    assert HeadersMiddleware(lambda _: answered)(RequestFactory().get("/"))["Cache-Control"] == "private, max-age=60"


@pytest.mark.parametrize("name", ["shell/shell.css", "shell/shell.js", "django_htmx/htmx-2.min.js", "shell/icon.svg"])
def test_a_file_is_sent_compressed_and_kept_for_ever(name: str) -> None:
    address = static(name)
    assert re.search(r"\.[0-9a-f]{12}\.\w+$", address)
    packed = Client().get(address, headers={"Accept-Encoding": "br, gzip"})
    plain = Client().get(address)
    assert packed.status_code == 200
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Accept-Encoding" in packed["Vary"]
    assert packed["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "wrong", ["shell/shell.000000000000.css", "shell/shell.css", "../settings.py", "shell/", "x.a.css"]
)
def test_a_file_under_another_name_is_not_found(wrong: str) -> None:
    assert Client().get(f"/static/{wrong}").status_code == 404


def test_a_missing_file_is_an_error_when_the_page_is_made() -> None:
    with pytest.raises(ValueError, match=r"no-such\.css"):
        static("no-such.css")


def test_the_first_load_is_light() -> None:
    """design.md: a page with everything it needs is at most 60 KB gzipped at first load."""
    page = Client().get("/gallery/room/").content
    files = ["shell/shell.css", "shell/shell.js", "django_htmx/htmx-2.min.js", "shell/icon.svg"]
    loaded = [assets.load(name) for name in files]
    weight = len(gzip.compress(page, 6)) + sum(len(found.packed or found.body) for found in loaded if found)
    assert all(loaded)
    assert weight <= FIRST_LOAD_BYTES, f"{weight} bytes"


def test_every_part_of_a_bundle_is_in_it() -> None:
    bundle = assets.load("shell/shell.css")
    assert bundle is not None
    for part in assets.BUNDLES["shell/shell.css"]:
        found = assets.load(part)
        assert found is not None
        assert found.body in bundle.body


@pytest.mark.parametrize(
    ("message", "arguments", "written"),
    [
        ("Not Found: /p/x?q=Okafor", (), "Not Found: /p/x?…"),
        (
            '%s - "%s %s HTTP/%s" %d',
            ("127.0.0.1", "GET", "/search?name=Okafor&born=2025", "1.1", 200),
            '127.0.0.1 - "GET /search?… HTTP/1.1" 200',
        ),
        ("no query", (), "no query"),
    ],
)
def test_logs_hold_no_query_strings(message: str, arguments: tuple[object, ...], written: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, message, arguments, None)
    record.request = "Okafor"
    assert NoQueryStrings().filter(record)
    assert record.getMessage() == written
    assert "Okafor" not in str(record.__dict__)


def test_an_error_is_logged_without_its_words() -> None:
    name = "".join(["Oka", "for"])  # never whole in a line of code, which is logged
    try:
        try:
            raise ValueError(name)
        except ValueError as error:
            raise KeyError(name) from error
    except KeyError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "It failed", (), sys.exc_info())
    assert NoQueryStrings().filter(record)
    written = logging.Formatter("%(message)s").format(record)
    assert "ValueError" in written
    assert "which led to:" in written
    assert written.endswith("KeyError")
    assert "test_delivery.py" in written
    assert name not in written


def test_every_log_line_goes_through_the_filter() -> None:
    config = logging_config()
    assert all("no_query_strings" in handler["filters"] for handler in config["handlers"].values())
    assert not any(logger.get("handlers") for logger in config["loggers"].values())


def test_the_settings_are_the_strict_ones() -> None:
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"
    assert settings.USE_TZ


def test_the_scripts_read_the_cookie_that_the_settings_name() -> None:
    script = assets.load("shell/page.js")
    assert script is not None
    assert f"{settings.CSRF_COOKIE_NAME}=".encode() in script.body
