"""How a judgement is told: a line that is seen however the tests are run."""

from collections.abc import Callable

import pytest

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a figure of a proof, past the capture."""

    def told(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}")  # noqa: T201 - what a proof shows

    return told
