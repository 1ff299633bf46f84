"""carewright restore"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from carewright.core.audit.verify import verify
from carewright.core.store import archive
from carewright.core.store.backup import SIGN_INS
from carewright.core.store.restore import restore_backup
from carewright.core.store.restore_export import restore_lines
from carewright.core.store.store import Store
from carewright.project import serving, sign_ins
from carewright.project.cli.options import (
    Failure,
    add_data_dir,
    add_practice,
    environment,
    opened,
    practice_or_new,
    progress,
    say,
)
from carewright.project.cli.pages import set_up_pages
from carewright.project.environment import Environment
from carewright.project.wiring import open_blobs, operator_access

HELP = """\
Bring back what was ours: a backup (one file, with history and audit) or an export (a folder of NDJSON files).

A practice that holds anything already is refused. The backup is checked before anything is written, and the audit's
chain afterwards. Whoever could sign in can do so again; nobody stays signed in. An export holds no sign-ins.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("path", type=Path, metavar="PATH", help="a backup, or the folder of an export")


def run(options: argparse.Namespace) -> int:
    if not options.path.exists():
        raise Failure(f"{options.path} is not there.")
    if options.path.is_dir():
        files = sorted(options.path.glob("*.ndjson"))
        if not files:
            raise Failure(f"{options.path} holds no .ndjson files, so it is no export.")
        with _alone(options), opened(options, make=True) as (_, store):
            return _export(options, store, files)
    contents = archive.verify(options.path)  # before a database is made for it
    with _alone(options), opened(options, make=True) as (found, store):
        return _backup(options, found, store, contents)


def _alone(options: argparse.Namespace) -> AbstractContextManager[object]:
    """A restore would keep a server on SQLite from writing for its whole length; on PostgreSQL it does not."""
    found = environment(options)
    return nullcontext() if found.database_url else serving.hold(found.data_dir, doing="a restore")


def _backup(options: argparse.Namespace, found: Environment, store: Store, contents: archive.Contents) -> int:
    access = operator_access(options.practice or contents.practice)
    files = open_blobs(store, found).files
    set_up_pages()
    sign_ins.require_free(contents.practice, archive.records(options.path, SIGN_INS))
    with progress(sum(part.count for part in contents.parts), unit="records") as told:
        restore_backup(
            store,
            access,
            options.path,
            write_blob=files.write,
            write_sign_ins=partial(sign_ins.write, contents.practice),
            told=told,
        )
    print(f"{contents.count('version')} versions and {contents.count('audit')} audit rows of '{contents.practice}'")
    print(f"{contents.count(SIGN_INS)} people may sign in, as before")
    if not contents.count(SIGN_INS):
        say("Nobody can sign in yet: carewright user add NAME --practitioner ID.")
    checked = verify(store, contents.practice)
    if checked.finding:
        say(f"The audit that came back is not whole: {checked.finding.words}")
        return 1
    print(f"The audit's chain is whole: {checked.sealed} links.")
    return 0


def _export(options: argparse.Namespace, store: Store, files: list[Path]) -> int:
    access = operator_access(practice_or_new(options, store))
    with progress(sum(file.stat().st_size for file in files), unit="bytes") as told:

        def lines() -> Iterator[bytes]:
            for file in files:
                with file.open("rb") as opened_file:
                    for line in opened_file:
                        yield line
                        told(file.name, len(line))

        written, there = restore_lines(store, access, lines())
    print(f"{written} records restored" + (f", {there} were here from an earlier attempt" if there else ""))
    sys.stdout.flush()
    say("An export holds no sign-ins: carewright user add NAME --practitioner ID lets people in.")
    return 0
