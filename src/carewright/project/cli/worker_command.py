"""carewright worker"""

import argparse

from carewright.project import wiring
from carewright.project.cli.options import add_data_dir, opened
from carewright.project.worker import Worker, run_until_told
from carewright.skills.staffing.queries import covering

HELP = """\
Run the worker until told to stop: seal the audit, run reactions, exports and imports, send on what is late, fill
tomorrow's huddle in the evening, move on what comes to those who are away, throw away what has expired.

One worker is needed. On PostgreSQL there may be more: they agree among themselves who does what.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--with-parent", action="store_true", help="also stop when standard input ends")


def run(options: argparse.Namespace) -> int:
    with opened(options) as (found, store):
        store.practices()  # a database that cannot be used at all is said now, in one line; later it is waited for
        folder = wiring.incoming_folder(store, found)
        worker = Worker(
            store, anchors=wiring.anchors_of(found), folder=folder, files=wiring.bulk_files(found), covering=covering,
            fill_huddles=wiring.huddle_filler(store), keep_moving=wiring.absence_keeper(store),
        )  # fmt: skip
        run_until_told(worker, with_parent=options.with_parent)
    return 0
