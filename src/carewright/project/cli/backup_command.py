"""carewright backup"""

import argparse
from pathlib import Path

from carewright.core.audit.records import Action, record
from carewright.core.clock import wall_now
from carewright.core.store.archive import Contents
from carewright.core.store.backup import back_up
from carewright.core.store.model import Origin
from carewright.core.store.store import Store
from carewright.project import sign_ins
from carewright.project.cli.options import Failure, add_data_dir, add_practice, opened, practice, progress
from carewright.project.cli.pages import set_up_pages
from carewright.project.wiring import open_blobs, operator_access

HELP = """\
Write everything of a practice to one file: history, audit, files, settings, and who may sign in. The same file fits
either database.

It shows one moment, while people go on working, and is read back in full before it counts. It is not encrypted: keep it
where the chart may be. Open sessions, tokens and what is being typed stay behind. `carewright restore` brings it back.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("--out", type=Path, metavar="PATH", help="the file (else backups/ in the data folder)")


def run(options: argparse.Namespace) -> int:
    with opened(options) as (found, store):
        key = practice(options, store)
        path = options.out or found.data_dir / "backups" / f"{key}-{wall_now():%Y%m%dT%H%M%SZ}.zip"
        if path.exists():
            raise Failure(f"{path} is there already. Name another file with --out.")
        blobs = open_blobs(store, found)
        set_up_pages()
        with progress(None, unit="records") as told:
            contents = back_up(store, key, path, read_blob=blobs.files.read, sign_ins=sign_ins.records(key), told=told)
        _audit(store, key, contents)
    print(path)
    for part in contents.parts:
        if part.name.endswith(".ndjson") and part.count:
            print(f"{part.count:>9} {part.name.removesuffix('.ndjson')}")
    return 0


def _audit(store: Store, key: str, contents: Contents) -> None:
    """A copy of the whole chart was made: that is audited, and tells `doctor` when the last one was."""
    detail = {"versions": contents.count("version"), "audit": contents.count("audit"), "chain": contents.chain}
    access = operator_access(key)
    store.write_audit(
        record(access, at=wall_now(), action=Action.EXECUTE, reason="backup", origin=Origin.SYSTEM, detail=detail)
    )
