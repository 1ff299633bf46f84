import pytest
from django.template import engines
from django.utils import translation

from carewright.core.sentences import counted, named, quoted, sentence
from carewright.shell.saying import language_for, say, term_words
from carewright.skills.vitals.model import Age


def test_a_sentence_is_said_in_the_language_of_the_page() -> None:
    days = counted("%(count)s day", "%(count)s days", 12)
    with translation.override("es"):
        assert say(sentence("%(sign)s high for %(age)s. Measure again, or confirm it is right.",
                            sign=named("Pulse"), age=days)) == (
            "Pulso: valor alto para la edad (12 días). Mida otra vez, o confirme que está bien."
        )  # fmt: skip
    with translation.override("en"):
        assert say(days) == "12 days"


def test_other_words_stay_as_they_are() -> None:
    with translation.override("es"):
        assert say("Waiting") == "Waiting"
        assert say(quoted("Waiting")) == "Waiting"


@pytest.mark.parametrize("english", ["", None])
def test_no_term_is_no_words(english: str | None) -> None:
    assert term_words(english) == ""


def test_the_filters() -> None:
    template = engines["django"].from_string("{{ what|say }}|{{ kind|term }}|{{ nothing|term }}")
    with translation.override("es"):
        shown = template.render({"what": sentence("Same phone."), "kind": "Well child", "nothing": ""})
    assert shown == "Mismo teléfono.|Control del niño sano|"


@pytest.mark.parametrize(
    ("code", "language"), [("es", "es"), ("es-MX", "es"), ("ES", "es"), ("en", "en"), ("so", "en"), ("", "en")]
)
def test_what_is_printed_for_a_patient_is_in_their_language_or_in_english(code: str, language: str) -> None:
    with translation.override("es"):
        assert language_for(code) == language


@pytest.mark.parametrize(
    ("months", "english", "spanish"), [(1, "1 mo", "1 mes"), (15, "15 mo", "15 meses"), (30, "2 y", "2 años")]
)
def test_an_age_of_the_rules(months: int, english: str, spanish: str) -> None:
    age = Age(days=months * 31 + 30, months=months, years=months // 12)
    assert str(age.words) == english
    with translation.override("es"):
        assert say(age.words) == spanish
