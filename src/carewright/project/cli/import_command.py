"""carewright import"""

import argparse
import json
import sys
from hashlib import sha256
from pathlib import Path

from carewright.core.clock import wall_now
from carewright.project.cli.options import add_data_dir, add_practice, opened, practice_or_new, progress, say
from carewright.project.environment import Environment
from carewright.project.import_report import Journal, Outcome, where
from carewright.project.import_sources import Source
from carewright.project.importing import import_files
from carewright.project.wiring import operator_access

HELP = """\
Take in records from elsewhere: FHIR R4 Bundles of any type, NDJSON files, single resources, in any order, also
compressed (gzip).

Ids are kept; references by fullUrl (urn:uuid:…) become Type/id. What is wrong is refused and reported, and does not
stop the rest. An interrupted import goes on where it was when it is started again with the same files; the same
files twice change nothing. A record that was changed here since is kept as it is.

Exit code 0: everything is in; 1: something was refused, the report says where, why and what to do; 2: nothing was
imported, because a file is missing or the database cannot be used.
"""
SHOWN = 5
SOMETHING_REFUSED = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="where to write the report (else in the data folder)"
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what to import")


def run(options: argparse.Namespace) -> int:
    sources = [Source.of(path) for path in options.files]
    with opened(options, make=True) as (found, store):
        practice = practice_or_new(options, store)
        report = _report(options, found)
        journal = Journal(found.data_dir / "import" / f"{_name_of(sources, practice)}.journal")
        began = wall_now()
        with progress(sum(source.size for source in sources), unit="bytes") as told:
            outcome = import_files(store, operator_access(practice), options.files, journal=journal, told=told)
        seconds = (wall_now() - began).total_seconds()
    report.write_text(json.dumps({"began": began.isoformat(), **outcome.report()}, indent=1) + "\n")
    _tell(outcome, seconds, report)
    return SOMETHING_REFUSED if outcome.done["refused"] else 0


def _tell(outcome: Outcome, seconds: float, report: Path) -> None:
    print(f"{outcome.entries} entries, {len(outcome.distinct)} distinct resources, in {seconds:.1f} s "
          f"({outcome.entries / max(seconds, 0.001):.0f}/s)")  # fmt: skip
    for done, number in sorted(outcome.done.items()):
        print(f"{number:>9} {done}")
    sys.stdout.flush()
    for refused in outcome.refused[:SHOWN]:
        say(f"refused: {where(refused)}: {refused['reason']}")
    if (more := outcome.done["refused"] - SHOWN) > 0:
        say(f"… and {more} more")
    for advice in dict.fromkeys(refused["advice"] for refused in outcome.refused):
        say(f"What to do: {advice}")
    say(f"Report: {report}")


def _name_of(sources: list[Source], practice: str) -> str:
    return sha256("|".join([practice, *sorted(source.key for source in sources)]).encode()).hexdigest()[:24]


def _report(options: argparse.Namespace, found: Environment) -> Path:
    """Where the report goes; an OSError now, and not after hours, if nothing can be written there."""
    path: Path = options.report or found.data_dir / "import" / f"report-{wall_now():%Y%m%dT%H%M%S%f}.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch()
    return path
