"""Balances: what is on hand of something, kept as whole thousandths of its unit, moved under a lock."""

from collections.abc import Iterable
from decimal import Decimal
from typing import cast

from carewright.core.store.drivers.base import Connection
from carewright.core.store.hooks import Extra, Move
from carewright.core.store.model import BalanceShort
from carewright.core.store.sql import Sql

THOUSAND = Decimal(1000)


def settle(connection: Connection, practice: str, extras: Iterable[Extra]) -> None:
    """Carry out the moves; BalanceShort if one that takes would end below its minimum."""
    for move in sorted((e for e in extras if isinstance(e, Move)), key=lambda m: (m.kind, m.key)):
        thousandths = move.delta * THOUSAND
        if thousandths != int(thousandths):
            raise ValueError(f"A balance moves by thousandths at the least; got {move.delta}.")
        after = _thousandths(connection, practice, move.kind, move.key) + int(thousandths)
        if move.minimum is not None and thousandths < 0 and after < move.minimum * THOUSAND:
            raise BalanceShort(move.kind, move.key)
        connection.execute(
            Sql(
                "INSERT INTO balance (practice, kind, balance_key, thousandths) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (practice, kind, balance_key) DO UPDATE SET thousandths = excluded.thousandths",
                (practice, move.kind, move.key, after),
            )
        )


def on_hand(connection: Connection, practice: str, kind: str, key: str) -> Decimal:
    """The balance now; zero where nothing ever moved."""
    return Decimal(_thousandths(connection, practice, kind, key)) / THOUSAND


def _thousandths(connection: Connection, practice: str, kind: str, key: str) -> int:
    rows = connection.rows(
        Sql(
            "SELECT thousandths FROM balance WHERE practice = ? AND kind = ? AND balance_key = ?", (practice, kind, key)
        )
    )
    return cast(int, rows[0][0]) if rows else 0
