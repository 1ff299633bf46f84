"""A PostgreSQL server of our own for the tests: on a free port, in a temporary folder, gone afterwards.

It is started from the installed binaries as an unprivileged user (PostgreSQL refuses to run as root), keeps
`fsync` on as a clinic's server must, and listens on 127.0.0.1 only. Nothing of an installed cluster is touched.
"""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

INSTALLED_UNDER = Path("/usr/lib/postgresql")
OLDEST_MAJOR = 15
UNPRIVILEGED_USERS = ("postgres", "nobody")
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0
START_ATTEMPTS = 3

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "300",  # races open dozens of connections from every test worker
    "max_prepared_transactions": "0",
}

# The default collation is deliberately not "C": a column or comparison that forgot COLLATE "C" then shows itself.
INITDB_OPTIONS = (
    "--username=care_admin",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=icu",
    "--icu-locale=en-US",
    "--no-sync",  # an empty cluster in a temporary folder; the server itself syncs
)


class PostgresqlUnavailable(RuntimeError):
    """There is no PostgreSQL to start here, or it did not start; the text says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """One database with its two logins, as an installation has them.

    `owner_url` is the role that owns the schema (migrations); `app_url` the role the product runs as, which is
    neither superuser nor exempt from row-level security; `admin_url` a superuser in the same database.
    """

    name: str
    owner_url: str
    app_url: str
    admin_url: str

    @property
    def owner(self) -> str:
        """The owner's role name."""
        return urlsplit(self.owner_url).username or ""

    @property
    def app(self) -> str:
        """The application's role name, as migrations need it for their grants."""
        return urlsplit(self.app_url).username or ""


def binaries() -> Path | None:
    """The `bin` folder of the newest server that is installed (Debian's place, or the PATH), or None."""
    on_path = shutil.which("postgres")
    folders = [*INSTALLED_UNDER.glob("*/bin"), *([Path(on_path).resolve().parent] if on_path else [])]
    complete = [folder for folder in folders if (folder / "postgres").is_file() and (folder / "initdb").is_file()]
    newest = max(complete, key=_major, default=None)
    return newest if newest and _major(newest) >= OLDEST_MAJOR else None


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Run a server and give its superuser URL; PostgresqlUnavailable if there is none to run."""
    bin_dir = binaries()
    if bin_dir is None:
        raise PostgresqlUnavailable(f"no PostgreSQL {OLDEST_MAJOR} or newer (apt-get install postgresql)")
    account = _unprivileged_account()
    folder = Path(tempfile.mkdtemp(prefix="care-postgresql-"))
    try:
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        password = secrets.token_hex(16)
        _create_cluster(bin_dir, folder, account=account, password=password)
        process, port = _start(bin_dir, folder, account=account)
        try:
            url = f"postgresql://care_admin:{password}@127.0.0.1:{port}/postgres"
            _wait_until_ready(url, process=process, log=folder / "log")
            yield url
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_database(server_url: str, *, label: str = "test") -> Database:
    """A new empty database on the server of `server_url` (a superuser), with an owner and an application login."""
    suffix = f"{label}_{secrets.token_hex(4)}"
    name, owner, app = f"care_{suffix}", f"care_owner_{suffix}", f"care_app_{suffix}"
    password = secrets.token_hex(16)
    role = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(role.format(sql.Identifier(owner), sql.Literal(password)))
        connection.execute(role.format(sql.Identifier(app), sql.Literal(password)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                sql.Identifier(name), sql.Identifier(owner)
            )
        )
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(app))
        )
    return Database(
        name=name,
        owner_url=_url(server_url, database=name, login=(owner, password)),
        app_url=_url(server_url, database=name, login=(app, password)),
        admin_url=_url(server_url, database=name),
    )


def drop_database(server_url: str, database: Database) -> None:
    """Remove the database and its two logins; whoever is still connected is cut off."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))
        for login in (database.app, database.owner):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login)))


@cache
def _major(bin_dir: Path) -> int:
    said = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\d+", said)
    return int(version[0]) if version else 0


def _unprivileged_account() -> pwd.struct_passwd | None:
    """Whom to run as when we are root; None where we are not."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in UNPRIVILEGED_USERS:
        if name in known:
            return known[name]
    raise PostgresqlUnavailable(f"no unprivileged user to run it as ({' or '.join(UNPRIVILEGED_USERS)})")


def _environment() -> dict[str, str]:
    """The caller's environment without libpq's and the server's own variables, which would redirect it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _create_cluster(bin_dir: Path, folder: Path, *, account: pwd.struct_passwd | None, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    if account:
        os.chown(secret, account.pw_uid, account.pw_gid)
    done = subprocess.run(
        [bin_dir / "initdb", "-D", folder / "data", f"--pwfile={secret}", *INITDB_OPTIONS],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    secret.unlink()
    if done.returncode:
        raise PostgresqlUnavailable(f"initdb failed: {done.stderr.strip()}")


def _start(bin_dir: Path, folder: Path, *, account: pwd.struct_passwd | None) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; another process may take the free port first, so an early exit is tried again."""
    for _ in range(START_ATTEMPTS):
        port = _free_port()
        options = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*_tied_to_us(), bin_dir / "postgres", "-D", folder / "data", "-p", str(port), *options],
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the tests; we stop the server ourselves, afterwards
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        if _listens(process, port):
            return process, port
    raise PostgresqlUnavailable(f"the server did not start: {(folder / 'log').read_text()[-2000:].strip()}")


def _tied_to_us() -> list[str]:
    """A prefix after which the server is told to stop when this process dies without having stopped it."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0 and process.poll() is None:
                return True
        time.sleep(0.02)
    _stop(process)
    return False


def _wait_until_ready(url: str, *, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:  # "the database system is starting up"
            if process.poll() is not None or time.monotonic() > deadline:
                raise PostgresqlUnavailable(f"the server does not answer: {log.read_text()[-2000:]}") from error
            time.sleep(0.05)
        else:
            return


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown (SIGINT: sessions are cut, data written); immediate (SIGQUIT) if that takes too long."""
    for order in (signal.SIGINT, signal.SIGQUIT):
        if process.poll() is None:
            process.send_signal(order)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def _url(server_url: str, *, database: str, login: tuple[str, str] | None = None) -> str:
    parts = urlsplit(server_url)
    netloc = parts.netloc
    if login:
        netloc = f"{login[0]}:{login[1]}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit((parts.scheme, netloc, f"/{database}", parts.query, ""))
