"""Reads of visits: one visit as it stands, and the rows of the board."""

from dataclasses import dataclass
from datetime import datetime

from carewright.core.sentences import Sentence, sentence
from carewright.core.store.model import Gone, NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.core.work.tasks import (
    ALLERGIES_ASKED,
    CRITICAL_VITAL_TOLD,
    NAME_AND_BIRTH_DATE,
    of_visit,
    reading_words,
)
from carewright.skills.visit.codes import FLOW_TASKS
from carewright.skills.visit.fhir import from_fhir
from carewright.skills.visit.model import CriticalVital, Readiness, Visit


@dataclass(frozen=True, kw_only=True)
class OpenVisit:
    """A visit as it was read: the values, the resource they came from, and the version that an update must name."""

    visit: Visit
    encounter: Resource
    version: int

    @property
    def ref(self) -> Ref:
        return Ref("Encounter", self.visit.id)

    @property
    def labels(self) -> list[Resource]:
        """Its sensitivity labels (meta.security), which what is written for it carries too."""
        return list(self.encounter.get("meta", {}).get("security", ()))


def labels_of(reader: Reader, *references: str | None) -> list[Resource]:
    """The sensitivity labels of some records (`Type/id`) together, as far as they may be read."""
    found: list[Resource] = []
    for reference in filter(None, references):
        try:
            resource = reader.resource(Ref(*reference.split("/", 1)))
        except (NotFound, Gone):
            continue
        found += [label for label in resource.get("meta", {}).get("security", ()) if label not in found]
    return found


def open_visit(reader: Reader, encounter_id: str) -> OpenVisit:
    """The visit of an Encounter; NotFound."""
    encounter = reader.resource(Ref("Encounter", encounter_id))
    return OpenVisit(visit=from_fhir(encounter), encounter=encounter, version=int(encounter["meta"]["versionId"]))


def flow_tasks(reader: Reader, encounter_id: str) -> dict[str, Resource]:
    """The flow tasks of a visit that exist, by code."""
    found = {code.code: reader.resource_or_none(of_visit(encounter_id, code)) for code in FLOW_TASKS}
    return {code: task for code, task in found.items() if task is not None}


def readiness(reader: Reader, encounter_id: str) -> Readiness:
    """What holds "ready", read from the three safety tasks of the visit."""
    return readiness_of({
        code.code: reader.resource_or_none(of_visit(encounter_id, code))
        for code in (NAME_AND_BIRTH_DATE, ALLERGIES_ASKED, CRITICAL_VITAL_TOLD)
    })  # fmt: skip


def readiness_of(tasks: dict[str, Resource | None]) -> Readiness:
    """The same from tasks by code; a critical vital sign that nobody was told of keeps its task open."""
    critical = tasks.get(CRITICAL_VITAL_TOLD.code)
    untold = () if critical is None or critical["status"] in ("completed", "cancelled") else _words(critical)
    return Readiness(
        identity_checked=_done(tasks.get(NAME_AND_BIRTH_DATE.code)),
        allergies_asked=_done(tasks.get(ALLERGIES_ASKED.code)),
        critical_vitals=untold,
    )


def left_open(
    reader: Reader, *, site: str, before: datetime, patients: tuple[str, ...] | None = None
) -> list[dict[str, object]]:
    """The visits that began at `site` before `before` and that nobody has ended; with `patients` only theirs."""
    whose = {} if patients is None else {"patient": patients}
    where = {"site": site, "is_open": 1, "started_at": Between(None, before), **whose}
    return reader.rows("visit", where=where, order=("started_at",))


def board_rows(reader: Reader, *, site: str, since: datetime, until: datetime) -> list[dict[str, object]]:
    """The visits that began at `site` (`Organization/…`) in [since, until), as rows of the `visit` projection."""
    return reader.rows("visit", where={"site": site, "started_at": Between(since, until)}, order=("started_at",))


def _done(task: Resource | None) -> bool:
    return task is not None and task["status"] == "completed"


def _words(task: Resource) -> tuple[CriticalVital, ...]:
    """The readings that the task names as its inputs and that no output says somebody was told of."""
    told = {entry.get("valueReference", {}).get("reference") for entry in task.get("output", ())}
    return tuple(
        CriticalVital(words=_reading_words(entry))
        for entry in task.get("input", ())
        if entry.get("valueReference", {}).get("reference") not in told
    )


def _reading_words(entry: Resource) -> Sentence:
    words = str(entry.get("valueReference", {}).get("display", ""))
    return reading_words(entry.get("type"), words) if words else sentence("A critical vital sign")
