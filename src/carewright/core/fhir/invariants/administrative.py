"""Rules of people, places, appointments, tasks and forms that have been filled in."""

from collections.abc import Callable

from carewright.core.fhir.invariants.model import Invariant, Value, any_of, choice, has, in_order, not_both, objects
from carewright.core.fhir.structures import Content


def _at_home(name: str) -> Callable[[Value], bool]:
    return lambda value: all(item.get("use") != "home" for item in objects(value, name))


ADMINISTRATIVE: dict[Content, tuple[Invariant, ...]] = {
    ("Patient", "contact"): (
        Invariant(
            "pat-1",
            any_of("name", "telecom", "address", "organization"),
            "A contact has a name, a telephone or email, an address or an organization. Add one.",
        ),
    ),
    ("Organization", ""): (
        Invariant("org-1", any_of("identifier", "name"), "An organization has a name or an identifier. Add one."),
        Invariant("org-2", _at_home("address"), "An organization has no home address. Use 'work'.", "address"),
        Invariant("org-3", _at_home("telecom"), "An organization has no home telephone. Use 'work'.", "telecom"),
    ),
    ("Appointment", ""): (
        Invariant("app-2", lambda v: has(v, "start") == has(v, "end"), "Give both start and end, or neither."),
        Invariant(
            "app-3",
            lambda v: (has(v, "start") and has(v, "end")) or v.get("status") in {"proposed", "cancelled", "waitlist"},
            "A booked appointment has a start and an end. Add them.",
            "start",
        ),
        Invariant(
            "app-4",
            lambda v: not has(v, "cancelationReason") or v.get("status") in {"noshow", "cancelled"},
            "Only a cancelled or missed appointment has a reason for it. Leave it out.",
            "cancelationReason",
        ),
    ),
    ("Appointment", "participant"): (
        Invariant("app-1", any_of("type", "actor"), "A participant is named or has a type. Add one."),
    ),
    ("AppointmentResponse", ""): (
        Invariant("apr-1", any_of("participantType", "actor"), "A participant is named or has a type. Add one."),
    ),
    ("Task", ""): (
        Invariant(
            "inv-1",
            lambda v: in_order(v.get("authoredOn"), v.get("lastModified")),
            "The task was last modified before it was made. Correct one of the two.",
            "lastModified",
        ),
    ),
    ("Group", ""): (
        Invariant(
            "grp-1", lambda v: not has(v, "member") or v.get("actual") is True, "Only an actual group has members."
        ),
    ),
    ("Consent", ""): (
        Invariant(
            "ppc-1", any_of("policy", "policyRule"), "A consent names its policy or its rule. Add one.", "policyRule"
        ),
    ),
    ("AuditEvent", "entity"): (Invariant("sev-1", not_both("name", "query"), "Give a name or a query, not both."),),
    ("Parameters", "parameter"): (
        Invariant(
            "inv-1",
            lambda v: has(v, "part") + bool(choice(v, "value") or choice(v, "_value")) + has(v, "resource") == 1,
            "A parameter has a value, a resource or parts: one of them.",
        ),
    ),
    ("Linkage", ""): (
        Invariant("lnk-1", lambda v: len(v.get("item", ())) > 1, "A linkage has two items or more.", "item"),
    ),
    ("RequestGroup", "action"): (
        Invariant("rqg-1", lambda v: has(v, "resource") != has(v, "action"), "An action has a resource or actions."),
    ),
    ("QuestionnaireResponse", "item"): (
        Invariant(
            "qrs-1", not_both("answer", "item"), "An item has answers or items; items below an answer go into it."
        ),
    ),
}
