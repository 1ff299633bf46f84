"""The rows of settings: every version of every value is kept (see core/settings)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.audit.records import AuditRecord
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.keys import lock_number
from carewright.core.store.sql import Sql, marks


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One version of a setting in one scope. `value` is JSON text; `null` says that the scope has no value again."""

    scope: str
    name: str
    version: int
    value: str
    actor: str
    at: datetime


def newest(connection: Connection, practice: str, *, scopes: Sequence[str], names: Sequence[str]) -> list[SettingRow]:
    """The current value of each of the settings in each of the scopes that has one."""
    return _rows(
        connection,
        Sql(
            "SELECT s.scope, s.name, s.version, s.value, s.actor, s.at FROM setting s WHERE s.practice = ? ",
            (practice,),
        )
        + Sql("AND s.scope IN ")
        + marks(scopes)
        + Sql(" AND s.name IN ")
        + marks(names)
        + Sql(
            " AND s.version = (SELECT max(t.version) FROM setting t WHERE t.practice = s.practice "
            "AND t.scope = s.scope AND t.name = s.name)"
        ),
    )


def history(connection: Connection, practice: str, *, scope: str, name: str) -> list[SettingRow]:
    """Every version, newest first."""
    return _rows(
        connection,
        Sql(
            "SELECT scope, name, version, value, actor, at FROM setting "
            "WHERE practice = ? AND scope = ? AND name = ? ORDER BY version DESC",
            (practice, scope, name),
        ),
    )


def lock(connection: Connection, practice: str, *, scope: str, name: str) -> None:
    """Let nobody else write this setting before the transaction ends."""
    connection.lock([lock_number(practice, "setting", f"{scope}/{name}")])


def add(connection: Connection, row: SettingRow, *, audit: AuditRecord) -> None:
    """Write a version and the audit row that goes with it."""
    values = (audit.practice, row.scope, row.name, row.version, row.value, row.actor, row.at)
    connection.insert(schema.SETTING, [values])
    connection.insert(schema.AUDIT, [audit.row()])


def _rows(connection: Connection, statement: Sql) -> list[SettingRow]:
    return [
        SettingRow(
            scope=str(row[0]), name=str(row[1]), version=cast(int, row[2]), value=str(row[3]), actor=str(row[4]),
            at=connection.dialect.instant(row[5]),
        )
        for row in connection.rows(statement)
    ]  # fmt: skip
