"""A transaction as a plan: what is to be written, gathered without touching the database.

The plan is a value, so it can be run again when the database says that it met another transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from carewright.core.access.model import Access, AccessDenied, Interaction
from carewright.core.fhir import us_core
from carewright.core.fhir.references import patient_of
from carewright.core.fhir.validation import validate
from carewright.core.ids import new_id
from carewright.core.sentences import sentence
from carewright.core.store.hooks import Claim, Extra, Merge, Move, Release, Unmerge
from carewright.core.store.model import Change, Invalid, Origin, Ref, Refused, Resource, Stored

if TYPE_CHECKING:
    from carewright.core.store.search.query import SearchQuery

OUR_OWN = frozenset({Origin.SCREEN, Origin.SYSTEM})
"""What we write ourselves claims the profile that it meets; what others send says what they say."""
MAX_ENTRIES = 2_000
"""Write transactions are bounded, because an open one hides later feed rows (see feed.py)."""

RETRACTABLE = frozenset({
    "AllergyIntolerance", "CarePlan", "ClinicalImpression", "Communication", "Composition", "Condition", "Consent",
    "DetectedIssue", "DiagnosticReport", "DocumentReference", "Encounter", "FamilyMemberHistory", "Flag", "Goal",
    "ImagingStudy", "Immunization", "List", "Media", "MedicationAdministration", "MedicationDispense",
    "MedicationRequest", "MedicationStatement", "Observation", "Procedure", "QuestionnaireResponse", "RiskAssessment",
    "ServiceRequest", "SupplyDelivery", "Task", "Appointment", "Claim", "Coverage", "Patient",
})  # fmt: skip
"""Records of care. They are retracted (`entered-in-error`), never deleted."""


class Mode(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    PUT = "put"  # update, or create under the given id
    IMPORT = "import"  # put, but never over a version that is newer here
    DELETE = "delete"


class Done(StrEnum):
    """What became of a planned write."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    EXISTED = "existed"  # conditional create found a match
    KEPT_NEWER = "kept newer"  # import: the version here is newer


@dataclass(kw_only=True)
class Planned:
    """One write of the plan. `expected` is the version that must be current (None: whichever is)."""

    mode: Mode
    ref: Ref
    after: Resource | None
    expected: int | None = None
    if_none_exist: "SearchQuery | None" = None
    must_be_new: bool = False
    """A conditional create that is a Conflict, not a success, where one resource matches."""
    by_effect: str | None = None
    chosen: bool = False
    """A create under an id that its author has chosen, and that may be taken; a fresh id is nobody's."""

    @property
    def is_fresh(self) -> bool:
        """Whether nothing can stand under this id yet."""
        return self.mode is Mode.CREATE and not self.chosen


@dataclass(frozen=True, kw_only=True)
class Written:
    """The outcome of one planned write: what stands now."""

    planned: Ref
    done: Done
    stored: Stored
    by_effect: str | None = None


