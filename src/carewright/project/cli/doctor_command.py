"""carewright doctor"""

import argparse
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carewright.core.clock import wall_now
from carewright.core.store import chain, consumers, reindex
from carewright.core.store.migrate import migrations
from carewright.core.store.model import Unavailable
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.project import wiring
from carewright.project.cli.options import add_data_dir, environment, unusable
from carewright.project.environment import Environment
from carewright.project.reactions import consumer_of

HELP = """\
Say what is wrong with this installation, in words, and what to do about it. It changes nothing.

Exit code 0: nothing is broken (there may be warnings); 1: something is.
"""
OLDEST_PYTHON = (3, 11)
FREE_BYTES_WANTED = 1 << 30
SAMPLE = 100
"""Records of each projection that are compared; `carewright reindex --check` compares them all."""
TAIL_LIMIT = timedelta(seconds=30)
STALLED_AFTER = timedelta(minutes=2)
ZONES = ("America/New_York", "America/Los_Angeles", "Pacific/Honolulu")


class Level(StrEnum):
    GOOD = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    level: Level
    words: str


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)


def run(options: argparse.Namespace) -> int:
    found = environment(options)
    store = wiring.open_store(found)
    findings = []
    try:
        for finding in examine(found, store):
            findings.append(finding)
            print(f"{finding.level.value:<8} {finding.words}")
    finally:
        store.close()
    return 1 if any(finding.level is Level.BROKEN for finding in findings) else 0


def examine(found: Environment, store: Store) -> Iterator[Finding]:
    """Every finding, the good ones too, in the order in which they matter."""
    yield _python()
    yield _disk(found)
    yield _time_zones(found)
    yield _static_files()
    yield _anchor(found)
    yield _made_up_keys(found)
    reachable = _database(found, store)
    yield from reachable
    if any(finding.level is Level.BROKEN for finding in reachable):
        return
    for practice in store.practices():
        for check in (_tail, _feed, _projections):
            yield from _guarded(check, store, practice)
        yield from _consumers(store, practice)
    if not store.practices():
        yield Finding(Level.WARNING, "There is no practice yet: carewright migrate --practice KEY --name NAME.")


def _python() -> Finding:
    here = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding(Level.BROKEN, f"Python {here} is too old; 3.11 is the oldest that works.")
    return Finding(Level.GOOD, f"Python {here}")


def _disk(found: Environment) -> Finding:
    free = shutil.disk_usage(found.data_dir).free
    words = f"{free / (1 << 30):.1f} GB free in the data folder {found.data_dir}"
    if free < FREE_BYTES_WANTED:
        return Finding(Level.BROKEN, f"Only {words}. Make room before the database cannot write.")
    return Finding(Level.GOOD, words)


def _time_zones(found: Environment) -> Finding:
    for zone in (*ZONES, found.time_zone):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            return Finding(Level.BROKEN, f"The time zone {zone} is unknown. Install tzdata, or correct CARE_TIME_ZONE.")
    return Finding(Level.GOOD, f"time zone data ({found.time_zone})")


def _static_files() -> Finding:
    from importlib import resources

    sheet = resources.files("carewright.shell").joinpath("static", "shell", "tokens.css")
    if not sheet.is_file():
        return Finding(
            Level.BROKEN, "The style sheets are missing: the installation is not complete. Install it again."
        )
    return Finding(Level.GOOD, "style sheets and scripts")


def _anchor(found: Environment) -> Finding:
    if found.audit_anchor is None:
        return Finding(
            Level.WARNING,
            "The audit is not anchored: set CARE_AUDIT_ANCHOR to a file on another machine, or whoever can write the "
            "database could rebuild the audit unseen.",
        )
    return Finding(Level.GOOD, f"audit anchored in {found.audit_anchor}")


def _made_up_keys(found: Environment) -> Finding:
    kept = (found.data_dir / "data-key").exists()
    words = "the data key is in the data folder: keep a copy elsewhere, files cannot be read without it"
    return Finding(Level.GOOD, words if kept else "the data key comes from CARE_DATA_KEY")


