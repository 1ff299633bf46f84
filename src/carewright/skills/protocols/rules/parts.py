"""Reading the parts of a mapping with a closed set of names; every fault is gathered with its line, none raised."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar

from carewright.core.sentences import Sentence, quoted, sentence
from carewright.skills.protocols.rules.located import Entries, Fault, Listing, Node, Text

Value = TypeVar("Value")
NAMED = 30
"""How many known names a message lists."""
SHOWN = 60
"""Characters of what was written that a message repeats."""


class Part:
    """A mapping whose names are known beforehand. `faults` is shared by all parts of a text."""

    def __init__(self, node: Node, faults: list[Fault], known: Iterable[str]) -> None:
        self.line, self.faults, self.known = node.line, faults, tuple(known)
        self.values: dict[str, tuple[int, Node]] = {}
        if not isinstance(node, Entries):
            self.fault(sentence("Names with a colon are expected here: %(names)s.", names=", ".join(self.known)))
            return
        for name, (line, value) in node.values.items():
            if name in self.known:
                self.values[name] = (line, value)
            else:
                self.fault(near_or_known(name, self.known), line)

    def fault(self, words: Sentence, line: int | None = None) -> None:
        self.faults.append(Fault(self.line if line is None else line, words))

    def line_of(self, name: str) -> int:
        return self.values[name][0] if name in self.values else self.line

    def has(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, *, longest: int = 120, required: bool = True) -> str:
        """The words behind `name`; a fault where they are missing or too long."""
        if name not in self.values:
            if required:
                self.fault(sentence("“%(name)s” is missing here.", name=name))
            return ""
        line, node = self.values[name]
        return self._words(name, node, line, longest)

    def texts(self, name: str, *, longest: int = 120, most: int = 20) -> tuple[str, ...]:
        """A list of words, `[one, two]`; empty where it is not given."""
        if name not in self.values:
            return ()
        line, node = self.values[name]
        if not isinstance(node, Listing) or len(node.items) > most:
            self.fault(sentence("“%(name)s” is a list of at most %(most)s: [one, two].", name=name, most=most), line)
            return ()
        found = [self._words(name, item, item.line, longest) for item in node.items]
        if len(set(found)) != len(found):
            self.fault(sentence("“%(name)s” names something twice.", name=name), line)
        return tuple(found)

    def yes(self, name: str) -> bool | None:
        """`yes` or `no`; None where it is not given."""
        if name not in self.values:
            return None
        given = self.text(name)
        if given not in ("yes", "no"):
            self.fault(sentence("“%(name)s” is yes or no.", name=name), self.line_of(name))
        return given == "yes"

    def one_of(self, name: str, choices: Iterable[str], *, otherwise: str | None = None) -> str:
        """One of a few words; `otherwise` where it is not given, a fault without."""
        if name not in self.values and otherwise is not None:
            return otherwise
        given, known = self.text(name), tuple(choices)
        if given and given not in known:
            self.fault(
                sentence("“%(given)s” is not known here. Known: %(known)s.", given=quoted(given[:SHOWN]),
                         known=", ".join(known)),
                self.line_of(name),
            )  # fmt: skip
            return ""
        return given

    def read(
        self, name: str, reader: Callable[[str], Value], words: Sentence, *, required: bool = False
    ) -> Value | None:
        """What `reader` makes of the words; `words` say how it is written where it raises ValueError."""
        if name not in self.values and not required:
            return None
        given = self.text(name)
        if not given:
            return None
        try:
            return reader(given)
        except ValueError:
            self.fault(words, self.line_of(name))
            return None

    def parts(self, name: str, known: Iterable[str], *, most: int) -> "list[Part]":
        """A list of mappings; a fault where there is none or there are too many."""
        line, node = self.values.get(name, (self.line, None))
        if not isinstance(node, Listing) or not node.items:
            self.fault(sentence("“%(name)s” is missing: at least one is needed.", name=name), line)
            return []
        if len(node.items) > most:
            self.fault(sentence("“%(name)s” has at most %(most)s.", name=name, most=most), line)
            return []
        names = tuple(known)
        return [Part(item, self.faults, names) for item in node.items]

    def part(self, name: str, known: Iterable[str]) -> "Part | None":
        return Part(self.values[name][1], self.faults, known) if name in self.values else None

    def _words(self, name: str, node: Node, line: int, longest: int) -> str:
        if not isinstance(node, Text) or not node.value.strip():
            self.fault(sentence("“%(name)s” needs words.", name=name), line)
            return ""
        found = " ".join(node.value.split())
        if len(found) > longest:
            self.fault(sentence("“%(name)s” is too long: at most %(most)s characters.", name=name, most=longest), line)
            return ""
        return found


def near_or_known(name: str, known: tuple[str, ...]) -> Sentence:
    """It is not known; the nearest one that is, or the first of them."""
    near = get_close_matches(name, known, n=1)
    if near:
        return sentence(
            "“%(given)s” is not known here. Did you mean “%(near)s”?", given=quoted(name[:SHOWN]), near=near[0]
        )
    return sentence(
        "“%(given)s” is not known here. Known: %(known)s.", given=quoted(name[:SHOWN]), known=", ".join(known[:NAMED])
    )
