"""What the core itself declares: the staff's projections, and who may read and change what belongs to no patient.

Everything about patients is declared by the skills. Wired first in `project`.
"""

from carewright.core.access.model import Interaction, Role
from carewright.core.access.staff import CREDENTIAL, STAFF_ROLE
from carewright.core.registry import Manifest, Permission, may_see

EVERYBODY = frozenset(Role)

STAFF_TYPES = ("Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Schedule")
DEFINITION_TYPES = (
    "ActivityDefinition", "CodeSystem", "ConceptMap", "PlanDefinition", "Questionnaire", "SearchParameter",
    "StructureDefinition", "ValueSet",
)  # fmt: skip
AUDIT_TYPES = ("AuditEvent", "Provenance")


MANIFEST = Manifest(
    name="staff",
    doc="The practice itself: its people, their roles and credentials, its sites, rooms and services.",
    projections=(STAFF_ROLE, CREDENTIAL),
    permissions=(
        may_see(
            "staff.see", EVERYBODY, on=STAFF_TYPES, doc="See who works here, the sites, rooms, services and schedules."
        ),
        Permission(
            action="staff.manage",
            roles=frozenset({Role.MANAGER}),
            doc="Add and change people, roles, credentials, sites, rooms, services and schedules.",
            grants=dict.fromkeys(STAFF_TYPES, frozenset(Interaction)),
        ),
        may_see(
            "definitions.see",
            EVERYBODY,
            on=DEFINITION_TYPES,
            doc="Read the definitions that the practice works by: protocols, questionnaires, value sets.",
        ),
        may_see(
            "audit.see",
            frozenset({Role.PRIVACY_OFFICER, Role.AUDITOR}),
            on=AUDIT_TYPES,
            doc="See who read and changed what, when and why; not what the chart says.",
        ),
    ),
)
