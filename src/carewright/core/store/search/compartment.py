"""A search within a compartment: among what refers to one resource. https://hl7.org/fhir/R4/compartmentdefinition.html"""

from collections.abc import Iterable
from dataclasses import replace

from carewright.core.fhir.search_parameters import parameters_for
from carewright.core.store.model import Ref
from carewright.core.store.search.query import Criterion, Junction, SearchQuery

PARAM = "_compartment"


def within(query: SearchQuery, *, owner: Ref, members: Iterable[str]) -> SearchQuery:
    """The same search among the resources that refer to `owner` by any of the parameters `members`; `_id` stands for
    the owner itself."""
    codes = [code for code in members if code in parameters_for(query.type)]
    parts = tuple(Criterion(param=code, values=(owner.id if code == "_id" else str(owner),)) for code in codes)
    member = parts[0] if len(parts) == 1 else Criterion(param=PARAM, junction=Junction(every=False, parts=parts))
    return replace(query, criteria=(*query.criteria, member))
