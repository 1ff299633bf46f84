"""The pages of a clinic, on both engines."""

import pytest

from tests.clinic import Clinic
from tests.pages import Pages, configure_django, open_pages

configure_django()


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    return open_pages(clinic)
