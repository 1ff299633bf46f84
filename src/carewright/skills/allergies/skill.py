"""What the allergies skill declares: permissions, the end of the hold on "ready", the rows of the banner."""

from collections.abc import Iterable, Mapping, Sequence

from carewright.core.access.model import CLINICAL, STAFF, Role
from carewright.core.registry import Manifest, Permission, may_see, may_write, tasks_for
from carewright.core.store.hooks import Effect, Extra, Projection, Put, Write, WriteContext, texts
from carewright.core.store.model import Ref, Resource
from carewright.core.work.tasks import ALLERGIES_ASKED, new_task, of_visit, with_status
from carewright.skills.allergies.fhir import asked_from_fhir, from_fhir
from carewright.skills.allergies.model import Asked, Status
from carewright.skills.allergies.rules import in_words


def _asking(write: Write) -> Asked | None:
    asked = asked_from_fhir(write.after) if write.after is not None else None
    return asked if asked is not None and asked.counts and asked.encounter else None


def _task_of(write: Write) -> list[Ref]:
    asked = _asking(write)
    return [of_visit(asked.encounter.removeprefix("Encounter/"), ALLERGIES_ASKED)] if asked else []


def asked_at_visit(write: Write, context: WriteContext) -> Sequence[Extra]:
    """An asking that counts completes the visit's task, whoever wrote it."""
    asked = _asking(write)
    if asked is None:
        return []
    (ref,) = _task_of(write)
    encounter_id = asked.encounter.removeprefix("Encounter/")
    task = context.loaded.get(ref) or new_task(encounter_id, ALLERGIES_ASKED, patient=asked.patient, at=asked.at)
    if task["status"] == "completed":
        return []
    done = with_status(task, "completed", at=asked.at, by=asked.by)
    return [
        Put(resource={**done, "output": [{"type": {"text": "Asked"}, "valueReference": {"reference": str(write.ref)}}]})
    ]


def allergy_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row for each allergy that counts."""
    allergy = from_fhir(resource)
    if allergy is None or allergy.status is not Status.ACTIVE:
        return
    yield {
        "id": resource["id"],
        "patient": allergy.patient.removeprefix("Patient/"),
        "substance": allergy.substance,
        "words": str(in_words(allergy)),
        "criticality": allergy.criticality or "",
    }


MANIFEST = Manifest(
    name="allergies",
    doc="Allergies and intolerances: asked at every visit, by whom, and the line in the banner.",
    permissions=(
        may_see(
            "allergies.see", STAFF, on=("AllergyIntolerance", "List"), doc="See allergies: they stand in every banner."
        ),
        may_write(
            "allergies.record",
            CLINICAL,
            on=("AllergyIntolerance", "List", "Task"),
            doc="Ask about allergies and write down what was told.",
        ),
        Permission(
            action="allergies.judge",
            roles=frozenset({Role.NURSE, Role.PROVIDER}),
            doc="Confirm or refute an allergy.",
        ),
    ),
    effects=(
        Effect(
            name="allergies-asked",
            types=frozenset({"List"}),
            apply=asked_at_visit,
            reads=_task_of,
            doc="An asking that counts completes the task that holds the hand-over.",
        ),
    ),
    projections=(
        Projection(
            name="allergy",
            types=frozenset({"AllergyIntolerance"}),
            columns=texts("id", "patient", "substance", "words", "criticality"),
            rows=allergy_rows,
            indexes=(("patient",),),
            doc="One row per allergy that counts.",
        ),
    ),
    task_codes=tasks_for(CLINICAL, ALLERGIES_ASKED),
)
