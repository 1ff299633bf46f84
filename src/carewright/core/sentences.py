"""What a rule says to a person: an English sentence with places for values, put into the reader's language later.

A rule knows no reader, so it returns a `Sentence`. A page says it in the language of whoever reads it; the record, the
API and the log take `str(sentence)`, which is English (docs/decisions/0005-rules-return-sentences.md). The English
template is the key of the catalogues, as gettext has it: https://www.gnu.org/software/gettext/manual/gettext.html

    sentence("%(sign)s high for %(age)s. Measure again, or confirm it is right.", sign=…, age=…)
    counted("%(count)s day", "%(count)s days", 3)
    term("Well child")      a name that is stored as it is, and that pages translate; in a sentence, named(…)
    quoted("chest pain")    words of a person, the same in every language
"""

import re
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Protocol

_PLACE = re.compile(r"%\((\w+)\)s")
_LETTER = re.compile(r"[^\W\d_]")
COUNT = "count"


class Words(Protocol):
    """A language: the two functions of gettext that a sentence needs."""

    def gettext(self, message: str, /) -> str: ...

    def ngettext(self, singular: str, plural: str, number: int, /) -> str: ...


ENGLISH: Words = NullTranslations()


@dataclass(frozen=True)
class Sentence:
    """A template in English and what goes into its places, `%(name)s`; with `plural`, its form depends on `count`.

    Without a value the template is taken as it stands, so a name may hold a percent sign. ValueError where places and
    values do not match: a sentence with a gap must never reach a screen.
    """

    template: str
    values: "tuple[tuple[str, str | int | Sentence], ...]" = ()
    plural: str = ""
    count: int | None = None

    def __post_init__(self) -> None:
        places = places_of(self.template) | places_of(self.plural)
        given = {name for name, _ in self.values}
        if places != given or (self.count is None) == bool(self.plural):
            raise ValueError(f"{self.template!r} has the places {sorted(places)}; given are {sorted(given)}.")

    def said(self, words: Words) -> str:
        """The sentence in a language; the sentences inside it too."""
        if self.plural and self.count is not None:
            template = words.ngettext(self.template, self.plural, self.count)
        else:
            template = words.gettext(self.template) if has_words(self.template) else self.template
        values = {name: value.said(words) if isinstance(value, Sentence) else value for name, value in self.values}
        return template % values if values else template

    def __str__(self) -> str:
        """In English, for the record, the API and the log."""
        return self.said(ENGLISH)


def sentence(template: str, /, **values: "str | int | Sentence") -> Sentence:
    """A sentence; `template` is written out at the call, so that the catalogues can be checked against the code."""
    return Sentence(template, tuple(values.items()))


def counted(one: str, many: str, /, count: int, **values: "str | int | Sentence") -> Sentence:
    """A sentence about a number of things: `count` is in its places as `%(count)s`, and chooses the form."""
    return Sentence(one, ((COUNT, count), *values.items()), plural=many, count=count)


def term(english: str, /) -> str:
    """A name that the record keeps in English and that pages translate: the display of one of our own codes."""
    return english


def named(english: str) -> Sentence:
    """A term as a value of a sentence."""
    return Sentence(english)


def quoted(words: str) -> Sentence:
    """Words from the chart or from a person: said as they are in every language."""
    return joined(words)


def joined(*parts: Sentence | str, by: str = " ") -> Sentence:
    """Sentences, or words as they are, one after the other; `by` holds no words of its own."""
    places = by.replace("%", "%%").join(f"%(part{number})s" for number in range(len(parts)))
    return Sentence(places, tuple((f"part{number}", part) for number, part in enumerate(parts)))


def places_of(template: str) -> frozenset[str]:
    """The names of the places in a template, or in its translation."""
    return frozenset(_PLACE.findall(template))


def has_words(template: str) -> bool:
    """Whether there is anything to translate besides the places: `%(sign)s %(value)s` says nothing by itself."""
    return _LETTER.search(_PLACE.sub("", template)) is not None
