"""The made-up practice's standing orders: each allows a task that somebody is named for, and stands as it should."""

from dataclasses import replace
from datetime import date

from carewright.core.access.model import Role
from carewright.project import simulator
from carewright.project.simulator.standing_orders import orders
from carewright.project.wiring import registry
from carewright.skills.protocols import library
from carewright.skills.standing_orders.model import Standing
from carewright.skills.standing_orders.rules import standing

DAY = date(2026, 11, 23)


def test_each_order_is_a_provider_s_and_allows_what_its_people_may_do() -> None:
    practice = simulator.practice(1, DAY)
    providers = {f"Practitioner/{m.id}" for m in practice.staff if Role.PROVIDER in m.roles}
    tasks = {task.code: task for manifest in registry().manifests for task in manifest.task_codes}
    for order, _ in orders(practice, DAY):
        assert order.signer in providers
        assert order.roles <= tasks[order.allows.code].roles
        assert order.allows.display == tasks[order.allows.code].display


def test_the_library_shows_what_is_in_force_what_ends_and_what_waits() -> None:
    found = [
        standing(replace(order, signed_on=order.first_day) if is_signed else order, DAY)
        for order, is_signed in orders(simulator.practice(1, DAY), DAY)
    ]
    assert set(found) == {Standing.WAITS, Standing.ENDING, Standing.IN_FORCE}


def test_the_protocols_name_orders_that_exist() -> None:
    allowed = {order.allows.code for order, _ in orders(simulator.practice(1, DAY), DAY)}
    named = {task.standing_order for protocol in library.protocols().values() for task in protocol.tasks} - {""}
    assert {"vaccine-give", "rapid-strep", "fluoride-varnish", "a1c-fingerstick"} <= allowed & named
