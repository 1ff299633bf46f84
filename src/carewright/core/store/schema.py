"""The tables of the store and their columns, in the order in which rows are built. The SQL is in `migrations/`."""

from dataclasses import dataclass

from carewright.core.store.hooks import ColumnType, Projection

T, I, F, AT, K = ColumnType.TEXT, ColumnType.INTEGER, ColumnType.FLOAT, ColumnType.INSTANT, ColumnType.KEY  # noqa: E741 - one letter a type, in a table
BYTES = "bytes"


@dataclass(frozen=True)
class Table:
    """A table as the writer fills it: `columns` are (name, type) in row order."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)


VERSION = Table(
    "version",
    (
        ("practice", T), ("key", K), ("version", I), ("type", T), ("id", T), ("patient_key", K), ("security", I),
        ("change", T), ("at", AT), ("audit_id", T), ("actor", T), ("on_behalf_of", T), ("origin", T), ("reason", T),
        ("body", BYTES),
    ),
)  # fmt: skip

CURRENT = Table(
    "current_resource",
    (
        ("practice", T), ("key", K), ("type", T), ("id", T), ("version", I), ("patient_key", K), ("security", I),
        ("at", AT), ("deleted", I),
    ),
)  # fmt: skip

_INDEXED = (("practice", T), ("key", K), ("type", T), ("param", T), ("patient_key", K), ("security", I))

TOKEN = Table("index_token", (*_INDEXED, ("system", T), ("code", T), ("display", T)))
REFERENCE = Table("index_reference", (*_INDEXED, ("target_key", K), ("target_type", T), ("target_id", T)))
DATE = Table("index_date", (*_INDEXED, ("low", AT), ("high", AT)))
STRING = Table("index_string", (*_INDEXED, ("folded", T), ("exact", T)))
URI = Table("index_uri", (*_INDEXED, ("value", T)))
NUMBER = Table("index_number", (*_INDEXED, ("low", F), ("high", F)))
QUANTITY = Table("index_quantity", (*_INDEXED, ("low", F), ("high", F), ("system", T), ("code", T), ("unit", T)))
COMPOSITE = Table(
    "index_composite",
    (
        *_INDEXED, ("system", T), ("code", T), ("value_system", T), ("value_code", T), ("value_unit", T), ("low", F),
        ("high", F),
    ),
)  # fmt: skip

INDEX_TABLES = (TOKEN, REFERENCE, DATE, STRING, URI, NUMBER, QUANTITY, COMPOSITE)

FEED = Table(
    "feed",
    (
        ("practice", T), ("key", K), ("type", T), ("id", T), ("version", I), ("change", T), ("patient_key", K),
        ("patient_id", T), ("security", I), ("origin", T), ("at", AT),
    ),
)  # fmt: skip

AUDIT = Table(
    "audit",
    (
        ("practice", T), ("id", T), ("at", AT), ("action", T), ("outcome", T), ("actor", T), ("on_behalf_of", T),
        ("roles", T), ("purpose", T), ("origin", T), ("session", T), ("reason", T), ("detail", T), ("digest", BYTES),
    ),
)  # fmt: skip

AUDIT_PATIENT = Table("audit_patient", (("practice", T), ("patient_key", K), ("audit_id", T), ("at", AT)))

AUDIT_SEAL = Table(
    "audit_seal",
    (
        ("practice", T), ("position", I), ("audit_id", T), ("xid", I), ("seq", I), ("digest", BYTES), ("chain", BYTES),
        ("sealed_at", AT),
    ),
)  # fmt: skip

ALIAS = Table(
    "alias",
    (("practice", T), ("old_key", K), ("surviving_key", K), ("old_id", T), ("surviving_id", T), ("at", AT)),
)
KEY_CLAIM = Table(
    "key_claim",
    (("practice", T), ("kind", T), ("claim_key", T), ("holder_type", T), ("holder_id", T), ("at", AT)),
)
BALANCE = Table("balance", (("practice", T), ("kind", T), ("balance_key", T), ("thousandths", I)))
SETTING = Table(
    "setting",
    (("practice", T), ("scope", T), ("name", T), ("version", I), ("value", T), ("actor", T), ("at", AT)),
)
BLOB = Table("blob", (("practice", T), ("digest", T), ("size", I), ("content_type", T), ("created_at", AT)))
CLIENT = Table(
    "client",
    (
        ("practice", T), ("client_id", T), ("kind", T), ("name", T), ("launch_url", T), ("redirect_uris", T),
        ("scopes", T), ("secret_hash", BYTES), ("jwks", T), ("jwks_url", T), ("roles", T), ("created_by", T),
        ("created_at", AT), ("disabled_at", AT),
    ),
)  # fmt: skip
APP_AUTHORIZATION = Table(
    "app_authorization",
    (
        ("practice", T), ("id", T), ("client_id", T), ("actor", T), ("display", T), ("user_name", T), ("roles", T),
        ("site", T), ("patient", T), ("scopes", T), ("base", T), ("session", BYTES), ("created_at", AT),
        ("expires_at", AT), ("ended_at", AT),
    ),
)  # fmt: skip
TICKET = Table(
    "ticket",
    (
        ("practice", T), ("secret_hash", BYTES), ("kind", T), ("client_id", T), ("app_authorization", T), ("data", T),
        ("created_at", AT), ("expires_at", AT), ("used_at", AT),
    ),
)  # fmt: skip

BASE_PROJECTION_COLUMNS = (("practice", T), ("key", K), ("patient_key", K), ("security", I))


def projection_table(projection: Projection) -> Table:
    """The table of a projection; `p_` keeps its name apart from the store's own."""
    return Table(
        f"p_{projection.name}",
        (*BASE_PROJECTION_COLUMNS, *((column.name, column.type) for column in projection.columns)),
    )
