"""Where a task of the list is opened."""

from typing import Any, cast

import pytest

from carewright.core.access.model import Role
from carewright.workspaces.worklist.reading import page_of
from tests.pages import start_django


@pytest.fixture(autouse=True)
def addresses() -> None:
    """The product's addresses."""
    start_django()


class Access:
    """Somebody who may do these actions."""

    roles = frozenset({Role.MA})

    def __init__(self, *may: str) -> None:
        self.may = may

    def may_do(self, action: str) -> bool:
        return action in self.may


class Asked:
    def __init__(self, *may: str) -> None:
        self.access = Access(*may)


@pytest.mark.parametrize(
    ("focus", "code", "address", "permission"),
    [
        ("DocumentReference/p1", "paper-act", "/incoming/p1", "incoming.see"),
        ("DocumentReference/p1", "paper-sign", "/incoming/p1", "incoming.see"),
        ("ServiceRequest/r1", "referral-send", "/referrals/r1", "referrals.see"),
        ("ServiceRequest/o1", "order-collect", "/results/order/o1", "orders.see"),
        ("DiagnosticReport/d1", "result-review", "/results/d1", "results.see"),
        ("Observation/d2", "result-critical", "/results/d2", "results.see"),
        ("MedicationRequest/m1", "refill-request-decide", "/refills/m1", "refills.see"),
        ("Communication/c1", "phone-call-back", "/phone/call/c1", "calls.see"),
        ("Encounter/e1", "job", "/rooming/e1/", "visit-page.see"),
    ],
)
def test_a_task_of_the_list_opens_where_it_is_done_for_who_may(
    focus: str, code: str, address: str, permission: str
) -> None:
    def found(*may: str) -> str:
        return page_of(cast("Any", Asked(*may)), focus=focus, patient="", code=code)

    assert found(permission) == address
    assert found("chart.see") == ""


def test_another_task_about_such_a_record_opens_the_chart_if_there_is_one() -> None:
    asked = cast("Any", Asked("chart.see", "referrals.see"))
    assert page_of(asked, focus="ServiceRequest/r1", patient="", code="job") == ""
    assert page_of(asked, focus="ServiceRequest/r1", patient="ada", code="job").endswith("/ada")
