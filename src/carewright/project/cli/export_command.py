"""carewright export"""

import argparse
from pathlib import Path

from carewright.project.cli.options import Failure, add_data_dir, add_practice, opened, practice, progress
from carewright.project.exporting import export
from carewright.project.wiring import operator_access

HELP = """\
Write the current version of every record to a folder: one file per type, one record per line (NDJSON).

The records are byte for byte what is stored. The files hold the chart: keep them where the chart may be.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")


def run(options: argparse.Namespace) -> int:
    if options.out.exists() and not options.out.is_dir():
        raise Failure(f"{options.out} is a file. --out names a folder: one file per type goes into it.")
    with opened(options) as (_, store):
        access = operator_access(practice(options, store))
        with progress(None, unit="records") as told:
            counts = export(store, access, options.out, told=told)
    for resource_type, number in counts.items():
        print(f"{number:>9} {resource_type}")
    return 0
