"""The shared test fixtures, for the tests under tests/ and for those beside the code under src/ alike."""

import os
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ("tests.needs", "tests.databases", "tests.clinic", "tests.demonstration")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium_path: Path) -> dict[str, Any]:
    """Playwright drives the system's chromium; Chromium's own sandbox refuses to run for root."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": str(chromium_path), "args": sandbox}
