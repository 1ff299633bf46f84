"""What is wrong with a resource, and the OperationOutcome that says so.

FHIR R4: https://hl7.org/fhir/R4/operationoutcome.html, issue types https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from collections.abc import Iterable
from dataclasses import dataclass

from carewright.core.fhir.model import Resource


@dataclass(frozen=True)
class Issue:
    """One finding. `diagnostics` says what is wrong and what to do, without patient data; `expression` says where.

    `severity` is FHIR's fatal, error, warning or information; `code` is an issue type (required, value, invariant …).
    """

    severity: str
    code: str
    diagnostics: str
    expression: str = ""

    def __str__(self) -> str:
        return f"{self.expression}: {self.diagnostics}" if self.expression else self.diagnostics

    def to_fhir(self) -> Resource:
        issue: Resource = {"severity": self.severity, "code": self.code, "diagnostics": self.diagnostics}
        return issue | ({"expression": [self.expression]} if self.expression else {})


def outcome(issues: Iterable[Issue]) -> Resource:
    """The OperationOutcome with these issues; with none, the one that says that all is well."""
    found = [issue.to_fhir() for issue in issues]
    well = Issue("information", "informational", "All is well.").to_fhir()
    return {"resourceType": "OperationOutcome", "issue": found or [well]}
