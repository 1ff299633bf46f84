"""Rules of R4 that a table of types and codes cannot say, each under the key that the specification gives it.

The formal rules stand on each type's page, for instance https://hl7.org/fhir/R4/observation.html#invs; the words here
are our own. A rule sees one object (the resource, or the element it belongs to). Rules that R4 marks as warnings, and
those that need more than the resource itself, are not here; `ref-1` and `dom-*` need the whole resource and are
checked in `element_checks`.
"""

from collections.abc import Mapping

from carewright.core.fhir.invariants.administrative import ADMINISTRATIVE
from carewright.core.fhir.invariants.clinical import CLINICAL
from carewright.core.fhir.invariants.data_types import DATA_TYPES
from carewright.core.fhir.invariants.definitions import BUNDLE, DEFINITIONS
from carewright.core.fhir.invariants.model import Invariant
from carewright.core.fhir.structures import Content

__all__ = ["INVARIANTS", "Invariant"]

INVARIANTS: Mapping[Content, tuple[Invariant, ...]] = {
    **DATA_TYPES,
    **CLINICAL,
    **ADMINISTRATIVE,
    **DEFINITIONS,
    **BUNDLE,
}
"""The rules by where they belong: a type and a path inside it."""
