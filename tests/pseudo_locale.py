"""A language that nobody speaks: every translated string in brackets, with accents and two fifths longer.

What stands outside the brackets of a page was never translated.
"""

import gettext
import re
from collections.abc import Callable
from html.parser import HTMLParser

LANGUAGE = "en-xa"
ACCENTS = str.maketrans("aeiounyAEIOUNY", "áéíóúñýÁÉÍÓÚÑÝ")
KEPT = re.compile(r"(%\(\w+\)[sd]|\{\w+\}|<[^>]+>|&\w+;)")
SHOWN_ATTRIBUTES = {"aria-label", "placeholder", "title", "alt", "label", "data-key-words"}
WORDS_FOR_SCRIPTS = re.compile(
    r"data-(words|saving|saved|not-saved|not-reached|went-wrong|back-live|close|wrong|ended)$"
)
NOT_SHOWN = {"script", "style", "kbd", "svg"}


def pseudo(message: str) -> str:
    """The message with accents, 40 % longer, in brackets; placeholders and tags as they are."""
    text = message.rpartition("\x04")[2]
    accented = "".join(part if KEPT.fullmatch(part) else part.translate(ACCENTS) for part in KEPT.split(text))
    return f"⟦{accented}{'~' * max(2, len(text) * 2 // 5)}⟧"


class PseudoTranslation(gettext.NullTranslations):
    """Stands where Django keeps the catalogue of `language`.

    With `known` (asked for a message, says whether a catalogue holds it) what nobody translated stays as it is.
    """

    def __init__(self, language: str = LANGUAGE, *, known: Callable[[str], bool] = lambda _message: True) -> None:
        super().__init__()
        self.language, self.known = language, known

    def gettext(self, message: str) -> str:
        return pseudo(message) if self.known(message) else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        text = msgid1 if n == 1 else msgid2
        return pseudo(text) if self.known(msgid1) else text

    def to_language(self) -> str:
        return self.language


class Visible(HTMLParser):
    """The text of a page that somebody sees or hears, in one string."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [
            value or "" for name, value in attrs if name in SHOWN_ATTRIBUTES or WORDS_FOR_SCRIPTS.search(name)
        ]
        if tag in NOT_SHOWN:
            self.hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.texts.append(data)


def outside_brackets(text: str) -> str:
    kept, depth = [], 0
    for character in text:
        depth += {"⟦": 1, "⟧": -1}.get(character, 0)
        if not depth and character != "⟧":
            kept.append(character)
    assert depth == 0, "a translated string was cut in two"
    return "".join(kept)


def untranslated(html: str) -> list[str]:
    page = Visible()
    page.feed(html)
    rest = outside_brackets(" ".join(page.texts)).replace("Carewright", "").replace("Esc", "")
    return re.findall(r"[^\W\d_]+", rest)


def left_in_english(html: str, *, known: frozenset[str] = frozenset()) -> set[str]:
    """Latin words of a page that no translation went over, also where they were put into a translated sentence.

    Every vowel of a translated string has an accent. `known` are the same in every language: units, our own name.
    """
    page = Visible()
    page.feed(html)
    text = re.sub(r"\{\w+\}", "", " ".join(page.texts))  # places that a script fills
    outside = re.findall(r"[A-Za-z]+", outside_brackets(text))
    inside = re.findall(r"[A-Za-z\u00c0-\u00ff]+", text)
    plain = [word for word in inside if re.search(r"[aeiouyAEIOUY]", word)]
    return {*outside, *plain} - known
