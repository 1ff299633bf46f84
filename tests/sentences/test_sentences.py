"""Sentences of the rules: said in a language at the end, in English for the record, never with a gap."""

from gettext import NullTranslations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.sentences import (
    Sentence,
    counted,
    has_words,
    joined,
    named,
    places_of,
    quoted,
    sentence,
    term,
)

SPANISH = {
    "%(sign)s high for %(age)s.": "%(sign)s: valor alto para la edad (%(age)s).",
    "Weight": "Peso",
    "chest pain": "must never be said",
    "100 % oxygen": "oxígeno al 100 %",
}


class Spanish(NullTranslations):
    def gettext(self, message: str) -> str:
        return SPANISH.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "%(count)s día" if n == 1 else "%(count)s días"


HIGH = sentence("%(sign)s high for %(age)s.", sign=named("Weight"), age=counted("%(count)s day", "%(count)s days", 3))


def test_a_sentence_is_said_in_the_language_with_the_sentences_inside_it() -> None:
    assert HIGH.said(Spanish()) == "Peso: valor alto para la edad (3 días)."


def test_the_record_has_it_in_english() -> None:
    assert str(HIGH) == "Weight high for 3 days."
    assert f"{HIGH}" == str(HIGH)


@pytest.mark.parametrize(("count", "english", "spanish"), [(0, "0 days", "0 días"), (1, "1 day", "1 día")])
def test_the_count_chooses_the_form(count: int, english: str, spanish: str) -> None:
    days = counted("%(count)s day", "%(count)s days", count)
    assert (str(days), days.said(Spanish())) == (english, spanish)


def test_words_of_a_person_are_never_translated() -> None:
    assert quoted("chest pain").said(Spanish()) == "chest pain"
    assert joined("chest pain", named("Weight"), by=", ").said(Spanish()) == "chest pain, Peso"
    assert sentence("%(sign)s high for %(age)s.", sign="Weight", age="x").said(Spanish()).startswith("Weight")


def test_a_name_may_hold_a_percent_sign() -> None:
    assert named("100 % oxygen").said(Spanish()) == "oxígeno al 100 %"
    assert str(joined(named("100 % oxygen"), "50 %")) == "100 % oxygen 50 %"


def test_a_term_is_the_text_that_is_stored() -> None:
    assert term("Well child") == "Well child"


@pytest.mark.parametrize(
    ("template", "values", "plural", "count"),
    [
        ("%(sign)s high", (), "", None),
        ("High", (("sign", "Weight"),), "", None),
        ("%(sign)s high", (("age", 3),), "", None),
        ("%(count)s day", (("count", 1),), "%(count)s days", None),
        ("%(count)s day", (("count", 1),), "", 1),
    ],
)
def test_a_gap_is_found_when_the_sentence_is_made(
    template: str, values: tuple[tuple[str, str | int], ...], plural: str, count: int | None
) -> None:
    with pytest.raises(ValueError, match="has the places"):
        Sentence(template, values, plural=plural, count=count)


def test_sentences_are_values() -> None:
    assert sentence("%(a)s and %(b)s", a=1, b=2) == sentence("%(a)s and %(b)s", a=1, b=2)
    assert len({HIGH, HIGH}) == 1


def test_places_and_words() -> None:
    assert places_of("%(a)s, %(b)s, %(a)s") == {"a", "b"}
    assert has_words("%(a)s high")
    assert not has_words("%(substance)s (%(details)s)")


@given(st.lists(st.text(max_size=20), max_size=6), st.sampled_from([" ", ", ", " % "]))
def test_whatever_is_joined_comes_out_whole(parts: list[str], by: str) -> None:
    assert str(joined(*parts, by=by)) == by.join(parts)
    assert joined(*parts, by=by).said(Spanish()) == by.join(parts)


@given(st.text())
def test_whatever_somebody_said_comes_out_whole(words: str) -> None:
    assert str(quoted(words)) == words
