"""Compartments: what belongs to a patient, a visit, a person or a device, by which search parameters.

https://hl7.org/fhir/R4/compartmentdefinition.html; the table is R4's own (definitions/compartments.txt).
"""

from collections.abc import Mapping
from functools import cache

from carewright.core.fhir.structures import DEFINITIONS
from carewright.core.terminology.tables import read_table

ITSELF = "{def}"
"""Stands for the resource whose compartment it is."""


@cache
def compartments() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Whose compartments there are, to the types in each, to the parameters that put a resource into it."""
    found = {}
    for name, lines in read_table(DEFINITIONS / "compartments.txt"):
        parted = (line.split() for line in lines)
        found[name] = {kind: tuple("_id" if one == ITSELF else one for one in codes) for kind, *codes in parted}
    return found
