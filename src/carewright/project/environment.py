"""What this installation is told from outside: every CARE_… variable of the pages, read once and checked.

Nothing here touches Django. `VARIABLES` is the list the documentation is made from.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from carewright.core.clock import Clock

VARIABLES: Mapping[str, str] = {
    "CARE_DATA_DIR": "Folder of the embedded databases, keys and compiled catalogues. Default: ./data.",
    "CARE_DATABASE_URL": "postgresql://user:password@host:port/name; empty for SQLite in the data folder.",
    "CARE_DATABASE_OWNER_URL": "The role that owns the tables, for `carewright migrate`. Default: CARE_DATABASE_URL.",
    "CARE_SECRET_KEY": "Key for signatures; made once and kept in the data folder (for its owner alone) if not given.",
    "CARE_DATA_KEY": "Key of stored files and of the audit's digests; made and kept like CARE_SECRET_KEY.",
    "CARE_AUDIT_ANCHOR": "File, best on another machine, to which the audit chain's newest link is appended.",
    "CARE_INCOMING_FOLDER": "Folder that the worker watches for faxes, scans and voicemail. Default: none is watched.",
    "CARE_ALLOWED_HOSTS": "Host names this server answers to, with commas. Default: localhost and its addresses.",
    "CARE_HTTPS": "1 when people reach the product by https: secure cookies and HSTS. Default: 0.",
    "CARE_TRUST_PROXY": "1 when a proxy in front sets X-Forwarded-Proto itself. Default: 0.",
    "CARE_API_RATE": "Requests a second that one API token may make of one server process; 0: no bound. Default: 500.",
    "CARE_OUTWARD_ALLOWED": "Origins (https://engine.example:8443), with commas, that may be asked though not public.",
    "CARE_DEBUG": "1 for development only: error details on the page, the component gallery. Default: 0.",
    "CARE_TIME_ZONE": "Time zone until a site says its own. Default: America/New_York.",
    "CARE_DEMO": "1 for the demonstration practice: the sign-in page lists its people. Default: 0.",
    "CARE_CLOCK_OFFSET": "Seconds by which clinical time differs from the wall clock: the demo's day. Default: 0.",
    "CARE_CLOCK_RATE": "Seconds of clinical time in one of the wall's, for `demo --play --speed`. Default: 1.",
    "CARE_CLOCK_SINCE": "Instant of the wall clock from which CARE_CLOCK_RATE counts, with its time zone.",
}
API_RATE = 500.0
"""About a quarter of what one process answers: a client that runs wild leaves the others most of it."""
FASTEST = 10_000
"""Clinical seconds in one of the wall's: a day in ten seconds. Faster, nobody can work."""
LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"
SECRET_KEY_FILE = "secret-key"  # noqa: S105  # the name of a file
DATA_KEY_FILE = "data-key"
STORE_FILE = "care.sqlite3"
POSTGRESQL_SCHEMES = frozenset({"postgresql", "postgres"})
BAD_DATABASE_URL = (
    "CARE_DATABASE_URL has the form postgresql://user:password@host:port/name; leave it empty for SQLite."
)


