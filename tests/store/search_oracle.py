"""A search engine of a few pages, written from the specification alone: no index, no SQL, one resource at a time.

It knows nothing of `core.store.search` nor of the index tables: dates, folding, references and parameters are its
own. Source: https://hl7.org/fhir/R4/search.html. What the specification leaves to the server is what our
documentation says: a resource without a value sorts last, a date without a zone is UTC.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.store.search_values import Range, amount_matches, amount_of, date_matches, date_range, period_range

Resource = dict[str, Any]
Values = Callable[[Resource], Iterable[Any]]


@dataclass(frozen=True)
class Eyes:
    """What somebody may see: types, one patient or all (None), sensitivity labels by code or all (None)."""

    types: frozenset[str]
    patient: str | None = None
    labels: frozenset[str] | None = None
    merged: frozenset[str] = frozenset()
    """Records that are other names of the one patient."""
    held_to: tuple[tuple[str, str, str], ...] = ()
    """(type, element, word): records of the type are seen only if the element says the word."""

    def see(self, resource: Resource) -> bool:
        about = patient_of(resource)
        codes = {label["code"] for label in resource.get("meta", {}).get("security", ())} - {"N"}
        return (
            resource["resourceType"] in self.types
            and (
                self.patient is None
                or about in {self.patient, *self.merged}
                or (about is None and _of_the_house(resource))
            )
            and (self.labels is None or codes <= self.labels)
            and all(
                says(resource, element, word)
                for kind, element, word in self.held_to
                if kind == resource["resourceType"]
            )
        )


def says(resource: Resource, element: str, word: str) -> bool:
    """Whether a code element, or one of a concept's codings, is the word."""
    found = resource.get(element)
    codings = found.get("coding", ()) if isinstance(found, dict) else ()
    return found == word or any(coding.get("code") == word for coding in codings)


def _of_the_house(resource: Resource) -> bool:
    """Whether a record that belongs to no patient is about the practice, so that it names none either."""
    return resource["resourceType"] in {"Practitioner", "Organization", "Location", "Questionnaire", "Medication"}


