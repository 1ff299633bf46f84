"""What getting ready for visits declares: who may see which part of it, its rows, its tasks."""

from collections.abc import Callable, Iterable, Mapping

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, Permission, may_see, tasks_for
from carewright.core.store.hooks import Column, Projection, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.previsit import codes, fhir

HUDDLERS = CLINICAL | {Role.FRONT_DESK, Role.MANAGER}


def _rows(
    name: str,
    of: str,
    rows: Callable[[Resource], Iterable[Mapping[str, object]]],
    columns: tuple[Column, ...],
    doc: str,
) -> Projection:
    indexes = (("patient",),)
    return Projection(name=name, types=frozenset({of}), columns=columns, rows=rows, indexes=indexes, doc=doc)


MANIFEST = Manifest(
    name="previsit",
    doc="Getting ready for a visit: what is outstanding, due, owed or to be set out for each booked patient.",
    permissions=(
        may_see(
            "previsit.see-chart",
            CLINICAL,
            on=("CarePlan", "Condition", "DiagnosticReport", "Observation", "QuestionnaireResponse", "ServiceRequest"),
            doc="See what treatment needs before a visit: results, referrals, care gaps, forms.",
        ),
        may_see(
            "previsit.see",
            HUDDLERS,
            on=("Appointment", "Coverage", "Encounter", "Flag", "Patient", "Task"),
            doc="See what the desk needs before a visit: insurance, interpreter, rides.",
        ),
        may_see(
            "previsit.see-consents",
            CLINICAL | {Role.FRONT_DESK},
            on=("Consent",),
            doc="See which consents are signed.",
        ),
        Permission(
            action="previsit.do",
            roles=HUDDLERS,
            doc="Hand out what a visit needs, and say that it is seen to.",
        ),
    ),
    projections=(
        _rows(
            "prep_order", "ServiceRequest", fhir.order_rows,
            (*texts("id", "patient", "words"), *wholes("is_referral"), *texts("asked_on")),
            "One row per order that waits for a result or a note.",
        ),
        _rows(
            "prep_report", "DiagnosticReport", fhir.report_rows,
            (*texts("id", "patient", "words"), *wholes("is_final"), *texts("answers", "token", "done_on")),
            "One row per report, order that it answers and code that closes a care gap.",
        ),
        _rows(
            "prep_measure", "Observation", fhir.measure_rows,
            (*texts("patient", "token", "done_on"), *wholes("systolic_mmhg", "diastolic_mmhg"), *texts("at")),
            "One row per measurement that closes a care gap, and per blood pressure.",
        ),
        _rows("prep_problem", "Condition", fhir.problem_rows, texts("patient", "code"), "One row per active problem."),
        _rows(
            "prep_cover", "Coverage", fhir.cover_rows, texts("patient", "payer", "starts_on", "ends_on"),
            "One row per active insurance.",
        ),
        _rows(
            "prep_consent", "Consent", fhir.consent_rows, texts("patient", "consent", "signed_on"),
            "One row per consent that stands.",
        ),
        _rows(
            "prep_form", "QuestionnaireResponse", fhir.form_rows, texts("patient", "form", "filled_on"),
            "One row per form of ours that was filled in.",
        ),
        _rows("prep_plan", "CarePlan", fhir.plan_rows, texts("patient", "words", "made_on"), "One row per plan."),
    ),
    task_codes=(
        *tasks_for(CLINICAL, *codes.CLINICAL_TASKS, *codes.OFFERS),
        *tasks_for(HUDDLERS, *codes.DESK_TASKS),
    ),
)  # fmt: skip
