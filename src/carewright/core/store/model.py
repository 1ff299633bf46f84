"""The values that cross the store's edge: references, stored versions, planned writes, and what they can fail with."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from carewright.core.sentences import Sentence

Resource = dict[str, Any]
"""A decoded FHIR resource: JSON objects as dicts in their order, decimals as `decimal.Decimal`."""


class Origin(StrEnum):
    """Where a write comes from. Workflow guards and effects do not run for IMPORT and RESTORE; integrity guards do."""

    SCREEN = "screen"
    API = "api"
    DEVICE = "device"
    INTERFACE = "interface"
    IMPORT = "import"
    RESTORE = "restore"
    SYSTEM = "system"


class Change(StrEnum):
    """What a version did to its resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Ref(Struct, frozen=True, order=True):
    """A resource of this practice: `Ref("Patient", "123")`."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"

    @classmethod
    def local(cls, reference: str) -> "Ref | None":
        """The resource that a reference of the form `Type/id` names; None for any other form (an address, a URN)."""
        kind, slash, resource_id = reference.partition("/")
        return cls(kind, resource_id) if slash and kind.isalpha() and resource_id and "/" not in resource_id else None


class Stored(Struct, frozen=True, kw_only=True):
    """One stored version. `body` is the exact stored encoding, None where the version is a deletion."""

    ref: Ref
    version: int
    at: datetime
    change: Change
    body: bytes | None

    @property
    def etag(self) -> str:
        return f'W/"{self.version}"'


class StoreError(Exception):
    """Base of what a write or read can fail with; the text is for people and holds no patient data."""


class NotFound(StoreError):
    """Not there, or not visible to this actor: the two are not told apart."""


class Gone(StoreError):
    """It was there and has been deleted."""


class Conflict(StoreError):
    """The version that an update names is not the current one. `current` is the stored version now."""

    def __init__(self, ref: Ref, *, expected: int | None, current: Stored | None) -> None:
        super().__init__(f"{ref} has been changed since you opened it.")
        self.ref, self.expected, self.current = ref, expected, current


class KeyTaken(StoreError):
    """A key claim (MRN, slot seat, idempotency key …) is held by another resource.

    `holder` is None where the actor may not see what holds it.
    """

    def __init__(self, kind: str, key: str, holder: Ref | None) -> None:
        super().__init__(f"This {kind} is taken.")
        self.kind, self.key, self.holder = kind, key, holder


class BalanceShort(StoreError):
    """A balance would fall below its minimum."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"Not enough {kind} left.")
        self.kind, self.key = kind, key


class Refused(StoreError):
    """A guard refused the write. `guard` is its name; the sentence says why and what would help."""

    def __init__(self, guard: str, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.guard, self.reason = guard, reason


class Invalid(StoreError):
    """The resource is not valid FHIR; `issues` are OperationOutcome issues (see core.fhir.issues)."""

    def __init__(self, issues: "list[Any]") -> None:
        super().__init__("The record is not valid: " + "; ".join(str(issue) for issue in issues[:5]))
        self.issues = issues


class Referenced(StoreError):
    """A deletion was refused because other resources refer to this one; `by` lists some that the actor may see."""

    def __init__(self, ref: Ref, by: list[Ref]) -> None:
        named = ", ".join(map(str, by[:10])) or "records that you may not see"
        super().__init__(f"{ref} is referred to by {named}.")
        self.ref, self.by = ref, by


class TooBusy(StoreError):
    """The write met others again and again, or the database's write lock did not come in time. Nothing was written."""

    def __init__(self) -> None:
        super().__init__("Others are writing at the same time. Nothing was saved; try again in a moment.")


class TooDeep(StoreError):
    """A search leads on further than the database reads."""

    def __init__(self) -> None:
        super().__init__(
            "This search leads on too far to be asked at once. Use a shorter chain, or a filter with fewer parentheses."
        )


class TooCostly(StoreError):
    """A read took longer than anybody may hold up the database."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This could not be found within {seconds:g} seconds. Narrow it: name a patient, a code or a date, "
            "ask for less with _count, and leave out _total, _include and chains that you can do without."
        )


class Unavailable(StoreError):
    """The database does not answer. `begun`: it broke off in the midst, so that a write may have come through."""

    def __init__(self, *, begun: bool = False) -> None:
        super().__init__(
            "The connection to the database broke off. Look whether this was saved before you send it again."
            if begun
            else "The database does not answer just now. Nothing was saved; try again in a minute."
        )
