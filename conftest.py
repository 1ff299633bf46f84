"""The shared test fixtures, for the tests under tests/ and for those beside the code under src/ alike."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # What the process that started the workers has set up for itself, they would share.
    for name in ("CARE_DATA_DIR", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name, None)

# How long an example takes says something about the machine, and nothing about the code.
settings.register_profile("suite", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

pytest_plugins = ("tests.needs", "tests.databases", "tests.clinic", "tests.demonstration", "tests.npm_packages")


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """No test speaks the language of the last page that another one opened in this thread."""
    yield
    conf, translation = (sys.modules.get(name) for name in ("django.conf", "django.utils.translation"))
    if conf and translation and conf.settings.configured:  # looking must not be what loads the settings
        translation.deactivate()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium_path: Path) -> dict[str, Any]:
    """Playwright drives the system's chromium; Chromium's own sandbox refuses to run for root."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": str(chromium_path), "args": sandbox}
