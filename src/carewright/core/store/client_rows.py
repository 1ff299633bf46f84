"""The rows of clients, authorizations, tickets and signing keys (see core/smart)."""

import json
from datetime import datetime
from typing import Any

from carewright.core.access.model import Role
from carewright.core.audit.records import AuditRecord
from carewright.core.smart.model import Authorization, Client, ClientKind, Ticket, TicketKind
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql

# -- clients ----------------------------------------------------------------------------------------------------------


def add_client(connection: Connection, client: Client, *, audit: AuditRecord) -> None:
    """Write the row and the audit row that goes with it."""
    values = (
        client.practice, client.client_id, client.kind.value, client.name, client.launch_url,
        "\n".join(client.redirect_uris), client.scopes, client.secret_hash, client.jwks, client.jwks_url,
        " ".join(sorted(client.roles)), client.created_by, client.created_at, client.disabled_at,
    )  # fmt: skip
    connection.insert(schema.CLIENT, [values])
    connection.insert(schema.AUDIT, [audit.row()])


def clients(connection: Connection, practice: str, *, client_id: str | None = None) -> list[Client]:
    """Every client of a practice by name, or the one of that id."""
    one = Sql("") if client_id is None else Sql(" AND client_id = ?", (client_id,))
    rows = _select(connection, schema.CLIENT, practice, one + Sql(" ORDER BY name, client_id"))
    return [
        Client(
            practice=practice, client_id=row["client_id"], kind=ClientKind(row["kind"]), name=row["name"],
            launch_url=row["launch_url"], redirect_uris=tuple(row["redirect_uris"].split()), scopes=row["scopes"],
            secret_hash=row["secret_hash"], jwks=row["jwks"], jwks_url=row["jwks_url"], roles=_roles(row["roles"]),
            created_by=row["created_by"], created_at=row["created_at"], disabled_at=row["disabled_at"],
        )
        for row in rows
    ]  # fmt: skip


def disable_client(connection: Connection, practice: str, client_id: str, *, at: datetime, audit: AuditRecord) -> bool:
    """Whether it was enabled until now."""
    changed = connection.execute(
        Sql(
            "UPDATE client SET disabled_at = ? WHERE practice = ? AND client_id = ? AND disabled_at IS NULL",
            (at, practice, client_id),
        )
    )
    if changed:
        connection.insert(schema.AUDIT, [audit.row()])
    return bool(changed)


# -- authorizations ---------------------------------------------------------------------------------------------------


def add_authorization(connection: Connection, given: Authorization, *, audit: AuditRecord) -> None:
    """Write the row and the audit rows that go with it."""
    values = (
        given.practice, given.id, given.client_id, given.actor, given.display, given.user_name,
        " ".join(sorted(given.roles)), given.site, given.patient, given.scopes, given.base, given.session,
        given.created_at, given.expires_at, given.ended_at,
    )  # fmt: skip
    connection.insert(schema.APP_AUTHORIZATION, [values])
    connection.insert(schema.AUDIT, [audit.row()])
    connection.insert(schema.AUDIT_PATIENT, audit.patient_rows())


def authorizations(
    connection: Connection, practice: str, *, column: str, value: str, standing: bool = True
) -> list[Authorization]:
    """Those whose `column` (id, actor, client_id) has the value; `standing`: that nobody has ended."""
    if column not in ("id", "actor", "client_id"):
        raise ValueError(f"Authorizations are not looked up by {column}.")
    where = Sql(f" AND {column} = ?", (value,)) + Sql(" AND ended_at IS NULL" if standing else "")
    rows = _select(connection, schema.APP_AUTHORIZATION, practice, where + Sql(" ORDER BY created_at, id"))
    return [Authorization(**{**row, "practice": practice, "roles": _roles(row["roles"])}) for row in rows]


