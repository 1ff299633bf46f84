"""carewright doctor"""

import argparse
import sqlite3
import sys
from collections.abc import Iterator
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carewright.core.store.model import Unavailable
from carewright.core.store.store import Store
from carewright.project import examine_database, examine_folder, wiring
from carewright.project.cli.options import add_data_dir, data_dir, environment
from carewright.project.environment import Environment
from carewright.project.findings import Finding, Level, broken, good, warning
from carewright.project.unusable import NO_ANSWER, unusable

HELP = """\
Say what is wrong with this installation, in words, and what to do about it. It changes nothing.

It looks at the machine, the data folder (room, rights, keys), the settings, the database (version, role, what holds it
up), and at each practice: audit, change feed, projections, stored files, people, backups.

Exit code 0: nothing is broken (there may be warnings); 1: something is.
"""
OLDEST_PYTHON = (3, 11)
ZONES = ("America/New_York", "America/Los_Angeles", "Pacific/Honolulu")


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)


def run(options: argparse.Namespace) -> int:
    folder = data_dir(options)
    if not folder.is_dir():
        print(_line(broken(f"There is no data folder {folder}. carewright migrate (or carewright demo) makes one.")))
        return 1
    found = environment(options)
    store = wiring.open_store(found)
    findings = []
    try:
        for finding in examine(found, store):
            findings.append(finding)
            print(_line(finding), flush=True)
    finally:
        store.close()
    return 1 if any(finding.level is Level.BROKEN for finding in findings) else 0


def _line(finding: Finding) -> str:
    return f"{finding.level.value:<8} {finding.words}"


def examine(found: Environment, store: Store) -> Iterator[Finding]:
    """Every finding, the good ones too, in the order in which they matter."""
    yield _python()
    yield _time_zones(found)
    yield _static_files()
    yield from examine_folder.folder(found)
    yield from examine_folder.settings(found)
    yield _anchor(found)
    database = examine_database.database(found, store)
    yield from database
    if any(finding.level is Level.BROKEN for finding in database):
        return
    try:
        for practice in store.practices():
            yield from examine_database.practice(found, store, practice)
        if not store.practices():
            yield warning("There is no practice yet: carewright migrate --practice KEY --name NAME.")
    except sqlite3.Error as error:
        yield broken(unusable(error))
    except Unavailable:
        yield broken(NO_ANSWER)


def _python() -> Finding:
    here = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return broken(f"Python {here} is too old; 3.11 is the oldest that works.")
    return good(f"Python {here}")


def _time_zones(found: Environment) -> Finding:
    for zone in (*ZONES, found.time_zone):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            return broken(f"The time zone {zone} is unknown. Install tzdata, or correct CARE_TIME_ZONE.")
    return good(f"time zone data ({found.time_zone})")


def _static_files() -> Finding:
    sheet = resources.files("carewright.shell").joinpath("static", "shell", "tokens.css")
    if not sheet.is_file():
        return broken("The style sheets are missing: the installation is not complete. Install it again.")
    return good("style sheets and scripts")


def _anchor(found: Environment) -> Finding:
    if found.audit_anchor is None:
        return warning(
            "The audit is not anchored: set CARE_AUDIT_ANCHOR to a file on another machine, or whoever can write the "
            "database could rebuild the audit unseen."
        )
    return good(f"audit anchored in {found.audit_anchor}")
