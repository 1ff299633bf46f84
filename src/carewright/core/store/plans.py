"""Reads as plans: generators that yield statements and are sent the rows. They do no I/O themselves, so the same plan
is run by a blocking connection (pages, workers) and by an asynchronous one (the API).
"""

from collections.abc import Generator
from typing import TypeVar

from carewright.core.store.drivers.base import AsyncConnection, Connection
from carewright.core.store.sql import Row, Sql

T = TypeVar("T")
Plan = Generator[Sql, list[Row], T]


def run(connection: Connection, plan: Plan[T]) -> T:
    """Carry out a plan on a blocking connection."""
    try:
        statement = next(plan)
        while True:
            statement = plan.send(connection.rows(statement))
    except StopIteration as stop:
        result: T = stop.value
        return result


async def run_async(connection: AsyncConnection, plan: Plan[T]) -> T:
    """Carry out a plan on an asynchronous connection."""
    try:
        statement = next(plan)
        while True:
            statement = plan.send(await connection.rows(statement))
    except StopIteration as stop:
        result: T = stop.value
        return result
