"""What is said of a database that cannot be used."""

import sqlite3

DAMAGED = "Its file is damaged: keep it, and bring back the newest backup in a new data folder (carewright restore)."
NO_ANSWER = (
    "The PostgreSQL database does not answer. Is CARE_DATABASE_URL right (host, port, name, user, password), and the "
    "server running?"
)


def unusable(error: sqlite3.Error) -> str:
    """What is wrong with a SQLite database that cannot be used, and what to do about it."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code: https://www.sqlite.org/rescode.html
    what = {
        sqlite3.SQLITE_CORRUPT: DAMAGED,
        sqlite3.SQLITE_NOTADB: DAMAGED,
        sqlite3.SQLITE_READONLY: "Let the user who runs this write in the data folder.",
        sqlite3.SQLITE_CANTOPEN: "Let the user who runs this read and write in the data folder.",
        sqlite3.SQLITE_FULL: "The disk is full: make room. Nothing that was saved is lost.",
        sqlite3.SQLITE_IOERR: "Is the disk full, or failing? Nothing that was saved is lost.",
    }.get(code, "`carewright doctor` may say why.")
    return f"The database cannot be used ({error}). {what}"
