"""A practice with the other side of CDS Hooks, on each engine."""

from collections.abc import Iterator

import pytest

from tests.cds.other_side import OtherSide, other_side
from tests.pages import configure_django

configure_django()


@pytest.fixture
def other() -> Iterator[OtherSide]:
    with other_side() as found:
        yield found
