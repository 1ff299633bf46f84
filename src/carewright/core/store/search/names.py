"""Names of several words, found whatever the order of the words. https://hl7.org/fhir/R4/search.html#string

A HumanName is indexed by its parts and by the words of its parts (core/fhir/index_values.py), for which a hyphen parts
words as a space does.
"""

from carewright.core.fhir.text import fold
from carewright.core.store.search.query import Criterion, Junction


def has_words(values: tuple[str, ...]) -> bool:
    """Whether one of the names has several words."""
    return any(len(_words(value)) > 1 for value in values)


def in_any_order(code: str, values: tuple[str, ...]) -> Criterion:
    """Any of the names: each of its words begins a word of the person's names."""
    names = tuple(Criterion(param=code, junction=Junction(every=True, parts=_each(code, value))) for value in values)
    return names[0] if len(names) == 1 else Criterion(param=code, junction=Junction(every=False, parts=names))


def _each(code: str, value: str) -> tuple[Criterion, ...]:
    """A criterion for each word; a value of one word is searched for as it stands."""
    words = _words(value)
    return tuple(Criterion(param=code, values=(word,)) for word in (words if len(words) > 1 else [fold(value)]))


def _words(value: str) -> list[str]:
    return fold(value).replace("-", " ").split()
