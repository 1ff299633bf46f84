"""What is said of a database, a folder or a file that cannot be used, and what to do about it."""

import errno
import os
import sqlite3

DAMAGED = "Its file is damaged: keep it, and bring back the newest backup in a new data folder (carewright restore)."
NO_ANSWER = (
    "The PostgreSQL database does not answer. Is CARE_DATABASE_URL right (host, port, name, user, password), and the "
    "server running?"
)


def unusable(error: sqlite3.Error) -> str:
    """What is wrong with a SQLite database that cannot be used, and what to do about it."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code: https://www.sqlite.org/rescode.html
    folder = os.environ.get("CARE_DATA_DIR") or "./data"
    what = {
        sqlite3.SQLITE_CORRUPT: DAMAGED,
        sqlite3.SQLITE_NOTADB: DAMAGED,
        sqlite3.SQLITE_READONLY: f"Let the user who runs this write in the data folder, {folder}.",
        sqlite3.SQLITE_CANTOPEN: f"Let the user who runs this read and write in the data folder, {folder}.",
        sqlite3.SQLITE_FULL: "The disk is full: make room. Nothing that was saved is lost.",
        sqlite3.SQLITE_IOERR: "Is the disk full, or failing? Nothing that was saved is lost.",
    }.get(code, "`carewright doctor` may say why.")
    return f"The database cannot be used ({error}). {what}"


def no_file(error: OSError) -> str:
    """What is wrong with a file or folder, and what to do about it."""
    what = {
        errno.EACCES: " Let the user who runs this read and write there, or name another place.",
        errno.EPERM: " Let the user who runs this read and write there, or name another place.",
        errno.EROFS: " Name a place that can be written (for the data folder: --data-dir or CARE_DATA_DIR).",
        errno.ENOSPC: " Make room; nothing that was saved is lost.",
    }.get(error.errno or 0, "")
    return f"{error.filename or 'A file'}: {error.strerror or error}.{what}"
