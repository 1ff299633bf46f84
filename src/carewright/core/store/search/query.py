"""A search as a value: what `parse.py` makes of the parameters and `compile.py` turns into SQL.

Source: https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

DEFAULT_COUNT = 50
MAX_COUNT = 1_000


class SearchError(ValueError):
    """The search cannot be understood; the text says which part and what to do."""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One search parameter with its alternatives (the values between commas: any of them).

    `chain` is the rest of a chained search: for `subject:Patient.name=x` it is the criterion `name=x` on Patient.
    `reverse` is the inner part of `_has`, `junction` several criteria in one.
    """

    param: str
    values: tuple[str, ...] = ()
    modifier: str = ""
    chain: "Chain | None" = None
    reverse: "Reverse | None" = None
    junction: "Junction | None" = None

    def alone(self) -> Iterator["Criterion"]:
        """The criteria that a junction joins, whatever is inside it; of any other the criterion itself."""
        if self.junction is None:
            yield self
        else:
            for part in self.junction.parts:
                yield from part.alone()


@dataclass(frozen=True, kw_only=True)
class Chain:
    """`subject:Patient.name=x`: the referenced resource of one of `types` meets `criterion`."""

    types: tuple[str, ...]
    criterion: Criterion


@dataclass(frozen=True, kw_only=True)
class Reverse:
    """`_has:Observation:patient:code=x`: a resource of `type` whose `reference` names this one meets `criterion`."""

    type: str
    reference: str
    criterion: Criterion


@dataclass(frozen=True, kw_only=True)
class Junction:
    """All of the parts are met (`every`), or any of them: of `_filter`, of a name's words, of a compartment."""

    every: bool
    parts: tuple[Criterion, ...]


@dataclass(frozen=True, kw_only=True)
class Include:
    """`_include=Observation:subject` or, reversed, `_revinclude=…`; `iterate`: also of what is included."""

    source: str
    param: str
    target: str = ""
    reverse: bool = False
    iterate: bool = False


@dataclass(frozen=True, kw_only=True)
class Sort:
    param: str
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """A search on one resource type. `after` is the position behind which the page begins."""

    type: str
    criteria: tuple[Criterion, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int = DEFAULT_COUNT
    includes: tuple[Include, ...] = ()
    after: str | None = None
    total: bool = False
    summary_count: bool = False

    @property
    def canonical(self) -> str:
        """The same text for the same conditions in any order: the key that a conditional create locks."""
        return "&".join(sorted(_text(c) for c in self.criteria))


def _text(criterion: Criterion) -> str:
    inner = criterion.chain or criterion.reverse or criterion.junction
    return f"{criterion.param}:{criterion.modifier}={','.join(sorted(criterion.values))}{inner or ''}"
