"""The data folder under examination: room, rights, keys, who serves it; and the settings that open the product."""

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from carewright.project import serving
from carewright.project.environment import (
    DATA_KEY_FILE,
    LOCAL_HOSTS,
    SECRET_KEY_FILE,
    STORE_FILE,
    Environment,
)
from carewright.project.findings import Finding, broken, good, warning

FREE_BYTES_WANTED = 1 << 30
GIGABYTE = 1 << 30
SHORTEST_SECRET = 32
FILES = (STORE_FILE, "django.sqlite3", SECRET_KEY_FILE, DATA_KEY_FILE, "blobs", "backups", "import")


def folder(found: Environment) -> Iterator[Finding]:
    """Room on the disk, whose the files are, who may read them, and who serves them."""
    yield _room(found)
    yield from _rights(found.data_dir)
    yield _keys(found)
    if not found.database_url:
        holder = serving.holder(found.data_dir)
        yield good(f"the data folder is served by {holder}" if holder else "no server runs on the data folder now")


def settings(found: Environment) -> Iterator[Finding]:
    """What is switched on that a clinic should think about."""
    strangers = sorted(set(found.allowed_hosts) - set(LOCAL_HOSTS.split(",")))
    if strangers and not found.https:
        yield warning(
            f"People reach the product as {', '.join(strangers)} without https, so passwords and charts cross the "
            "network in the open: put a proxy with a certificate in front and set CARE_HTTPS=1 and CARE_TRUST_PROXY=1."
        )
    if found.debug:
        yield warning("CARE_DEBUG is on: error pages show what the program knows. Switch it off for a clinic.")
    if found.clock_offset and not found.demo:
        yield broken(
            f"CARE_CLOCK_OFFSET shifts clinical time by {found.clock_offset.total_seconds():.0f} s. Unset it: times in "
            "the chart are wrong."
        )
    if found.clock_rate != 1 and not found.demo:
        yield broken(f"CARE_CLOCK_RATE lets clinical time run {found.clock_rate:g} times as fast. Unset it.")
    if min(len(found.secret_key), len(found.data_key)) < SHORTEST_SECRET:
        yield warning(
            f"CARE_SECRET_KEY or CARE_DATA_KEY is shorter than {SHORTEST_SECRET} characters. Make one with: openssl "
            "rand -base64 48. (Another data key makes stored files unreadable: change that one before there are any.)"
        )


def _room(found: Environment) -> Finding:
    free = shutil.disk_usage(found.data_dir).free
    words = f"{free / GIGABYTE:.1f} GB free in the data folder {found.data_dir}"
    if free < FREE_BYTES_WANTED:
        return broken(
            f"Only {words}. Make room before the database cannot write: backups, exports and import reports are there."
        )
    database = found.data_dir / STORE_FILE
    size = database.stat().st_size if not found.database_url and database.exists() else 0
    if free < 2 * size:
        return warning(f"{words}, the database has {size / GIGABYTE:.1f} GB: a backup needs room for a copy of it.")
    return good(words)


def _rights(data_dir: Path) -> Iterator[Finding]:
    wrong = False
    there = [data_dir, *(data_dir / name for name in FILES if (data_dir / name).exists())]
    open_to_others = [path for path in there if _for_others(path, is_key=path.name in (SECRET_KEY_FILE, DATA_KEY_FILE))]
    if open_to_others:
        wrong = True
        yield warning(f"Others on this machine may read {open_to_others[0]}. Close it: chmod -R go-rwx {data_dir}")
    if locked := [path for path in there if not os.access(path, os.R_OK | os.W_OK)]:
        wrong = True
        yield broken(
            f"{locked[0]} cannot be written: is its disk mounted for reading only?"
            if _owner(locked[0]) == _me()
            else f"{_me()} may not write {locked[0]}. Run this as {_owner(data_dir)}, or give the folder to the user "
            f"whom the server runs as: chown -R USER {data_dir}"
        )
    if strange := [path for path in there if _owner(path) != _owner(data_dir)]:
        wrong = True
        yield warning(
            f"{strange[0]} belongs to {_owner(strange[0])}, the data folder to {_owner(data_dir)}: the server may not "
            f"be able to write it. Give all to one: chown -R {_owner(data_dir)} {data_dir}"
        )
    if not wrong:
        yield good(f"the data folder is {_owner(data_dir)}'s alone")


def _for_others(path: Path, *, is_key: bool) -> bool:
    """The folder keeps others away from what is in it; a key is closed itself."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return bool(mode & 0o077) and (is_key or path.name not in FILES)


def _keys(found: Environment) -> Finding:
    kept = (found.data_dir / DATA_KEY_FILE).exists()
    words = "the data key is in the data folder: keep a copy elsewhere, files cannot be read without it"
    return good(words if kept else "the data key comes from CARE_DATA_KEY")


def _owner(path: Path) -> str:
    return _name(path.stat().st_uid)


def _me() -> str:
    return _name(os.geteuid())


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
