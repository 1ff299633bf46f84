"""What went wrong, as an HTTP status and an OperationOutcome that says where and what to do.

https://hl7.org/fhir/R4/http.html#2.21.0.4 (status codes), https://hl7.org/fhir/R4/operationoutcome.html
Diagnostics hold no patient data: they come from `StoreError`s and from texts of our own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carewright.core.access.model import AccessDenied
from carewright.core.audit.queue import AuditQueueFull
from carewright.core.fhir.codec import MalformedJson, encode
from carewright.core.fhir.issues import Issue, outcome
from carewright.core.store.model import (
    BalanceShort,
    Conflict,
    Gone,
    Invalid,
    KeyTaken,
    NotFound,
    Referenced,
    Refused,
    StoreError,
    TooBusy,
    TooCostly,
    TooDeep,
    Unavailable,
)
from carewright.core.store.search.query import SearchError


class ApiError(Exception):
    """A request that cannot be carried out as it was sent."""

    def __init__(
        self,
        status: int,
        code: str,
        diagnostics: str,
        *,
        expressions: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(diagnostics)
        self.status, self.headers = status, dict(headers or {})
        self.issues = [Issue("error", code, diagnostics, where) for where in expressions or [""]]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error as it is answered."""

    status: int
    issues: Sequence[Issue]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return encode(outcome(self.issues))


EXPECTED = (ApiError, StoreError, AccessDenied, SearchError, MalformedJson, AuditQueueFull)
"""Errors that are answered with their text; every other one is answered with a request id only."""

_STATUS: Sequence[tuple[type[Exception], int, str]] = (
    (NotFound, 404, "not-found"),
    (Gone, 410, "deleted"),
    (KeyTaken, 409, "duplicate"),
    (BalanceShort, 409, "conflict"),
    (Referenced, 409, "conflict"),
    (Refused, 422, "business-rule"),
    (TooBusy, 503, "transient"),
    (TooCostly, 503, "too-costly"),
    (TooDeep, 400, "too-costly"),
    (Unavailable, 503, "transient"),
    (AuditQueueFull, 503, "transient"),
    (AccessDenied, 403, "forbidden"),
    (SearchError, 400, "invalid"),
    (MalformedJson, 400, "structure"),
    (StoreError, 409, "conflict"),
)
"""The first row that fits an error says how it is answered."""
CLINICAL_RECORD = "clinical-record"
"""The guard that keeps records of care from being deleted: answered 405, because the interaction is not offered."""
RETRY_AFTER_SECONDS = "1"


def problem(error: Exception) -> Problem:
    """How one of the EXPECTED errors is answered."""
    if isinstance(error, ApiError):
        return Problem(status=error.status, issues=error.issues, headers=error.headers)
    if isinstance(error, Invalid):
        return Problem(status=422, issues=[issue for issue in error.issues if isinstance(issue, Issue)])
    if isinstance(error, Conflict):
        # Without an expected version it is a create under an id that is taken, or a condition that several match.
        status = 409 if error.expected is None and error.ref.id != "?" else 412
        return Problem(status=status, issues=[Issue("error", "conflict", str(error))])
    status, code = next((status, code) for kind, status, code in _STATUS if isinstance(error, kind))
    headers = {"Retry-After": RETRY_AFTER_SECONDS} if code == "transient" else {}
    if isinstance(error, Refused) and error.guard == CLINICAL_RECORD:
        status, code, headers = 405, "not-supported", {"Allow": "GET, PUT"}
    return Problem(status=status, issues=[Issue("error", code, str(error))], headers=headers)


def crash(request_id: str) -> Problem:
    """An error of ours: whoever looks into it finds it in the log by the id."""
    text = f"Something went wrong here. Nothing was changed by this request; its id for the log is {request_id}."
    return Problem(status=500, issues=[Issue("fatal", "exception", text)])
