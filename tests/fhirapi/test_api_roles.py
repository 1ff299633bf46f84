"""A token ends with the roles that it was made with."""

from datetime import timedelta
from typing import Any
from unittest import mock

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import Role
from carewright.core.access.sessions import TOUCH_INTERVAL
from carewright.core.clock import Clock
from carewright.core.store.writer import Writer
from tests.fhirapi.practice import Practice
from tests.store.people import everything


def role(code: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole", "id": "maria-ma", "practitioner": {"reference": "Practitioner/maria"},
        "code": [{"coding": [{"system": ROLE_SYSTEM, "code": code}]}], **more,
    }  # fmt: skip


def later(api: Practice, headers: dict[str, str], **after: float) -> int:
    """The status of a request some time from now."""
    wall = api.store.clock.wall() + TOUCH_INTERVAL + timedelta(**after)
    with mock.patch.object(api.store, "clock", Clock(wall=lambda: wall)):
        return int(api.client.get("/fhir/Patient", headers=headers).status_code)


def test_a_token_ends_with_its_person_s_role(api: Practice) -> None:
    def write(resource: dict[str, Any]) -> None:
        with Writer(api.store, everything(api.name)).transaction(reason="test.role") as tx:
            tx.put(resource)

    write(role("ma"))
    headers = {"Authorization": f"Bearer {api.token(Role.MA)}"}
    assert later(api, headers) == 200
    write(role("ma", period={"end": "2020-01-31"}))
    assert later(api, headers, minutes=2) == 401
    write(role("ma"))
    assert later(api, headers, minutes=4) == 401, "revoked, not suspended"


def test_a_program_of_its_own_holds_no_role_to_lose(api: Practice) -> None:
    headers = {"Authorization": f"Bearer {api.token(Role.MA, actor='Device/lab')}"}
    assert later(api, headers) == 200
