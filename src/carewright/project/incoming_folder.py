"""The watched folder: each file that a fax machine, a scanner or the phone puts there becomes one paper.

A file is left alone until it has not changed for SETTLED_SECONDS and two looks agree. Then it is taken in, which claims
its digest in the transaction that makes the paper, and only then moved to `done/`. Whatever is killed between: a file
that was not taken in is taken in at the next look, and one that was leads to the paper that there is. What cannot be
kept goes to `refused/`, with a text beside it that says why. Nothing is ever deleted, and no name is logged: it may be
a patient's.

Below the folder there may be one per site, named by the id of its Location. Where there are several practices,
each has a folder of its own below, named by its key.
"""

import logging
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import WRITE, Access, Actor, Interaction, Purpose
from carewright.core.blobs.blobs import Blobs
from carewright.core.store.model import Invalid, Origin, Refused
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.skills.incoming import actions
from carewright.skills.incoming.actions import TakenIn
from carewright.skills.incoming.model import CameAs, NotTaken
from carewright.skills.incoming.rules import LARGEST_BYTES, TOO_LARGE

INTERVAL_SECONDS = 2.0
SETTLED_SECONDS = 5.0
"""Fax servers write a page every few seconds; what has rested so long, and looks the same twice, is whole."""
DONE, REFUSED = "done", "refused"
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
"""What copying programs call a file until it is whole."""

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")

log = logging.getLogger(__name__)
Look = tuple[int, int]


@dataclass
class IncomingFolder:
    """A folder and what was seen in it at the last look. `wall` gives the seconds of the clock that dates files."""

    store: Store
    blobs: Blobs
    folder: Path
    settled_seconds: float = SETTLED_SECONDS
    wall: Callable[[], float] = time.time
    _seen: dict[Path, Look] = field(default_factory=dict)

    def step(self) -> int:
        """One look at every practice's folder; how many files were dealt with."""
        practices = self.store.practices()
        alone = len(practices) == 1
        seen: dict[Path, Look] = {}
        count = 0
        for practice in practices:
            for site, path in _files(self.folder if alone else self.folder / practice):
                look = self._look(path)
                if look is None:
                    continue
                seen[path] = look
                if self._seen.get(path) == look and self.wall() - look[1] / 1e9 >= self.settled_seconds:
                    self._deal_with(practice, site, path, look)
                    count += 1
        self._seen = seen
        return count

    def _look(self, path: Path) -> Look | None:
        """Size and time of a file; None for what is none (a link leads out of the folder), or has gone."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            return None
        return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None

    def _deal_with(self, practice: str, site: str, path: Path, look: Look) -> None:
        """Take one file in and put it away. What the store cannot take either must not hold up the files behind it."""
        try:
            taken = self._take_in(practice, site, path, look)
        except (NotTaken, Invalid, Refused) as refused:
            self._put_away(path, REFUSED, why=str(refused))
            log.warning("A file in the incoming folder was refused; the folder says why.")
            return
        except FileNotFoundError:  # another worker was faster
            return
        except PermissionError:
            log.warning("A file in the incoming folder may not be read. Give the worker's user the right to.")
            return
        self._put_away(path, DONE)
        if not taken.new:
            log.info("A file in the incoming folder had come in before; it makes no second paper.")

    def _take_in(self, practice: str, site: str, path: Path, look: Look) -> TakenIn:
        if look[0] > LARGEST_BYTES:  # before it is read into memory
            raise NotTaken(TOO_LARGE)
        return actions.take_in(
            Writer(self.store, access(practice), origin=Origin.INTERFACE), blobs=self.blobs, sent=path.read_bytes(),
            came_as=CameAs.FAX, at=self.store.clock.now(), site=site,
        )  # fmt: skip

    def _put_away(self, path: Path, where: str, *, why: str = "") -> None:
        """Move a file out of the way, under a name that is free; the reason is written first."""
        target = path.parent / where
        target.mkdir(mode=0o700, exist_ok=True)
        place = _free(target, path.name)
        if why:
            place.with_name(f"{place.name}.reason.txt").write_text(f"{why}\n", encoding="utf-8")
        try:
            os.replace(path, place)  # noqa: PTH105 - atomic, and overwrites nothing: the name is free
        except FileNotFoundError:
            return


def access(practice: str) -> Access:
    """What the folder may do: take papers in, and nothing else."""
    return Access(
        actor=Actor(practice=practice, reference="Device/incoming-folder", display="Incoming folder"),
        roles=frozenset(),
        purpose=Purpose.SYSTEM,
        grants={"DocumentReference": WRITE, "Task": WRITE, "Binary": frozenset({Interaction.CREATE})},
        actions=frozenset({actions.SORT}),
        sensitive=EVERYTHING,
    )


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files to look at, with the site whose folder they lie in ("" for none), the oldest names first."""
    if not folder.is_dir():
        return
    inside = sorted(folder.iterdir())
    for path in inside:
        if not path.is_dir() and _is_whole_name(path.name):
            yield "", path
    for site in (path for path in inside if path.is_dir() and not path.is_symlink()):
        if site.name not in (DONE, REFUSED):
            named = site.name if _ID.fullmatch(site.name) else ""
            yield from ((named, path) for path in sorted(site.iterdir()) if _is_whole_name(path.name))


def _is_whole_name(name: str) -> bool:
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def _free(folder: Path, name: str) -> Path:
    """`name` in the folder, or `name-2`, `name-3` … where it is taken."""
    stem, suffix = Path(name).stem, Path(name).suffix
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{stem}-{number}{suffix}"
    return place
