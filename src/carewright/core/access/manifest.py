"""What the core itself declares: the staff's projections, and who may read and change what belongs to no patient.

Everything about patients is declared by the skills. Wired first in `project`.
"""

from collections.abc import Iterable

from carewright.core.access.model import Interaction, Role
from carewright.core.access.staff import CREDENTIAL, STAFF_ROLE
from carewright.core.registry import Manifest, Permission

EVERYBODY = frozenset(Role)
SEE = frozenset({Interaction.READ, Interaction.SEARCH})

STAFF_TYPES = ("Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Schedule")
DEFINITION_TYPES = (
    "ActivityDefinition", "CodeSystem", "ConceptMap", "PlanDefinition", "Questionnaire", "SearchParameter",
    "StructureDefinition", "ValueSet",
)  # fmt: skip
AUDIT_TYPES = ("AuditEvent", "Provenance")


def _on(types: Iterable[str], interactions: frozenset[Interaction]) -> dict[str, frozenset[Interaction]]:
    return dict.fromkeys(types, interactions)


MANIFEST = Manifest(
    name="staff",
    doc="The practice itself: its people, their roles and credentials, its sites, rooms and services.",
    projections=(STAFF_ROLE, CREDENTIAL),
    permissions=(
        Permission(
            action="staff.see",
            roles=EVERYBODY,
            doc="See who works here, the sites, rooms, services and schedules.",
            grants=_on(STAFF_TYPES, SEE),
        ),
        Permission(
            action="staff.manage",
            roles=frozenset({Role.MANAGER}),
            doc="Add and change people, roles, credentials, sites, rooms, services and schedules.",
            grants=_on(STAFF_TYPES, frozenset(Interaction)),
        ),
        Permission(
            action="definitions.see",
            roles=EVERYBODY,
            doc="Read the definitions that the practice works by: protocols, questionnaires, value sets.",
            grants=_on(DEFINITION_TYPES, SEE),
        ),
        Permission(
            action="audit.see",
            roles=frozenset({Role.PRIVACY_OFFICER, Role.AUDITOR}),
            doc="See who read and changed what, when and why; not what the chart says.",
            grants=_on(AUDIT_TYPES, SEE),
        ),
    ),
)