def end_authorization(
    connection: Connection, practice: str, authorization_id: str, *, at: datetime, audit: AuditRecord
) -> bool:
    """Whether it stood until now; its tickets are used up."""
    here = (at, practice, authorization_id)
    ended = connection.execute(
        Sql("UPDATE app_authorization SET ended_at = ? WHERE practice = ? AND id = ? AND ended_at IS NULL", here)
    )
    unused = "UPDATE ticket SET used_at = ? WHERE practice = ? AND app_authorization = ? AND used_at IS NULL"
    connection.execute(Sql(unused, here))
    if ended:
        connection.insert(schema.AUDIT, [audit.row()])
    return bool(ended)


# -- tickets ----------------------------------------------------------------------------------------------------------


def add_ticket(connection: Connection, ticket: Ticket, *, secret_hash: bytes, at: datetime) -> bool:
    """Whether the secret is new: of two who bring the same one, one is first."""
    return bool(
        connection.execute(
            Sql(
                "INSERT INTO ticket (practice, secret_hash, kind, client_id, app_authorization, data, created_at, "
                "expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    ticket.practice, secret_hash, ticket.kind.value, ticket.client_id, ticket.app_authorization,
                    json.dumps(dict(ticket.data), separators=(",", ":")), at, ticket.expires_at,
                ),
            )
        )
    )  # fmt: skip


def ticket(connection: Connection, practice: str, *, secret_hash: bytes, kind: TicketKind) -> Ticket | None:
    where = Sql(" AND secret_hash = ? AND kind = ?", (secret_hash, kind.value))
    rows = _select(connection, schema.TICKET, practice, where)
    return _ticket(practice, rows[0]) if rows else None


def use_ticket(connection: Connection, practice: str, *, secret_hash: bytes, at: datetime) -> bool:
    """Whether nobody has used it before: of two at the same moment, one has."""
    unused = "UPDATE ticket SET used_at = ? WHERE practice = ? AND secret_hash = ? AND used_at IS NULL"
    return bool(connection.execute(Sql(unused, (at, practice, secret_hash))))


def purge(connection: Connection, practice: str, *, before: datetime, tickets_before: datetime) -> None:
    """Delete what ended before those times."""
    connection.execute(Sql("DELETE FROM ticket WHERE practice = ? AND expires_at < ?", (practice, tickets_before)))
    gone = "DELETE FROM app_authorization WHERE practice = ? AND (expires_at < ? OR ended_at < ?)"
    connection.execute(Sql(gone, (practice, before, before)))


# -- signing keys -----------------------------------------------------------------------------------------------------


def signing_key(connection: Connection, practice: str) -> bytes | None:
    """The sealed key of a practice."""
    rows = connection.rows(Sql("SELECT sealed FROM signing_key WHERE practice = ?", (practice,)))
    return connection.dialect.bytes_(rows[0][0]) if rows else None


def keep_signing_key(connection: Connection, practice: str, sealed: bytes, *, at: datetime) -> None:
    """Keep the first one: of two processes that make one, both go on with the same."""
    kept = "INSERT INTO signing_key (practice, sealed, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    connection.execute(Sql(kept, (practice, sealed, at)))


def _ticket(practice: str, row: dict[str, Any]) -> Ticket:
    return Ticket(
        practice=practice, kind=TicketKind(row["kind"]), client_id=row["client_id"],
        app_authorization=row["app_authorization"], data=json.loads(row["data"]), expires_at=row["expires_at"],
        used_at=row["used_at"],
    )  # fmt: skip


def _select(connection: Connection, table: Table, practice: str, where: Sql) -> list[dict[str, Any]]:
    """Rows by column, instants and bytes as Python values."""
    names = ", ".join(table.names[1:])
    rows = connection.rows(Sql(f"SELECT {names} FROM {table.name} WHERE practice = ?", (practice,)) + where)
    return [_by_column(connection, table, row) for row in rows]


def _by_column(connection: Connection, table: Table, row: Row) -> dict[str, Any]:
    convert = {"timestamptz": connection.dialect.instant, schema.BYTES: connection.dialect.bytes_}
    return {
        name: convert[kind](value) if value is not None and kind in convert else value
        for (name, kind), value in zip(table.columns[1:], row, strict=True)
    }


def _roles(text: str) -> frozenset[Role]:
    return frozenset(map(Role, text.split()))
