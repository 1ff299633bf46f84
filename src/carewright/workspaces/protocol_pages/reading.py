"""What the pages show of protocols: groups, tasks in words, what differs between two texts, a sample visit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from carewright.core.access.model import ROLE_WORDS
from carewright.core.sentences import Sentence, named
from carewright.core.store.reader import Reader
from carewright.core.work.model import ANYONE_WORDS
from carewright.shell.people import names_of
from carewright.skills.protocols.codes import ROLES_OF, TASKS
from carewright.skills.protocols.model import ProtocolTask, Version
from carewright.skills.protocols.rules.choosing import Card
from carewright.skills.scheduling.model import VISIT_TYPES

AROUND = 2
"""Lines that did not change, shown around those that did."""
WORDS_OF_TYPE = {kind.coding.code: kind.coding.display for kind in VISIT_TYPES}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Protocols of one kind of visit; the last group has those that belong to none."""

    code: str
    words: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """One task in words."""

    task: ProtocolTask
    name: str
    whose: str
    is_judgment: bool

    @property
    def standing_order(self) -> str:
        return TASKS[self.task.standing_order].display if self.task.standing_order else ""

    @property
    def only_if(self) -> Sentence | None:
        return None if self.task.only_if.is_everybody else self.task.only_if.words


@dataclass(frozen=True, kw_only=True)
class Change:
    """A line of a comparison: `mark` is "+" (new), "-" (gone), " " (both) or "…" (lines left out)."""

    mark: str
    text: str = ""


def groups(cards: Iterable[Card]) -> list[Group]:
    """By the first kind of visit that each names, in the order of the schedule."""
    codes = [*WORDS_OF_TYPE, ""]
    by_code: dict[str, list[Card]] = {code: [] for code in codes}
    for card in cards:
        by_code[next((code for code in card.visit_types if code in by_code), "")].append(card)
    return [
        Group(code=code, words=WORDS_OF_TYPE.get(code, ""), cards=tuple(sorted(found, key=_rank)))
        for code, found in by_code.items()
        if found
    ]


def _rank(card: Card) -> tuple[bool, date, str]:
    """What comes by itself first, the youngest before the older ones."""
    born = date(2000, 1, 1)
    begins = card.whom.age_from.reached_on(born) if card.whom.age_from else born
    return card.by_hand, begins, card.title


def task_lines(tasks: Iterable[ProtocolTask]) -> list[TaskLine]:
    return [
        TaskLine(
            task=task,
            name=TASKS[task.code].display,
            whose=ROLE_WORDS[task.role] if task.role else ANYONE_WORDS,
            is_judgment=not any(role.value == "ma" for role in ROLES_OF[task.code]),
        )
        for task in tasks
    ]


def visit_words(codes: Iterable[str]) -> Sentence | None:
    """The kinds of visit, one after the other."""
    words = [named(WORDS_OF_TYPE[code]) for code in codes if code in WORDS_OF_TYPE]
    if not words:
        return None
    places = ", ".join(f"%(part{n})s" for n in range(len(words)))
    return Sentence(places, tuple((f"part{n}", word) for n, word in enumerate(words)))


def with_names(reader: Reader, versions: Iterable[Version]) -> list[tuple[Version, str]]:
    """Each version with the name of who made it."""
    listed = list(versions)
    names = names_of(reader, (version.by for version in listed))
    return [(version, names.get(version.by, "")) for version in listed]


def changes(before: str, after: str) -> list[Change]:
    """What differs between two texts, line by line; empty where nothing does."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Change] = []
    for group in SequenceMatcher(a=old, b=new, autojunk=False).get_grouped_opcodes(AROUND):
        found.append(Change(mark="…"))
        for kind, a0, a1, b0, b1 in group:
            if kind == "equal":
                found += [Change(mark=" ", text=line) for line in old[a0:a1]]
                continue
            found += [Change(mark="-", text=line) for line in old[a0:a1]]
            found += [Change(mark="+", text=line) for line in new[b0:b1]]
    return found[1:]
