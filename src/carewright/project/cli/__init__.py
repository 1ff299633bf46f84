"""The command line, `carewright`: one file per command, each with `HELP`, `arguments(parser)` and `run(options)`.

A mistake of the person is one line on standard error and exit code 2, never a traceback.
"""

import argparse
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

import psycopg
from psycopg_pool import PoolTimeout

from carewright.core.access.model import AccessDenied
from carewright.core.audit.anchors import BadAnchor
from carewright.core.blobs.files import BlobDamaged
from carewright.core.store.archive import BadArchive
from carewright.core.store.drivers.base import Busy
from carewright.core.store.migrate import MigrationError
from carewright.core.store.model import StoreError, Unavailable
from carewright.core.store.reindex import UnknownIndex
from carewright.project.cli.options import Failure
from carewright.project.environment import BadEnvironment
from carewright.project.exporting import NotEmptyFolder
from carewright.project.import_sources import Unreadable
from carewright.project.reach import NotReached
from carewright.project.server import CannotServe
from carewright.project.serving import Held
from carewright.project.unfinished import CannotClear
from carewright.project.unusable import NO_ANSWER, no_file, unusable

COMMANDS = {
    "demo": "start the demonstration: a made-up practice with a made-up day",
    "serve": "serve the pages, the FHIR API and the live feed",
    "worker": "seal the audit, run reactions, throw away what has expired",
    "migrate": "bring the database to this version; make a practice",
    "import": "take in FHIR records from elsewhere",
    "export": "write the current version of every record, one file per type",
    "backup": "write everything of a practice to one file",
    "restore": "bring back a backup or an export",
    "reindex": "rebuild projections and the search index, and compare them",
    "user": "add, list, disable and enable the people who may sign in",
    "client": "register, list and disable the programs of others (SMART apps, backend programs)",
    "token": "print a bearer token for the FHIR API",
    "audit": "check the audit, or link what waits to be linked",
    "explain": "say what happens here to records of one FHIR type",
    "doctor": "say what is wrong with this installation, and what to do",
}
FOR_PEOPLE = (
    Failure, BadEnvironment, StoreError, AccessDenied, MigrationError, BadArchive, BadAnchor, BlobDamaged, Unreadable,
    NotEmptyFolder, UnknownIndex, CannotServe, CannotClear, Held, NotReached, Busy,
)  # fmt: skip
BAD_INPUT = 2
INTERRUPTED = 130

DESCRIPTION = """\
Carewright: a clinic workspace built around the medical assistant; the chart is FHIR R4.

Try it:      carewright demo
Run it:      carewright migrate, then carewright serve and carewright worker
Something is wrong:  carewright doctor
"""
EPILOG = """\
Every command works on SQLite (in the data folder) and on PostgreSQL (CARE_DATABASE_URL).
The settings from the environment are described in docs/administrator.md.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["help"]:
        given = [*given[1:], "--help"]
    options = parser(next((word for word in given if word in COMMANDS), "")).parse_args(given)
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # it reports each attempt; a person wants one line
    try:
        code: int = import_module(options.module).run(options)
    except (psycopg.OperationalError, PoolTimeout, Unavailable):
        return _fail(NO_ANSWER)
    except FOR_PEOPLE as error:
        return _fail(str(error))
    except sqlite3.Error as error:
        return _fail(unusable(error))
    except BrokenPipeError:
        # Whoever read our output (`head`, a pager) has seen enough; Python must not try to write the rest at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(no_file(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def parser(wanted: str) -> argparse.ArgumentParser:
    """The parser with every command; only the wanted one's module is loaded, so that the others cost no time."""
    found = argparse.ArgumentParser(
        prog="carewright", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("--version", action="version", version=f"carewright {version('carewright')}")
    commands = found.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        if name != wanted:
            commands.add_parser(name, help=summary)
            continue
        module = import_module(f"carewright.project.cli.{name}_command")
        command = commands.add_parser(
            name, help=summary, description=module.HELP, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.arguments(command)
        command.set_defaults(module=module.__name__)
    return found


def _fail(message: str) -> int:
    first_line = " ".join(message.split())
    print(f"carewright: {first_line}", file=sys.stderr)
    return BAD_INPUT
