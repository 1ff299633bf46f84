"""carewright reindex"""

import argparse
from functools import partial

from carewright.core.store import reindex
from carewright.project.cli.options import add_data_dir, add_practice, opened, practice, progress, say

HELP = """\
Rebuild projections and the search index from the records, while people go on working, and compare the result.

Without a name everything is rebuilt. Needed after an upgrade that says so; harmless at any time.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("--check", action="store_true", help="only compare, change nothing")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a projection, or 'search' for the search index")


def run(options: argparse.Namespace) -> int:
    wrong = 0
    with opened(options) as (_, store):
        key = practice(options, store)
        names = options.names or reindex.names(store)
        total = sum(reindex.count(store, key, name) for name in names)
        with progress(total, unit="records") as told:
            for name in names:
                if options.check:
                    count, different = reindex.count(store, key, name), list(reindex.differences(store, key, name))
                    told(name, count)
                else:
                    done = reindex.reindex(store, key, name, told=partial(told, name))
                    count, different = done.resources, list(done.different)
                wrong += len(different)
                print(f"{count:>9} {name}" + (f": {len(different)} differ" if different else ": equal"))
                for ref in different[:5]:
                    say(f"differs: {ref}")
    return 1 if wrong else 0
