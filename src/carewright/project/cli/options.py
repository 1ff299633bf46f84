"""What the commands share: the data folder, the practice, an opened store, a progress bar."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from carewright.core.store.store import Store
from carewright.project import reach, wiring
from carewright.project.environment import Environment

SQLITE_FILES = ("care.sqlite3", "django.sqlite3")
MAIN_PRACTICE = "main"
MAIN_PRACTICE_NAME = "Main practice"


class Failure(Exception):
    """The command cannot do what was asked; the text says why and what to do, in one line."""


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder of databases, files and keys (else CARE_DATA_DIR, ./data)"
    )


def add_practice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--practice", metavar="KEY", help="which practice; not needed where there is only one")


def data_dir(options: argparse.Namespace) -> Path:
    """The data folder that is meant, there or not: a command that makes none must not leave one behind."""
    given = getattr(options, "data_dir", None) or os.environ.get("CARE_DATA_DIR") or "data"
    return Path(given).resolve()


def environment(options: argparse.Namespace) -> Environment:
    """The environment, with --data-dir in it, for this process and its children."""
    if getattr(options, "data_dir", None) is not None:
        os.environ["CARE_DATA_DIR"] = str(options.data_dir.absolute())
    return Environment.read()


@contextmanager
def opened(options: argparse.Namespace, *, make: bool = False) -> Iterator[tuple[Environment, Store]]:
    """The environment and its store, closed at the end. `make`: a SQLite file that is not there yet is made."""
    folder = data_dir(options)
    if not make and not os.environ.get("CARE_DATABASE_URL") and not (folder / SQLITE_FILES[0]).exists():
        raise Failure(f"There is no database in {folder}. `carewright migrate` or `carewright demo` makes one.")
    found = environment(options)
    if not found.database_url and not all((found.data_dir / name).exists() for name in SQLITE_FILES):
        migrate(found)
    reach.require(found)
    store = wiring.open_store(found)
    try:
        yield found, store
    finally:
        store.close()


def migrate(found: Environment) -> list[str]:
    """Bring the store and Django's tables to this version; what was done, in words."""
    try:
        return _migrate(found)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Failure(
            "The role may not make tables. Set CARE_DATABASE_OWNER_URL to the address of the role that owns the "
            "database (docs/administrator.md, First start)."
        ) from error


def _migrate(found: Environment) -> list[str]:
    from carewright.core.store.store import migrate_database

    url = found.store_url
    reach.require(found, to_migrate=True)
    done = migrate_database(url, wiring.registry(), owner_url=found.database_owner_url or None)
    if done and done[0].startswith("migration 1 "):
        done = [line.removesuffix(" (rebuild it with reindex)") for line in done]  # there is nothing to rebuild yet
    return done + _migrate_pages(found)


def _migrate_pages(found: Environment) -> list[str]:
    """Django's own tables, in a process of its own: its settings hold the owner's address only there."""
    from carewright.project.pages_schema import grant_pages_schema, make_pages_schema

    owner_url = found.database_owner_url or found.database_url
    if owner_url:
        make_pages_schema(owner_url)
    child = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--no-input", "--verbosity=1"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "carewright.project.settings", "CARE_DATABASE_URL": owner_url},
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        raise Failure(f"Django's tables could not be made: {last}")
    if found.database_owner_url:
        grant_pages_schema(owner_url, application_url=found.database_url)
    applied = [line.strip().split("...")[0] for line in child.stdout.splitlines() if line.rstrip().endswith("OK")]
    return [f"pages {name.removeprefix('Applying ')}" for name in applied]


def practice(options: argparse.Namespace, store: Store) -> str:
    """The practice that is meant: --practice, else the only one."""
    there = store.practices()
    wanted: str | None = options.practice
    if wanted is not None:
        if wanted not in there:
            raise Failure(f"There is no practice '{wanted}' here. There is: {', '.join(there) or 'none'}.")
        return wanted
    if not there:
        raise Failure("There is no practice here. Make one: carewright migrate --practice KEY --name NAME.")
    if len(there) > 1:
        raise Failure(f"There are several practices here; name one with --practice: {', '.join(there)}.")
    return there[0]


def practice_or_new(options: argparse.Namespace, store: Store) -> str:
    """As `practice`; where there is none yet, the one that is named (or `main`) is made."""
    if not store.practices():
        name = options.practice or MAIN_PRACTICE
        store.ensure_practice(name, MAIN_PRACTICE_NAME if name == MAIN_PRACTICE else name)
        say(f"Made the practice '{name}'.")
    return practice(options, store)


def say(text: str) -> None:
    """A line for the person, on standard error, so that standard output holds results only."""
    print(text, file=sys.stderr)


@contextmanager
def progress(total: int | None, *, unit: str) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on standard error; call what it gives with a label and how many more `unit` are done.

    Where standard error is no terminal nothing is drawn.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(),
        TextColumn(unit), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)

        def told(label: str, done: int) -> None:
            bar.update(task, advance=done, description=label)

        yield told