def patient_of(resource: Resource) -> str | None:
    """The id of the patient whose record this is."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    for reference in (*references("subject")(resource), *references("performer")(resource)):
        if reference.startswith("Patient/"):
            return str(reference.removeprefix("Patient/"))
    return None


# -- values in resources ----------------------------------------------------------------------------------------------


def at(*names: str) -> Values:
    """Everything that stands at a path, through lists."""

    def values(found: Any) -> Iterator[Any]:
        listed = [found]
        for name in names:
            listed = [inner for outer in listed for inner in _flat(outer.get(name))]
        yield from listed

    return values


def _flat(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def codes(*names: str) -> Values:
    """(None, code) of a `code`, whose system is implied by the element."""
    return lambda resource: [(None, value) for value in at(*names)(resource)]


def booleans(*names: str) -> Values:
    return lambda resource: [(None, "true" if value else "false") for value in at(*names)(resource)]


def codings(*names: str) -> Values:
    return lambda resource: [(value.get("system", ""), value["code"]) for value in at(*names)(resource)]


def identifiers(resource: Resource) -> list[tuple[str, str]]:
    return [(value.get("system", ""), value["value"]) for value in at("identifier")(resource)]


def references(*names: str, only: str = "") -> Values:
    def values(resource: Resource) -> Iterator[str]:
        for value in at(*names)(resource):
            if value["reference"].startswith(only):
                yield value["reference"]

    return values


def dates(*names: str) -> Values:
    return lambda resource: [date_range(value) for value in at(*names)(resource)]


def periods(*names: str) -> Values:
    return lambda resource: [period_range(value) for value in at(*names)(resource)]


def either(*sources: Values) -> Values:
    return lambda resource: [value for source in sources for value in source(resource)]


def names_of(resource: Resource) -> Iterator[str]:
    for part in ("family", "given", "prefix", "text"):
        yield from at("name", part)(resource)


def timings(resource: Resource) -> Iterator[Range]:
    for timing in at("effectiveTiming")(resource):
        ranges = [date_range(event) for event in timing["event"]]
        yield min(low for low, _ in ranges), max(high for _, high in ranges)


def deceased(resource: Resource) -> list[tuple[None, str]]:
    dead = bool(resource.get("deceasedBoolean") or resource.get("deceasedDateTime"))
    return [(None, "true" if dead else "false")]


def amounts(*names: str) -> Values:
    return lambda resource: [amount_of(value) for value in at(*names)(resource)]


def side_by_side(places: Values, value: Values) -> Values:
    """(codes, values) of each place: what a composite asks about."""
    code = codings("code", "coding")
    return lambda resource: [(list(code(place)), list(value(place))) for place in places(resource)]


def itself(resource: Resource) -> list[Resource]:
    return [resource]


QUANTITY, CONCEPT = amounts("valueQuantity"), codings("valueCodeableConcept", "coding")
IN_COMPONENTS = at("component")

PARAMETERS: dict[str, dict[str, tuple[str, Values]]] = {
    "Patient": {
        "name": ("string", names_of),
        "family": ("string", at("name", "family")),
        "given": ("string", at("name", "given")),
        "address-city": ("string", at("address", "city")),
        "birthdate": ("date", dates("birthDate")),
        "death-date": ("date", dates("deceasedDateTime")),
        "gender": ("token", codes("gender")),
        "active": ("token", booleans("active")),
        "deceased": ("token", deceased),
        "identifier": ("token", identifiers),
        "general-practitioner": ("reference", references("generalPractitioner")),
    },
    "Observation": {
        "code": ("token", codings("code", "coding")),
        "category": ("token", codings("category", "coding")),
        "status": ("token", codes("status")),
        "value-concept": ("token", codings("valueCodeableConcept", "coding")),
        "date": ("date", either(dates("effectiveDateTime"), dates("effectiveInstant"), periods("effectivePeriod"),
                                timings)),
        "value-string": ("string", at("valueString")),
        "value-quantity": ("quantity", QUANTITY),
        "combo-value-quantity": ("quantity", either(QUANTITY, amounts("component", "valueQuantity"))),
        "component-value-quantity": ("quantity", amounts("component", "valueQuantity")),
        "code-value-quantity": ("composite", side_by_side(itself, QUANTITY)),
        "component-code-value-quantity": ("composite", side_by_side(IN_COMPONENTS, QUANTITY)),
        "combo-code-value-quantity": ("composite", side_by_side(either(itself, IN_COMPONENTS), QUANTITY)),
        "code-value-concept": ("composite", side_by_side(itself, CONCEPT)),
        "component-code-value-concept": ("composite", side_by_side(IN_COMPONENTS, CONCEPT)),
        "subject": ("reference", references("subject")),
        "patient": ("reference", references("subject", only="Patient/")),
        "performer": ("reference", references("performer")),
        "encounter": ("reference", references("encounter")),
        "has-member": ("reference", references("hasMember")),
    },
    "Encounter": {
        "status": ("token", codes("status")),
        "class": ("token", codings("class")),
        "reason-code": ("token", codings("reasonCode", "coding")),
        "date": ("date", periods("period")),
        "subject": ("reference", references("subject")),
        "patient": ("reference", references("subject", only="Patient/")),
        "participant": ("reference", references("participant", "individual")),
        "part-of": ("reference", references("partOf")),
    },
    "Practitioner": {
        "name": ("string", names_of),
        "family": ("string", at("name", "family")),
        "active": ("token", booleans("active")),
        "identifier": ("token", identifiers),
    },
    "Questionnaire": {
        "url": ("uri", at("url")),
        "title": ("string", at("title")),
        "status": ("token", codes("status")),
        "date": ("date", dates("date")),
    },
}  # fmt: skip
EVERY_TYPE: dict[str, tuple[str, Values]] = {
    "_security": ("token", codings("meta", "security")),
    "_tag": ("token", codings("meta", "tag")),
    "_profile": ("uri", at("meta", "profile")),
}


def parameter(resource_type: str, code: str) -> tuple[str, Values] | None:
    return PARAMETERS[resource_type].get(code) or EVERY_TYPE.get(code)


# -- the other kinds --------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Without case, accents and superfluous spaces."""
    letters = (c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return " ".join("".join(letters).casefold().split())


def string_matches(value: str, searched: str, modifier: str) -> bool:
    if modifier == "exact":
        return value == searched
    if modifier == "whole":
        return plain(searched) == plain(value)
    if modifier == "contains":
        return plain(searched) in plain(value)
    return plain(value).startswith(plain(searched))


def name_matches(value: Iterable[str], searched: str, *, whole: bool) -> bool:
    """The words of a search begin words of a person's names, in any order; one word may begin a whole part too. A
    hyphen parts words as a space does."""
    parts = [plain(part) for part in value]
    known = [*parts, *(word for part in parts for word in part.replace("-", " ").split())]
    if whole:
        return plain(searched) in known
    wanted = plain(searched).replace("-", " ").split()
    if len(wanted) < 2:
        return any(one.startswith(plain(searched)) for one in known)
    return all(any(one.startswith(word) for one in known) for word in wanted)


def token_matches(value: tuple[str | None, str], searched: tuple[str | None, str]) -> bool:
    """`searched` is (system, code): system None for any, "" for none; code "" for any."""
    system, code = searched
    return (system is None or value[0] == system) and (not code or value[1] == code)


def whole_reference(value: str, searched: str) -> str:
    """A bare id is of the type of whatever it is compared with."""
    return searched if "/" in searched else f"{value.partition('/')[0]}/{searched}"


# -- searches ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """One criterion. For a chain `inner` is asked of `targets`; for `_has`, of `source` resources that refer here."""

    param: str
    values: tuple[Any, ...] = ()
    modifier: str = ""
    inner: "Ask | None" = None
    targets: tuple[str, ...] = ()
    source: str = ""
    either: tuple["Ask", ...] = ()
    both: tuple["Ask", ...] = ()
    """Of a filter: any of these, or all of them."""


@dataclass(frozen=True)
class World:
    """All resources that somebody may see, and which patients' records are other names of which (old, surviving)."""

    resources: tuple[Resource, ...]
    merged: tuple[tuple[str, str], ...] = ()

    def now(self, reference: str) -> str:
        """The record that a reference leads to since the merges."""
        return next((f"Patient/{to}" for old, to in self.merged if reference == f"Patient/{old}"), reference)

    def of_type(self, resource_type: str) -> list[Resource]:
        return [resource for resource in self.resources if resource["resourceType"] == resource_type]

    def meets(self, resource: Resource, ask: Ask) -> bool:
        """Whether the resource meets the criterion."""
        if ask.either or ask.both:
            met = [self.meets(resource, part) for part in (*ask.either, *ask.both)]
            return any(met) if ask.either else all(met)
        if ask.source:
            return self._is_referred_to(resource, ask)
        if ask.param == "_id":
            return resource["id"] in ask.values
        kind, values_of = self._parameter(resource, ask.param)
        values = list(values_of(resource))
        if ask.inner is not None:
            return any(self._leads_on(reference, ask.inner, ask.targets) for reference in values)
        if ask.modifier == "missing":
            return (not values) == (ask.values == ("true",))
        if ask.param == "name" and ask.modifier in ("", "whole"):
            return any(name_matches(values, searched, whole=bool(ask.modifier)) for searched in ask.values)
        hit = any(self._hits(kind, value, searched, ask.modifier) for value in values for searched in ask.values)
        return not hit if ask.modifier == "not" else hit

    def _parameter(self, resource: Resource, code: str) -> tuple[str, Values]:
        if code == "_lastUpdated":
            return "date", dates("meta", "lastUpdated")
        found = parameter(resource["resourceType"], code)
        assert found is not None, code
        return found

    def _hits(self, kind: str, value: Any, searched: Any, modifier: str) -> bool:
        if kind == "date":
            return date_matches(value, searched)
        if kind == "string":
            return string_matches(value, searched, modifier)
        if kind == "token":
            return token_matches(value, searched)
        if kind == "quantity":
            return amount_matches(value, searched)
        if kind == "composite":
            named, (part, second) = value[0], searched
            met = amount_matches if isinstance(second, str) else token_matches
            return any(token_matches(code, part) for code in named) and any(met(v, second) for v in value[1])
        if kind == "reference":
            wanted = f"{modifier}/{searched}" if modifier and "/" not in searched else searched
            return self.now(value) == self.now(whole_reference(value, wanted))
        return bool(value == searched)

    def _leads_on(self, reference: str, inner: Ask, targets: tuple[str, ...]) -> bool:
        return any(
            f"{target['resourceType']}/{target['id']}" in (reference, self.now(reference)) and self.meets(target, inner)
            for target in self.resources
            if target["resourceType"] in targets
        )

    def _is_referred_to(self, resource: Resource, ask: Ask) -> bool:
        assert ask.inner is not None
        here = f"{resource['resourceType']}/{resource['id']}"
        return any(
            here in (reference, self.now(reference)) and self.meets(other, ask.inner)
            for other in self.of_type(ask.source)
            for reference in self._parameter(other, ask.param)[1](other)
        )

    def sort_key(self, resource: Resource, code: str, *, descending: bool) -> Any:
        """The value that stands for the resource in an order, None where it has none."""
        if code == "_id":
            return resource["id"]
        kind, values_of = self._parameter(resource, code)
        values = list(values_of(resource))
        if not values:
            return None
        if kind == "date":
            return max(high for _, high in values) if descending else min(low for low, _ in values)
        if kind == "quantity":
            return max(v[1] for v in values) if descending else min(v[0] for v in values)
        if code == "name":
            values += [word for v in values for word in plain(v).replace("-", " ").split()]
        plained = [plain(v) if kind == "string" else v[1] if kind == "token" else v for v in values]
        return max(plained) if descending else min(plained)

    def included(self, matches: list[Resource], source: str, param: str, target: str) -> set[str]:
        """`_include`: what the matches of type `source` refer to."""
        wanted = {
            reference
            for match in matches
            if match["resourceType"] == source
            for reference in self._parameter(match, param)[1](match)
            if reference.startswith(target)
        }
        return {name for r in self.resources if (name := f"{r['resourceType']}/{r['id']}") in wanted}

    def including(self, matches: list[Resource], source: str, param: str) -> set[str]:
        """`_revinclude`: what of type `source` refers to the matches."""
        names = {self.now(f"{m['resourceType']}/{m['id']}") for m in matches}
        return {
            f"{r['resourceType']}/{r['id']}"
            for r in self.of_type(source)
            if names & {self.now(reference) for reference in self._parameter(r, param)[1](r)}
        }
