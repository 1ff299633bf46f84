"""Sensitivity labels as bits, so that one integer column holds what a resource carries in `meta.security`.

The codes are HL7's: http://terminology.hl7.org/CodeSystem/v3-Confidentiality and v3-ActCode (sensitivity policies),
and one of our own for what came in and belongs to no chart yet. A label that is not listed here sets OTHER: what we do
not know the meaning of is hidden until somebody is allowed to see everything.
"""

from collections.abc import Iterable
from typing import Any

from carewright.core.terminology.coding import OWN_LABELS

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

_ORDER = (
    (CONFIDENTIALITY, "R"),  # restricted
    (CONFIDENTIALITY, "V"),  # very restricted
    (ACT_CODE, "ETH"),  # substance use
    (ACT_CODE, "SUD"),
    (ACT_CODE, "PSY"),  # psychiatry
    (ACT_CODE, "BH"),  # behavioural health
    (ACT_CODE, "SEX"),  # sexuality and reproductive health
    (ACT_CODE, "HIV"),
    (ACT_CODE, "STD"),
    (ACT_CODE, "SDV"),  # sexual assault, domestic violence
    (ACT_CODE, "TBOO"),  # taboo
    (ACT_CODE, "CEL"),  # celebrity
    (ACT_CODE, "EMP"),  # member of staff
    (ACT_CODE, "PDS"),  # patient requested
    (ACT_CODE, "GDIS"),  # genetic disease
    (ACT_CODE, "ADOL"),  # adolescent
    (OWN_LABELS, "unsorted"),  # a paper of which nobody has said yet whose it is
)
BITS = {label: 1 << number for number, label in enumerate(_ORDER)}
OTHER = 1 << 40
EVERYTHING = OTHER | sum(BITS.values())

_NOT_SENSITIVE = {(CONFIDENTIALITY, code) for code in ("U", "L", "M", "N")}


def labels_on(resource: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """The labels that a resource carries, each by its system and code."""
    listed = resource.get("meta", {}).get("security", ())
    return {(label.get("system", ""), label.get("code", "")): label for label in listed}


def with_labels_of(resource: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The resource with the labels of another one beside its own."""
    own = labels_on(resource)
    added = [label for name, label in labels_on(other).items() if name not in own]
    meta = resource.get("meta", {})
    return {**resource, "meta": {**meta, "security": [*meta.get("security", ()), *added]}} if added else resource


def mask_of(resource: dict[str, Any]) -> int:
    """The bits of the labels that a resource carries; 0 for none or for normal and lower confidentiality."""
    return mask(labels_on(resource))


def mask(labels: Iterable[tuple[str, str]]) -> int:
    bits = 0
    for label in labels:
        if label not in _NOT_SENSITIVE:
            bits |= BITS.get(label, OTHER)
    return bits
