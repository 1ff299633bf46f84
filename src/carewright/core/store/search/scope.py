"""What every sub-select of a search carries besides its own condition: practice, and what the actor may see.

There is one place that writes it, so that no sub-select can be built without it. `place` names the kind of
sub-select; the access tests take the predicate out of one place at a time and must then find a leak.
"""

from msgspec import Struct

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import ADMINISTRATIVE, Predicate
from carewright.core.store.keys import key_of
from carewright.core.store.search.criteria import Conditions
from carewright.core.store.search.limits import criteria_of
from carewright.core.store.sql import Sql, all_of, joined, marks

PLACES = (
    "match", "criterion", "missing", "chain", "reverse", "include", "revinclude", "sort", "read", "history", "feed",
    "projection", "provenance", "export",
)  # fmt: skip


class Scope(Struct, frozen=True):
    """The practice and the predicate of one actor."""

    practice: str
    predicate: Predicate

    def sees(self, resource_type: str) -> bool:
        return resource_type in self.predicate.types

    def where(self, alias: str, place: str) -> Sql:
        """The condition on the rows of `alias`, a table with practice, patient_key and security columns."""
        name = (self.practice, alias, place)
        found: Sql | None = self.predicate.written.get(name)
        if found is None:
            found = self._where(alias, place)
            if not self.predicate.limits:  # what a limit asks for may depend on the time
                self.predicate.written[name] = found
        return found

    def _where(self, alias: str, place: str) -> Sql:
        if place not in PLACES:
            raise ValueError(f"Unknown place {place}.")
        return all_of(
            [Sql(f"{alias}.practice = ?", (self.practice,)), *self.visible(alias, typed=place != "projection")]
        )

    def where_now(self, alias: str, place: str) -> Sql:
        """As `where`, for rows of the past (versions, the feed): what was written before a label was added, or before
        the record was found to be another patient's, is as hidden as what stands now. What an earlier version said is
        in no index: of a type that is held to a search, only the version that stands now is shown."""
        if not self.visible(alias):
            return self.where(alias, place)
        now = Sql("EXISTS (SELECT 1 FROM current_resource now WHERE ") + self.where("now", place)
        now += Sql(f" AND now.key = {alias}.key")
        if self.predicate.limits:
            limited = Sql(f"{alias}.type NOT IN ") + marks(sorted(self.predicate.limits))
            now += Sql(" AND (") + limited + Sql(f" OR now.version = {alias}.version)")
        return self.where(alias, place) + Sql(" AND ") + now + Sql(")")

    def visible(self, alias: str, *, typed: bool = True) -> list[Sql]:
        """The parts of the predicate that depend on the row. `typed`: the rows say their type; a projection's do not,
        so that reads.py judges that by what it is made from."""
        parts = []
        hidden = EVERYTHING & ~self.predicate.sensitive
        if hidden:
            # That most rows have no label at all is what PostgreSQL's statistics can tell; of `&` it knows nothing and
            # would reckon with every two-hundredth row.
            parts.append(Sql(f"({alias}.security = 0 OR ({alias}.security & ?) = 0)", (hidden,)))
        if self.predicate.patient is not None:
            mine = Sql(f"{alias}.patient_key IN (") + self.with_aliases(self.predicate.patient) + Sql(")")
            of_nobody = Sql(f" OR {alias}.patient_key IS NULL")
            if typed:
                of_nobody += Sql(f" AND {alias}.type IN ") + marks(sorted(ADMINISTRATIVE))
            parts.append(Sql("(") + mine + of_nobody + Sql(")"))
        if typed:
            parts += self._within_limits(alias)
        return parts

    def _within_limits(self, alias: str) -> list[Sql]:
        """A row of a type that is held to searches belongs to a record that meets one of them, as it stands now.

        The index rows looked at are the record's own, so that they need no predicate of their own. Parentheses are few:
        a deep chain has this at every turn, and SQLite reads a hundred levels.
        """
        own = Scope(self.practice, Predicate(types=self.predicate.types, sensitive=EVERYTHING))
        conditions = Conditions(scope=own, families={})
        parts = []
        for resource_type, queries in sorted(self.predicate.limits.items()):
            met = [conditions.of_row(resource_type, alias, criteria_of(resource_type, query)) for query in queries]
            parts.append(Sql(f"({alias}.type <> ? OR ", (resource_type,)) + joined(" OR ", met) + Sql(")"))
        return parts

    def with_aliases(self, patient_id: str) -> Sql:
        """A sub-select of every key of this person: the patient's own and those of the records merged with it."""
        key = key_of("Patient", patient_id)
        return Sql(
            "SELECT ? UNION ALL SELECT a.old_key FROM alias a WHERE a.practice = ? AND a.surviving_key = ? "
            "UNION ALL SELECT a.surviving_key FROM alias a WHERE a.practice = ? AND a.old_key = ? "
            "UNION ALL SELECT b.old_key FROM alias a JOIN alias b ON b.practice = a.practice "
            "AND b.surviving_key = a.surviving_key WHERE a.practice = ? AND a.old_key = ?",
            (key, self.practice, key, self.practice, key, self.practice, key),
        )


def check_limit(resource_type: str, query: str) -> None:
    """SearchError unless records of the type can be held to the search, values and all."""
    limits = {resource_type: (query,)}
    Scope("", Predicate(types=frozenset({resource_type}), sensitive=EVERYTHING, limits=limits)).visible("c")
