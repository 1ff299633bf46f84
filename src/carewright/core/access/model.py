"""Who acts, and what of the chart they may see: values only, no look-ups.

An `Access` goes into every Reader and Writer. Its `Predicate` is what the search compiler puts into every
sub-select, so that what may not be seen is never fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from carewright.core.sentences import term


class Role(StrEnum):
    """The roles of a practice's staff; stored as PractitionerRole.code in our own code system."""

    FRONT_DESK = "front-desk"
    MA = "ma"
    LEAD_MA = "lead-ma"
    NURSE = "nurse"
    PROVIDER = "provider"
    BILLER = "biller"
    MANAGER = "manager"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"


ROLE_WORDS: Mapping[Role, str] = {
    Role.FRONT_DESK: term("Front desk"),
    Role.MA: term("Medical assistant"),
    Role.LEAD_MA: term("Lead medical assistant"),
    Role.NURSE: term("Nurse"),
    Role.PROVIDER: term("Provider"),
    Role.BILLER: term("Biller"),
    Role.MANAGER: term("Office manager"),
    Role.PRIVACY_OFFICER: term("Privacy officer"),
    Role.AUDITOR: term("Auditor"),
}


class Interaction(StrEnum):
    """SMART v2's five letters, spelled out."""

    CREATE = "c"
    READ = "r"
    UPDATE = "u"
    DELETE = "d"
    SEARCH = "s"


READ = frozenset({Interaction.READ, Interaction.SEARCH})
WRITE = READ | {Interaction.CREATE, Interaction.UPDATE}
"""The two grants that manifests give: to see records of a type, and to write them. Deleting is named apart."""

CLINICAL = frozenset({Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER})
"""Those who take care of patients."""
STAFF = frozenset(Role) - {Role.AUDITOR}
"""Everybody who works with patients' records; the auditor sees the audit alone."""


ADMINISTRATIVE = frozenset({
    "Practitioner", "PractitionerRole", "Organization", "OrganizationAffiliation", "Location", "HealthcareService",
    "Endpoint", "Schedule", "Slot", "InsurancePlan", "Medication", "MedicationKnowledge", "Substance",
    "ActivityDefinition", "ChargeItemDefinition", "CodeSystem", "ConceptMap", "DeviceDefinition", "Library",
    "NamingSystem", "ObservationDefinition", "PlanDefinition", "Questionnaire", "SpecimenDefinition",
    "StructureDefinition", "ValueSet",
})  # fmt: skip
"""Types whose records are about the practice or about knowledge. Somebody confined to one patient sees these; of any
other type only what belongs to that patient: a Group, List, Task or Appointment that belongs to nobody may name others.
"""


class Purpose(StrEnum):
    """Why the chart is opened (HL7 v3 PurposeOfUse)."""

    TREATMENT = "TREAT"
    PAYMENT = "HPAYMT"
    OPERATIONS = "HOPERAT"
    PATIENT_REQUEST = "PATRQT"
    EMERGENCY = "BTG"
    SYSTEM = "SYSADMIN"


class AccessDenied(Exception):
    """The actor may not do this. `reason` is a sentence for the person, without patient data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person or device that acts: `reference` is `Practitioner/…`, `Device/…` or `Patient/…`."""

    practice: str
    reference: str
    display: str = ""

    def __post_init__(self) -> None:
        if not self.practice or "/" not in self.reference:
            raise ValueError(f"An actor has a practice and a reference of the form Type/id; got {self!r}.")


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """What may be seen, as the search compiler needs it.

    `types` are the resource types that may be read; `patient` confines to what belongs to one `Patient` id
    and to what is ADMINISTRATIVE; `sensitive` is the set of sensitivity labels (see `labels.py`) that may be seen, as a
    bit mask.
    """

    types: frozenset[str]
    patient: str | None = None
    sensitive: int = 0
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """A type to the searches of which its records have to meet one (`category=vital-signs`); a type that is not named
    has no limit. Left out of the hash alone: the live feed groups its listeners by what they see."""

    @cached_property
    def written(self) -> dict[tuple[str, str, str], Any]:
        """The conditions that were written for it (store/search/scope.py): a token's serve many requests."""
        return {}


Limits = Mapping[str, Mapping[Interaction, tuple[str, ...]]]
"""A type and what is done with it to the searches of which a record has to meet one."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """One actor at work in one practice. Deny by default: what `grants` does not name is refused."""

    actor: Actor
    roles: frozenset[Role]
    purpose: Purpose = Purpose.TREATMENT
    grants: Mapping[str, frozenset[Interaction]] = field(default_factory=dict)
    actions: frozenset[str] = frozenset()
    patient: str | None = None
    sensitive: int = 0
    session: str = ""
    site: str | None = None
    on_behalf_of: str | None = None
    limits: Limits = field(default_factory=dict)

    @property
    def practice(self) -> str:
        return self.actor.practice

    @cached_property
    def named_roles(self) -> str:
        """The roles' codes with spaces between, as the audit has them."""
        return " ".join(sorted(self.roles))

    def may(self, interaction: Interaction, resource_type: str) -> bool:
        return interaction in self.grants.get(resource_type, frozenset())

    def require(self, interaction: Interaction, resource_type: str) -> None:
        """Raise AccessDenied unless `interaction` on `resource_type` is granted."""
        if not self.may(interaction, resource_type):
            raise AccessDenied(
                f"Your sign-on does not allow to {interaction.name.lower()} {resource_type} records. "
                "Ask a manager if your work needs it."
            )

    def may_do(self, action: str) -> bool:
        """Whether a named permission of a manifest (for instance `vitals.record`) is held."""
        return action in self.actions

    def require_action(self, action: str) -> None:
        if not self.may_do(action):
            raise AccessDenied(f"Your sign-on does not include '{action}'. Ask a manager if your work needs it.")

    def predicate(self, interaction: Interaction = Interaction.READ) -> Predicate:
        """What this actor may see with `interaction` (read or search), or touch with another one."""
        if interaction not in self._predicates:
            self._predicates[interaction] = Predicate(
                types=frozenset(t for t, allowed in self.grants.items() if interaction in allowed),
                patient=self.patient,
                sensitive=self.sensitive,
                limits={t: limited[interaction] for t, limited in self.limits.items() if interaction in limited},
            )
        return self._predicates[interaction]

    @cached_property
    def _predicates(self) -> dict[Interaction, Predicate]:
        """Those that were asked for: an access is a value, and a token's serves many requests."""
        return {}
