"""YAML as texts, lists and mappings that know their line; whatever could surprise a reader is refused.

Every scalar stays the text that was written: no `no` becomes false, no `12:30` a number. Anchors, aliases, tags, a
second document, a key given twice, depth and length without measure are refused, each with its line.
https://yaml.org/spec/1.1/ as PyYAML reads it: its events only, so nothing is ever constructed.
"""

from dataclasses import dataclass, field

import yaml

from carewright.core.sentences import Sentence, quoted, sentence

LONGEST_TEXT = 40_000
DEEPEST = 6
MOST_NODES = 4_000


@dataclass(frozen=True)
class Fault:
    """What is wrong, and in which line (counted from 1)."""

    line: int
    words: Sentence

    def __str__(self) -> str:
        return f"line {self.line}: {self.words}"


class BadText(ValueError):
    """A text that is refused; `faults` in the order of their lines."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("; ".join(map(str, self.faults)))


@dataclass(frozen=True)
class Text:
    """A scalar as it was written."""

    line: int
    value: str


@dataclass(frozen=True)
class Listing:
    """A sequence."""

    line: int
    items: "list[Node]" = field(default_factory=list)


@dataclass(frozen=True)
class Entries:
    """A mapping: each key with its line and what stands behind it."""

    line: int
    values: "dict[str, tuple[int, Node]]" = field(default_factory=dict)


Node = Text | Listing | Entries


def read(text: str) -> Node:
    """The tree of the one document in `text`; BadText."""
    if len(text) > LONGEST_TEXT:
        raise BadText([Fault(1, sentence("This text is too long: at most %(most)s characters.", most=LONGEST_TEXT))])
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            builder.take(event)
    except BadText:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadText([_unreadable(mark.line + 1 if mark else 1, error.problem or "")]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise BadText([Fault(line, sentence("This line holds a character that cannot be shown."))]) from error
    except (ValueError, OverflowError) as error:  # a \U escape that is no character
        raise BadText([Fault(1, sentence("This text holds a character that does not exist."))]) from error
    if builder.root is None:
        raise BadText([Fault(1, sentence("This text is empty."))])
    return builder.root


def _unreadable(line: int, problem: str) -> Fault:
    return Fault(
        line,
        sentence(
            "This line cannot be read (%(problem)s). Look at the spaces in front, the colon, and the quotes.",
            problem=quoted(problem),
        ),
    )


class _Builder:
    """Puts the tree together from the events of the parser; keeps no more than it may."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Listing | Entries] = []
        self.keys: list[Text | None] = []
        self.count = self.documents = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        match event:
            case yaml.AliasEvent():
                raise BadText([Fault(line, sentence("References (*name) are not used here. Write it out again."))])
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise BadText([Fault(line, sentence("Only one protocol fits into one text."))])
            case yaml.ScalarEvent():
                self._plain(event.anchor, event.tag, line)
                self._add(Text(line, event.value))
            case yaml.SequenceStartEvent():
                self._plain(event.anchor, event.tag, line)
                self._push(Listing(line))
            case yaml.MappingStartEvent():
                self._plain(event.anchor, event.tag, line)
                self._push(Entries(line))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.open.pop()
                self.keys.pop()

    def _plain(self, anchor: str | None, tag: str | None, line: int) -> None:
        if anchor:
            raise BadText([Fault(line, sentence("Anchors (&name) are not used here. Write it out again."))])
        if tag:
            raise BadText([Fault(line, sentence("Types (!name) are not used here. Leave it out."))])
        self.count += 1
        if self.count > MOST_NODES:
            raise BadText([Fault(line, sentence("This text holds too many entries."))])

    def _push(self, node: Listing | Entries) -> None:
        if len(self.open) >= DEEPEST:
            raise BadText([Fault(node.line, sentence("This is nested too deep."))])
        self._add(node)
        self.open.append(node)
        self.keys.append(None)

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        inside = self.open[-1]
        if isinstance(inside, Listing):
            inside.items.append(node)
            return
        key = self.keys[-1]
        if key is None:
            if not isinstance(node, Text):
                raise BadText([Fault(node.line, sentence("A name is expected here, followed by a colon."))])
            if node.value in inside.values:
                twice = sentence("“%(name)s” stands here twice.", name=quoted(node.value[:60]))
                raise BadText([Fault(node.line, twice)])
            self.keys[-1] = node
        else:
            inside.values[key.value] = (key.line, node)
            self.keys[-1] = None
