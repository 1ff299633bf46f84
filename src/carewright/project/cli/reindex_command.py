"""carewright reindex"""

import argparse
import json
import time
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

from carewright.core.store import reindex
from carewright.core.store.model import Ref
from carewright.core.store.reindex import Place
from carewright.core.store.store import Store
from carewright.project.cli.options import add_data_dir, add_practice, opened, practice, progress, say

HELP = """\
Rebuild projections and the search index from the records, while people go on working, and compare the result.

Without a name everything is rebuilt. Needed after an upgrade that says so; harmless at any time: rows that are right
are left alone. When it is broken off, the same command goes on where it was.

Exit code 0: everything is right now; 1: something differs all the same (or, with --check, something differs).
"""
NOTED_EVERY_SECONDS = 1.0


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("--check", action="store_true", help="only compare, change nothing")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a projection, or 'search' for the search index")


def run(options: argparse.Namespace) -> int:
    wrong = 0
    with opened(options) as (found, store):
        key = practice(options, store)
        names = options.names or reindex.names(store)
        total = sum(reindex.count(store, key, name) for name in names)
        with progress(total, unit="records") as told:
            for name in names:
                if options.check:
                    count, different = reindex.count(store, key, name), list(reindex.differences(store, key, name))
                    told(name, count)
                    _tell(name, count, different)
                else:
                    journal = Journal(found.data_dir / "reindex" / f"{key}-{name}.json")
                    different = _rebuild(store, key, name, journal, told=partial(told, name))
                wrong += len(different)
    return 1 if wrong else 0


def _rebuild(store: Store, key: str, name: str, journal: "Journal", *, told: reindex.Told) -> list[Ref]:
    behind = journal.place()
    if behind is not None:
        say(f"{name}: goes on where it was broken off")
    done = reindex.reindex(store, key, name, told=told, behind=behind, reached=journal.note)
    journal.forget()
    _tell(name, done.resources, list(done.different), rewritten=done.rewritten)
    return list(done.different)


def _tell(name: str, count: int, different: list[Ref], *, rewritten: int = 0) -> None:
    written = f", {rewritten} written anew" if rewritten else ""
    print(f"{count:>9} {name}: " + (f"{len(different)} differ" if different else "equal") + written)
    for ref in different[:5]:
        say(f"differs: {ref}")


@dataclass
class Journal:
    """How far the rebuild of one name has come; removed when it is done, worth nothing to another version."""

    path: Path
    _noted_at: float = field(default=float("-inf"))

    def place(self) -> Place | None:
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict) or found.get("product") != version("carewright"):
            return None
        return str(found["type"]), str(found["key"])

    def note(self, place: Place) -> None:
        if time.monotonic() - self._noted_at < NOTED_EVERY_SECONDS:
            return
        self._noted_at = time.monotonic()
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        beside = self.path.with_suffix(".part")
        beside.write_text(json.dumps({"product": version("carewright"), "type": place[0], "key": place[1]}))
        beside.replace(self.path)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
