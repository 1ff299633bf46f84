"""Names of several words, found whatever the order of the words. https://hl7.org/fhir/R4/search.html#string

A HumanName is indexed by its parts and by the words of its parts (core/fhir/index_values.py).
"""

from carewright.core.fhir.text import fold
from carewright.core.store.search.query import Criterion, Junction


def has_words(values: tuple[str, ...]) -> bool:
    """Whether one of the names has several words."""
    return any(" " in fold(value) for value in values)


def in_any_order(code: str, values: tuple[str, ...]) -> Criterion:
    """Any of the names: each of its words begins a word of the person's names."""
    names = tuple(Criterion(param=code, junction=Junction(every=True, parts=_words(code, value))) for value in values)
    return names[0] if len(names) == 1 else Criterion(param=code, junction=Junction(every=False, parts=names))


def _words(code: str, value: str) -> tuple[Criterion, ...]:
    return tuple(Criterion(param=code, values=(word,)) for word in fold(value).split())
