"""The pages for tests: Django set up once, a clinic with a site, rooms and people who can sign in."""

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import Role
from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import BlobFiles
from carewright.core.bulk.files import BulkFiles
from carewright.core.clock import Clock
from carewright.core.store.model import Resource
from carewright.core.terminology.coding import LOCATION_PHYSICAL_TYPE, Coding
from tests.clinic import TEN_FORTY, Clinic

ARGON2_COST = {"time_cost": 2, "memory_cost": 102_400, "parallelism": 8}
"""Django's own, which the product uses."""

if TYPE_CHECKING:
    from carewright.shell.accounts.models import User

PASSWORD = "rooming at ten forty"
PIN = "2580"
SITE, OTHER_SITE = "main-st", "lakeview"
ROOMS = {"room-1": "Room 1", "room-4": "Room 4"}


@cache
def configure_django() -> None:
    """Configure Django for this process; a conftest calls it where test files import what needs that."""
    import django
    from django.apps import apps

    if apps.ready:
        return
    if "CARE_DATA_DIR" not in os.environ:
        os.environ["CARE_DATA_DIR"] = folder = tempfile.mkdtemp(prefix="carewright-test-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)  # each run would leave 10 MB behind
    os.environ.setdefault("CARE_ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
    os.environ.setdefault("CARE_DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carewright.project.settings")
    django.setup()


@cache
def start_django() -> None:
    """Django with its own tables, in a folder of its own. Once per process is enough."""
    configure_django()
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.core.management import call_command

    # A password is slow to check so that guessing is slow; the tests know theirs. test_gate.py times the real cost.
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 64, 1
    call_command("migrate", verbosity=0)


@dataclass
class Pages:
    """A clinic whose pages can be opened. People sign in under their names of `tests.clinic`."""

    clinic: Clinic

    def user(self, name: str) -> "User":
        from carewright.shell.accounts.models import User

        return User.objects.get(username=name)

    def client(self, name: str | None = None) -> Any:
        """A browser without scripts; signed in as `name`."""
        from django.test import Client

        client = Client()
        if name is not None:
            answer = client.post("/sign-in", {"login": name, "password": PASSWORD})
            assert answer.status_code == 302, answer.content.decode()
        return client


def open_pages(clinic: Clinic) -> Pages:
    """Give the clinic two sites, rooms, its people with their roles, and let the pages use its store."""
    start_django()
    from axes.utils import reset
    from django.core.cache import cache

    from carewright.shell import runtime, sites
    from carewright.shell.accounts.models import User

    clinic.store.clock = Clock.set_to(TEN_FORTY)
    clinic.have(*_places(), *(resource for name, role in clinic.people.items() for resource in _person(name, role)))
    files = BlobFiles(Path(os.environ["CARE_DATA_DIR"]) / "blobs", key=bytes(32))
    exports = BulkFiles(Path(os.environ["CARE_DATA_DIR"]) / "bulk", key=bytes(32))
    runtime.use(lambda: clinic.store, blobs=lambda: Blobs(clinic.store, files), bulk=lambda: exports)
    sites.forget()
    reset()
    cache.clear()  # where allauth counts
    User.objects.all().delete()
    password, pin = _hashes()
    for name in clinic.people:
        User.objects.create(
            username=name, practice=clinic.practice, practitioner=name, display=f"{name.title()} Cole",
            password=password, pin_hash=pin,
        )  # fmt: skip
    return Pages(clinic=clinic)


@cache
def _hashes() -> tuple[str, str]:
    """Made once: a password is meant to be slow to hash."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD), make_password(PIN)


def _places() -> list[Resource]:
    site = Coding(LOCATION_PHYSICAL_TYPE, "si", "Site").concept()
    room = Coding(LOCATION_PHYSICAL_TYPE, "ro", "Room").concept()
    zone = {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "America/New_York"}
    return [
        {"resourceType": "Location", "id": SITE, "extension": [zone], "name": "Main St", "physicalType": site},
        {"resourceType": "Location", "id": OTHER_SITE, "extension": [zone], "name": "Lakeview", "physicalType": site},
        *(
            {"resourceType": "Location", "id": key, "name": name, "physicalType": room,
             "partOf": {"reference": f"Location/{SITE}"}}
            for key, name in ROOMS.items()
        ),
    ]  # fmt: skip


def _person(name: str, role: Role) -> list[Resource]:
    return [
        {"resourceType": "Practitioner", "id": name, "name": [{"family": "Cole", "given": [name.title()]}]},
        {"resourceType": "PractitionerRole", "id": f"role-{name}",
         "practitioner": {"reference": f"Practitioner/{name}"},
         "code": [Coding(ROLE_SYSTEM, role.value).concept()],
         "location": [{"reference": f"Location/{SITE}"}]},
    ]  # fmt: skip