@dataclass
class Transaction:
    """Gathers writes. Nothing is read or written before the `with` block of `Writer.transaction` ends."""

    access: Access
    origin: Origin
    reason: str
    writes: list[Planned] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    results: list[Written] = field(default_factory=list)
    _refs: set[Ref] = field(default_factory=set)

    def create(
        self,
        resource: Resource,
        *,
        resource_id: str | None = None,
        if_none_exist: "SearchQuery | None" = None,
        must_be_new: bool = False,
    ) -> Ref:
        """Plan a create under a new id (or `resource_id`); returns the reference that it will have.

        Conflict at the end if something stands under the chosen id already.

        With `if_none_exist`, nothing is written when one resource matches already; `results` says which. With
        `must_be_new` that is a Conflict instead: for one who would rather have updated what matches.
        """
        resource_type = str(resource.get("resourceType", ""))
        self.access.require(Interaction.CREATE, resource_type)
        ref = Ref(resource_type, resource_id or new_id())
        after = {"resourceType": resource_type, "id": ref.id, **_without(resource, "resourceType", "id")}
        planned = Planned(mode=Mode.CREATE, ref=ref, after=after, chosen=resource_id is not None)
        planned.if_none_exist, planned.must_be_new = if_none_exist, must_be_new
        self._plan(planned)
        return ref

    def update(self, resource: Resource, *, version: int) -> Ref:
        """Plan an update of the version that was read; Conflict at the end if it is no longer the current one."""
        return self._put(resource, mode=Mode.UPDATE, expected=version)

    def put(self, resource: Resource, *, version: int | None = None) -> Ref:
        """Plan an update, or a create under the resource's own id. `version` as for update; None takes any."""
        return self._put(resource, mode=Mode.PUT, expected=version)

    def import_(self, resource: Resource) -> Ref:
        """Plan to take over a resource from elsewhere: no new version if nothing differs, never over a newer one.

        A label (meta.security) is never lost: one that comes in makes a new version, one that stands here stays.
        """
        return self._put(resource, mode=Mode.IMPORT, expected=None)

    def delete(self, ref: Ref, *, version: int | None = None) -> None:
        """Plan a deletion. Records of care are refused: retract them instead."""
        self.access.require(Interaction.DELETE, ref.type)
        if ref.type in RETRACTABLE:
            raise Refused(
                "clinical-record",
                sentence(
                    "%(type)s records are kept. Retract it instead: update its status to entered-in-error.",
                    type=ref.type,
                ),
            )
        self._plan(Planned(mode=Mode.DELETE, ref=ref, after=None, expected=version))

    def claim(self, kind: str, key: str, *, holder: Ref) -> None:
        """Plan to take a unique key; KeyTaken at the end if somebody else holds it."""
        self.extras.append(Claim(kind=kind, key=key, holder=holder))

    def release(self, kind: str, key: str, *, holder: Ref) -> None:
        self.extras.append(Release(kind=kind, key=key, holder=holder))

    def move(self, move: Move) -> None:
        """Plan a change of a balance; BalanceShort at the end if it would fall below its minimum."""
        self.extras.append(move)

    def merge(self, old: Ref, *, survivor: Ref) -> None:
        """Plan to make `old` another name of the patient `survivor`; the caller writes `Patient.link` beside it."""
        self.extras.append(Merge(old=old, survivor=survivor))

    def unmerge(self, old: Ref) -> None:
        """Plan to let a merged patient stand for itself again."""
        self.extras.append(Unmerge(old=old))

    @property
    def stored(self) -> Mapping[Ref, Stored]:
        """After the transaction: what stands now, by the reference that was planned."""
        return {written.planned: written.stored for written in self.results}

    def _put(self, resource: Resource, *, mode: Mode, expected: int | None) -> Ref:
        ref = Ref(str(resource.get("resourceType", "")), str(resource.get("id", "")))
        self.access.require(Interaction.UPDATE, ref.type)
        self._plan(Planned(mode=mode, ref=ref, after=resource, expected=expected))
        return ref

    def _plan(self, planned: Planned) -> None:
        if planned.ref in self._refs:
            raise ValueError(f"{planned.ref} is written twice in one transaction.")
        if len(self.writes) >= MAX_ENTRIES:
            raise ValueError(f"A transaction holds at most {MAX_ENTRIES} writes; send them in parts.")
        if planned.after is not None:
            check(planned.after, access=self.access)
            if self.origin in OUR_OWN:
                planned.after = us_core.claiming(planned.after)
        self._refs.add(planned.ref)
        self.writes.append(planned)


def check(resource: Resource, *, access: Access, by_effect: bool = False) -> None:
    """Invalid unless the resource is valid FHIR; AccessDenied where it is outside the one patient of this access.

    What belongs to nobody (a Group, the practice's own records) is not that patient's either; only an effect adds it.
    """
    issues = [issue for issue in validate(resource) if issue.severity in ("error", "fatal")]
    if issues:
        raise Invalid(issues)
    if access.patient is None:
        return
    about = patient_of(resource)
    if about != access.patient and not (by_effect and about is None):
        raise AccessDenied("This sign-on is for one patient's records only.")


def change_of(planned: Planned) -> Change:
    return {Mode.CREATE: Change.CREATE, Mode.DELETE: Change.DELETE}.get(planned.mode, Change.UPDATE)


def _without(resource: Resource, *names: str) -> Resource:
    return {name: value for name, value in resource.items() if name not in names}