class BadEnvironment(Exception):
    """A CARE_… variable does not make sense; the text says which and what to write."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The variables, read and checked."""

    data_dir: Path
    database_url: str
    database_owner_url: str
    secret_key: str
    data_key: str
    audit_anchor: Path | None
    allowed_hosts: tuple[str, ...]
    https: bool
    trust_proxy: bool
    debug: bool
    time_zone: str
    clock_offset: timedelta
    clock_rate: float = 1.0
    clock_since: datetime | None = None
    demo: bool = False
    incoming_folder: Path | None = None
    api_rate: float = API_RATE
    outward_allowed: frozenset[str] = frozenset()

    @property
    def store_url(self) -> str:
        """The store's database: the one that is named, else the SQLite file in the data folder. BadEnvironment."""
        if self.database_url:
            _parts(self.database_url)
        return self.database_url or f"sqlite:///{self.data_dir / STORE_FILE}"

    @property
    def clock(self) -> Clock:
        """The product's clock, the same in every process that is told the same."""
        return Clock(offset=self.clock_offset, rate=self.clock_rate, since=self.clock_since)

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "Environment":
        """Read the variables; makes the data folder (0700) and, where none is given, the secret key in it."""
        data_dir = Path(variables.get("CARE_DATA_DIR") or "data").resolve()
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        hosts = variables.get("CARE_ALLOWED_HOSTS") or LOCAL_HOSTS
        return cls(
            data_dir=data_dir,
            database_url=variables.get("CARE_DATABASE_URL", ""),
            database_owner_url=variables.get("CARE_DATABASE_OWNER_URL", ""),
            secret_key=variables.get("CARE_SECRET_KEY") or kept_secret_key(data_dir),
            data_key=variables.get("CARE_DATA_KEY") or kept_secret_key(data_dir, name=DATA_KEY_FILE),
            audit_anchor=Path(anchor).absolute() if (anchor := variables.get("CARE_AUDIT_ANCHOR")) else None,
            allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
            https=_yes(variables, "CARE_HTTPS"),
            trust_proxy=_yes(variables, "CARE_TRUST_PROXY"),
            debug=_yes(variables, "CARE_DEBUG"),
            time_zone=variables.get("CARE_TIME_ZONE") or "America/New_York",
            clock_offset=_seconds(variables, "CARE_CLOCK_OFFSET"),
            clock_rate=_rate(variables, "CARE_CLOCK_RATE"),
            clock_since=_since(variables, "CARE_CLOCK_SINCE"),
            demo=_yes(variables, "CARE_DEMO"),
            incoming_folder=Path(folder).absolute() if (folder := variables.get("CARE_INCOMING_FOLDER")) else None,
            outward_allowed=_origins(variables),
            api_rate=_at_least_0(variables, "CARE_API_RATE", API_RATE),
        )


def kept_secret_key(data_dir: Path, *, name: str = SECRET_KEY_FILE) -> str:
    """A key of this data folder, made at the first call. Two processes starting together get the same one."""
    path = data_dir / name
    fresh = path.with_name(f"{name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)  # link, not rename: whoever was first wins, and the file is never half written
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def django_database(database_url: str, data_dir: Path) -> dict[str, Any]:
    """Django's own tables: a second SQLite file beside the store's, or the schema `django` in PostgreSQL."""
    if not database_url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data_dir / "django.sqlite3",
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",  # a read that turns into a write must wait, not fail
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    return _postgresql(_parts(database_url))


def _parts(database_url: str) -> SplitResult:
    try:
        parts = urlsplit(database_url)
        whole = parts.scheme in POSTGRESQL_SCHEMES and bool(parts.path.strip("/")) and (parts.port or 0) >= 0
    except ValueError:  # a port that is no number
        whole = False
    if not whole:
        raise BadEnvironment(BAD_DATABASE_URL)
    return parts


def _postgresql(parts: SplitResult) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": "-c search_path=django"},
    }


def _seconds(variables: Mapping[str, str], name: str) -> timedelta:
    try:
        return timedelta(seconds=float(variables.get(name) or 0))
    except ValueError:
        raise BadEnvironment(f"{name} is a number of seconds.") from None


def _origins(variables: Mapping[str, str]) -> frozenset[str]:
    listed = variables.get("CARE_OUTWARD_ALLOWED", "").replace(",", " ").lower().split()
    for origin in listed:
        parts = urlsplit(origin)
        if parts.scheme not in ("https", "http") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            raise BadEnvironment("CARE_OUTWARD_ALLOWED holds origins: scheme, host and port, nothing behind them.")
    return frozenset(listed)


def _at_least_0(variables: Mapping[str, str], name: str, default: float) -> float:
    try:
        number = float(variables.get(name) or default)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise BadEnvironment(f"{name} is a number, 0 or more.")
    return number


def _rate(variables: Mapping[str, str], name: str) -> float:
    try:
        rate = float(variables.get(name) or 1)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= FASTEST:
        raise BadEnvironment(f"{name} is a number above 0, at most {FASTEST}.")
    if rate != 1 and not variables.get("CARE_CLOCK_SINCE"):
        raise BadEnvironment(f"{name} counts from an instant: set CARE_CLOCK_SINCE too.")
    return rate


def _since(variables: Mapping[str, str], name: str) -> datetime | None:
    text = variables.get(name)
    if not text:
        return None
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found
    raise BadEnvironment(f"{name} is an instant with its time zone, like 2026-11-23T16:40:00+00:00.")


def _yes(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "").strip().lower()
    if value in {"", "0", "no", "false", "off"}:
        return False
    if value in {"1", "yes", "true", "on"}:
        return True
    raise BadEnvironment(f"{name} is 1 or 0.")