def _database(found: Environment, store: Store) -> list[Finding]:
    if not found.database_url and not (found.data_dir / "care.sqlite3").exists():
        return [Finding(Level.BROKEN, "There is no database yet: carewright migrate (or carewright demo) makes one.")]
    try:
        durability = store.driver.durability()
        with store.driver.reading("") as connection:
            applied = {row[0] for row in connection.rows(Sql("SELECT number FROM migration"))}
            made = {str(row[0]) for row in connection.rows(Sql("SELECT name FROM projection_state"))}
    except sqlite3.Error as error:
        return [Finding(Level.BROKEN, unusable(error))]
    except Unavailable:
        words = "The PostgreSQL database does not answer. Is CARE_DATABASE_URL right, and the server running?"
        return [Finding(Level.BROKEN, words)]
    except Exception as error:  # noqa: BLE001 - whatever it is, this is the finding
        return [Finding(Level.BROKEN, f"The database cannot be read ({type(error).__name__}). Run carewright migrate.")]
    findings = [
        Finding(Level.GOOD, ", ".join(f"{key} {value}" for key, value in durability.items() if key != "problem"))
    ]
    if problem := durability.get("problem"):
        findings.append(Finding(Level.BROKEN, problem))
    missing = [m.name for m in migrations(store.driver.dialect.name) if m.number not in applied]
    missing += sorted(set(store.registry.projections) - made)
    if missing:
        words = f"The database is older than the product ({', '.join(missing)} missing). Run carewright migrate."
        findings.append(Finding(Level.BROKEN, words))
    return findings


def _guarded(check: Callable[[Store, str], Finding | None], store: Store, practice: str) -> Iterator[Finding]:
    finding = check(store, practice)
    if finding is not None:
        yield finding


def _tail(store: Store, practice: str) -> Finding:
    with store.driver.reading(practice) as connection:
        tail = chain.Trail(connection, practice).tail()
    if tail.oldest_at is not None and wall_now() - tail.oldest_at > TAIL_LIMIT:
        words = f"{practice}: {tail.count} audit rows wait to be sealed since {tail.oldest_at:%Y-%m-%d %H:%M} UTC."
        return Finding(Level.WARNING, f"{words} Is `carewright worker` running?")
    return Finding(Level.GOOD, f"{practice}: the audit is sealed")


def _feed(store: Store, practice: str) -> Finding | None:
    with store.driver.reading(practice) as connection:
        since = consumers.hidden_since(connection, practice)
    if since is None or wall_now() - since < TAIL_LIMIT:
        return None
    words = (
        f"{practice}: an open transaction holds up the change feed since {since:%H:%M} UTC. Which client has it open?"
    )
    return Finding(Level.WARNING, words)


def _projections(store: Store, practice: str) -> Finding:
    """A projection that was made anew and not rebuilt differs in the first records already."""
    wrong = [name for name in reindex.names(store) if any(reindex.differences(store, practice, name, at_most=SAMPLE))]
    if wrong:
        words = f"{practice}: {', '.join(wrong)} do not agree with the records."
        return Finding(Level.BROKEN, f"{words} Run carewright reindex {' '.join(wrong)}")
    return Finding(Level.GOOD, f"{practice}: projections and search index agree with the records (sample)")


def _consumers(store: Store, practice: str) -> Iterator[Finding]:
    for manifest in store.registry.manifests:
        for reaction in manifest.reactions:
            with store.driver.reading(practice) as connection:
                lag = consumers.lag(connection, practice, consumer_of(reaction), reaction.types)
            if lag.oldest_at is not None and wall_now() - lag.oldest_at > STALLED_AFTER:
                words = f"{practice}: the reaction {reaction.name} is behind by {lag.waiting} changes."
                yield Finding(Level.WARNING, f"{words} The worker's log says whether it fails.")
