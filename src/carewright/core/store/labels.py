"""Sensitivity labels: what is made of a patient's record is seen by no more people than the record.

https://hl7.org/fhir/R4/security-labels.html
"""

from collections.abc import Sequence

from carewright.core.store.model import Ref, Resource
from carewright.core.store.writer import Writer


def labels_of(writer: Writer, patient: str, *, reason: str) -> list[Resource]:
    """The labels (meta.security) of a patient, by reference or id; none for "". NotFound."""
    if not patient:
        return []
    with writer.store.reader(writer.access, reason=reason) as reader:
        found = reader.resource(Ref("Patient", patient.removeprefix("Patient/")))
    return list(found.get("meta", {}).get("security", ()))


def labelled(resource: Resource, labels: Sequence[Resource]) -> Resource:
    """The resource with these labels besides those that it has."""
    meta: Resource = resource.get("meta", {})
    held: list[Resource] = list(meta.get("security", ()))
    added = [label for label in labels if label not in held]
    return {**resource, "meta": {**meta, "security": [*held, *added]}} if added else resource
