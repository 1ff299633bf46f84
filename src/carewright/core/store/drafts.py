"""Drafts: what somebody is typing into a form, kept on the server until it is saved or thrown away.

One draft per person, form and patient. Its content never goes into the audit, a log or a backup; it expires after a
week. Whoever reads it must be who typed it: the key is the actor of the `Access`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from carewright.core.access.model import Access
from carewright.core.clock import wall_now
from carewright.core.store.model import StoreError
from carewright.core.store.sql import Sql

if TYPE_CHECKING:
    from carewright.core.store.store import Store

KEPT_FOR = timedelta(days=7)
LONGEST = 256 * 1024
"""Characters; the longest form has a few thousand."""
NO_PATIENT = ""
NOTHING = ""
"""The content of a draft that was thrown away: it is no draft, and remembers how far its opening has come."""


class DraftTooLong(StoreError):
    """What was typed is longer than a draft may be."""

    def __init__(self) -> None:
        super().__init__("This text is too long to be kept while you type. Save it in parts.")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was typed into `form` for `patient_id` ("" for none) and when; `content` is the form's own text, `opening`
    tells one opening of the form from another."""

    form: str
    patient_id: str
    content: str
    at: datetime
    opening: str = ""


def save(
    store: "Store",
    access: Access,
    *,
    form: str,
    content: str,
    patient_id: str = NO_PATIENT,
    opening: str = "",
    number: int = 0,
) -> Draft:
    """Keep what was typed, in place of what was kept before; DraftTooLong.

    `number` rises with every sending of an opening. What is numbered higher stays: it was typed later and came first.
    """
    if len(content) > LONGEST:
        raise DraftTooLong
    draft = Draft(form=form, patient_id=patient_id, content=content, at=wall_now(), opening=opening)
    with store.driver.writing(access.practice) as connection:
        connection.execute(_put(access, draft, number))
    return draft


def _put(access: Access, draft: Draft, number: int) -> Sql:
    return Sql(
        "INSERT INTO draft (practice, actor, form, patient_id, content, at, opening, number) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (practice, actor, form, patient_id) "
        "DO UPDATE SET content = excluded.content, at = excluded.at, opening = excluded.opening, "
        "number = excluded.number WHERE draft.opening <> excluded.opening OR draft.number <= excluded.number",
        (
            access.practice, access.actor.reference, draft.form, draft.patient_id, draft.content, draft.at,
            draft.opening, number,
        ),
    )  # fmt: skip


def load(store: "Store", access: Access, *, form: str, patient_id: str = NO_PATIENT) -> Draft | None:
    """What this person typed into the form for this patient, under whichever of their charts, the one asked for first;
    None if there is nothing or it has expired."""
    with store.driver.reading(access.practice) as connection:
        rows = connection.rows(
            Sql(
                "SELECT content, at, opening FROM draft "
                "WHERE practice = ? AND actor = ? AND form = ? AND at >= ? AND content <> ? AND ",
                (access.practice, access.actor.reference, form, wall_now() - KEPT_FOR, NOTHING),
            )
            + _of_person(access.practice, patient_id)
            + Sql(" ORDER BY CASE WHEN patient_id = ? THEN 0 ELSE 1 END, at DESC", (patient_id,))
        )
    if not rows:
        return None
    at = store.driver.dialect.instant(rows[0][1])
    return Draft(form=form, patient_id=patient_id, content=str(rows[0][0]), at=at, opening=str(rows[0][2]))


def unfinished(store: "Store", access: Access) -> list[Draft]:
    """Everything this person began and did not save, newest first, without the content."""
    with store.driver.reading(access.practice) as connection:
        rows = connection.rows(
            Sql(
                "SELECT form, patient_id, at FROM draft "
                "WHERE practice = ? AND actor = ? AND at >= ? AND content <> ? ORDER BY at DESC",
                (access.practice, access.actor.reference, wall_now() - KEPT_FOR, NOTHING),
            )
        )
    instant = store.driver.dialect.instant
    return [Draft(form=str(row[0]), patient_id=str(row[1]), content="", at=instant(row[2])) for row in rows]


def discard(
    store: "Store", access: Access, *, form: str, patient_id: str = NO_PATIENT, opening: str = "", number: int = 0
) -> None:
    """Throw a draft away: it was saved, or is not wanted.

    With the `number` that the opening has come to, what it sent before and arrives only now is thrown away too.
    """
    with store.driver.writing(access.practice) as connection:
        connection.execute(
            Sql(
                "DELETE FROM draft WHERE practice = ? AND actor = ? AND form = ? AND ",
                (access.practice, access.actor.reference, form),
            )
            + _of_person(access.practice, patient_id)
        )
        if number:
            empty = Draft(form=form, patient_id=patient_id, content=NOTHING, at=wall_now(), opening=opening)
            connection.execute(_put(access, empty, number))


def _of_person(practice: str, patient_id: str) -> Sql:
    """What was typed for the patient, or for a chart that has been merged into theirs since."""
    return Sql(
        "(patient_id = ? OR patient_id IN (SELECT a.old_id FROM alias a WHERE a.practice = ? AND a.surviving_id = ?))",
        (patient_id, practice, patient_id),
    )


def purge(store: "Store", practice: str) -> int:
    """Remove what has expired; how many drafts that were."""
    with store.driver.writing(practice) as connection:
        return connection.execute(
            Sql("DELETE FROM draft WHERE practice = ? AND at < ?", (practice, wall_now() - KEPT_FOR))
        )
