"""Rules of clinical resources."""

from typing import Any

from carewright.core.fhir.invariants.model import (
    Invariant,
    Value,
    any_of,
    choice,
    codings,
    has,
    in_order,
    needs,
    not_both,
    objects,
)
from carewright.core.fhir.structures import Content, is_resource
from carewright.core.terminology.coding import ALLERGY_VERIFICATION, CONDITION_CLINICAL, CONDITION_VERIFICATION


def is_mistake(value: Value, system: str) -> bool:
    return (system, "entered-in-error") in codings(value.get("verificationStatus"))


def _component_repeats_code(value: Value) -> bool:
    own = codings(value.get("code"))
    return any(own & codings(component.get("code")) for component in objects(value, "component"))


def _ended(value: Value) -> bool:
    states = codings(value.get("clinicalStatus"))
    return any((CONDITION_CLINICAL, code) in states for code in ("resolved", "remission", "inactive"))


def _may_be_practitioner(member: Any) -> bool:
    """False where the reference names another type; what it names elsewhere cannot be seen from here."""
    if not isinstance(member, dict):
        return False
    named = member.get("type") or member.get("reference", "").partition("/")[0]
    return named == "Practitioner" or not is_resource(named)


CLINICAL: dict[Content, tuple[Invariant, ...]] = {
    ("Observation", ""): (
        Invariant(
            "obs-6",
            lambda v: "dataAbsentReason" not in v or not choice(v, "value"),
            "There is a value, so there is no reason why it is absent. Leave one of the two out.",
            "dataAbsentReason",
        ),
        Invariant(
            "obs-7",
            lambda v: "component" not in v or not choice(v, "value") or not _component_repeats_code(v),
            "A component has the observation's own code, so the value belongs there. Leave one of the two out.",
        ),
    ),
    ("Observation", "referenceRange"): (
        Invariant("obs-3", any_of("low", "high", "text"), "A reference range has a low end, a high end or a text."),
    ),
    ("Condition", ""): (
        Invariant(
            "con-4",
            lambda v: not choice(v, "abatement") or _ended(v),
            "The condition has ended, so its status is inactive, remission or resolved. Correct one of the two.",
            "clinicalStatus",
        ),
        Invariant(
            "con-5",
            lambda v: "clinicalStatus" not in v or not is_mistake(v, CONDITION_VERIFICATION),
            "A condition charted by mistake has no clinical status. Leave it out.",
            "clinicalStatus",
        ),
    ),
    ("Condition", "stage"): (
        Invariant("con-1", any_of("summary", "assessment"), "A stage has a summary or assessment."),
    ),
    ("Condition", "evidence"): (Invariant("con-2", any_of("code", "detail"), "Evidence has a code or a detail."),),
    ("AllergyIntolerance", ""): (
        Invariant(
            "ait-1",
            lambda v: "clinicalStatus" in v or is_mistake(v, ALLERGY_VERIFICATION),
            "An allergy needs its clinical status unless it was charted by mistake. Add it.",
            "clinicalStatus",
        ),
        Invariant(
            "ait-2",
            lambda v: "clinicalStatus" not in v or not is_mistake(v, ALLERGY_VERIFICATION),
            "An allergy charted by mistake has no clinical status. Leave it out.",
            "clinicalStatus",
        ),
    ),
    ("CarePlan", "activity"): (Invariant("cpl-3", not_both("detail", "reference"), "Give a detail or a reference."),),
    ("CareTeam", "participant"): (
        Invariant(
            "ctm-1",
            lambda v: not has(v, "onBehalfOf") or _may_be_practitioner(v.get("member")),
            "Only a practitioner takes part on behalf of an organization. Leave it out.",
            "onBehalfOf",
        ),
    ),
    ("Goal", "target"): (
        Invariant(
            "gol-1",
            lambda v: not choice(v, "detail") or has(v, "measure"),
            "A target's detail needs its measure.",
            "measure",
        ),
    ),
    ("Immunization", "education"): (
        Invariant("imm-1", any_of("documentType", "reference"), "Name the document or give its address."),
    ),
    ("ServiceRequest", ""): (
        Invariant("prr-1", needs("orderDetail", "code"), "Order details need the code of what is ordered.", "code"),
    ),
    ("MedicationDispense", ""): (
        Invariant(
            "mdd-1",
            lambda v: in_order(v.get("whenPrepared"), v.get("whenHandedOver")),
            "It was handed over before it was prepared. Correct one of the two.",
            "whenHandedOver",
        ),
    ),
    ("MedicationAdministration", "dosage"): (
        Invariant("mad-1", lambda v: has(v, "dose") or bool(choice(v, "rate")), "Give the dose or the rate."),
    ),
    ("FamilyMemberHistory", ""): (
        Invariant(
            "fhs-1", lambda v: not (choice(v, "age") and choice(v, "born")), "Give the age or the birth date, not both."
        ),
        Invariant(
            "fhs-2", lambda v: not has(v, "estimatedAge") or bool(choice(v, "age")), "No age is there to be estimated."
        ),
    ),
    ("Composition", "section"): (
        Invariant("cmp-1", any_of("text", "entry", "section"), "A section has a text, entries or sections."),
        Invariant("cmp-2", not_both("emptyReason", "entry"), "There are entries, so there is no reason for none."),
    ),
    ("List", ""): (
        Invariant("lst-1", not_both("emptyReason", "entry"), "There are entries, so there is no reason for none."),
        Invariant(
            "lst-2",
            lambda v: v.get("mode") == "changes" or not any(has(entry, "deleted") for entry in objects(v, "entry")),
            "Only a list of changes can mark entries as deleted.",
        ),
        Invariant(
            "lst-3",
            lambda v: v.get("mode") == "working" or not any(has(entry, "date") for entry in objects(v, "entry")),
            "Only a working list has dates on its entries.",
        ),
    ),
}
