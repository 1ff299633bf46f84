"""What rules say, in the reader's language (docs/decisions/0005-rules-return-sentences.md).

`{{ finding.text|say }}` for a sentence, `{{ visit.type.display|term }}` for a name that the record keeps in English.
"""

from django.conf import settings
from django.utils import translation

from carewright.core.sentences import Sentence


def say(said: Sentence | str) -> str:
    """The sentence in the language of this request; other words (a note, a name) as they are."""
    return said.said(translation) if isinstance(said, Sentence) else str(said)


def term_words(english: object) -> str:
    """A name of ours in the language of this request; a name that we do not know as it is, "" for none."""
    return translation.gettext(str(english)) if english else ""


def language_for(code: str) -> str:
    """The language of the product for a reader of BCP 47 `code` ("es-MX"): Spanish for Spanish, else English.

    English and not the user's: what is printed for a patient must not change with who prints it.
    """
    spoken = code.partition("-")[0].lower()
    return spoken if spoken in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
