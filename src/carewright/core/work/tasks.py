"""The tasks of a visit, in their first form: plain FHIR Tasks with ids that follow from the visit's.

The id is the Encounter's id and the task's code, so that any skill knows where "allergies asked" of this visit stands
without searching, and the same task is never made twice. https://hl7.org/fhir/R4/task.html
"""

from collections.abc import Sequence
from datetime import datetime

from carewright.core.access.model import Role
from carewright.core.fhir.dates import interval
from carewright.core.sentences import Sentence, joined, named, quoted, term
from carewright.core.store.model import Ref, Resource
from carewright.core.terminology.coding import Coding, own_system
from carewright.core.work.fhir import pool_to_fhir
from carewright.core.work.model import TASK_CODE, Pool

VITAL_SIGN = own_system("vital-sign")
"""Our name of a vital sign, beside the words of a reading that somebody is to be told of."""

NAME_AND_BIRTH_DATE = Coding(TASK_CODE, "name-and-birth-date", term("Name and birth date"))
ALLERGIES_ASKED = Coding(TASK_CODE, "allergies-asked", term("Allergies asked today"))
CRITICAL_VITAL_TOLD = Coding(TASK_CODE, "critical-vital-told", term("Somebody told about a critical vital sign"))
SAFETY_ITEMS = (NAME_AND_BIRTH_DATE, ALLERGIES_ASKED, CRITICAL_VITAL_TOLD)
"""What holds "ready for the provider"; nothing else does."""


ROOMING_POOL = Pool(role=Role.MA)
"""Whose the tasks of a visit are until somebody takes them."""


def of_visit(encounter_id: str, code: Coding) -> Ref:
    """Where the task `code` of a visit stands, whether it exists yet or not."""
    return Ref("Task", f"{encounter_id}-{code.code}")


def new_task(
    encounter_id: str, code: Coding, *, patient: str, at: datetime, status: str = "requested", owner: str | None = None
) -> Resource:
    """A task of a visit, as it is first written. `patient` and `owner` are references, `at` an aware instant."""
    task: Resource = {
        "resourceType": "Task",
        "id": of_visit(encounter_id, code).id,
        "status": status,
        "intent": "order",
        "code": code.concept(),
        "focus": {"reference": f"Encounter/{encounter_id}"},
        "for": {"reference": patient},
        "encounter": {"reference": f"Encounter/{encounter_id}"},
        "authoredOn": at.isoformat(timespec="seconds"),
        "lastModified": at.isoformat(timespec="seconds"),
        "performerType": [pool_to_fhir(ROOMING_POOL)],
    }
    if owner:
        task["owner"] = {"reference": owner}
    return task


def labelled(resource: Resource, labels: Sequence[Resource]) -> Resource:
    """The resource, as it is first written, with the sensitivity labels (meta.security) of what it was made from."""
    return {**resource, "meta": {"security": list(labels)}} if labels else resource


def with_status(
    task: Resource, status: str, *, at: datetime, by: str | None = None, why: str | None = None
) -> Resource:
    """The task in another status; `by` becomes its owner, `why` its statusReason in words."""
    # What is charted late happened before its task was made; a Task cannot have been modified before that (inv-1).
    modified = max(at, interval(task["authoredOn"])[0]) if "authoredOn" in task else at
    changed = {**task, "status": status, "lastModified": modified.isoformat(timespec="seconds")}
    if by:
        changed["owner"] = {"reference": by}
    if why:
        changed["statusReason"] = {"text": why}
    if status == "completed":
        period = {**task.get("executionPeriod", {}), "end": changed["lastModified"]}
        changed["executionPeriod"] = period
    return changed


def reading_words(sign: Resource | None, words: str, *, shown: str = "") -> Sentence:
    """The sign of a reading, so that a page can say it in another language, and its number where that is `shown`.

    `sign` is the concept that names the vital sign; words from elsewhere have none and stay as they are. A task names
    the sign alone: more people may see tasks than may see vital signs.
    """
    codings: list[Resource] = (sign or {}).get("coding", [])
    name = next((str(coding.get("display", "")) for coding in codings if coding.get("system") == VITAL_SIGN), "")
    if not name:
        return quoted(words)
    return joined(named(name), shown) if shown else named(name)
