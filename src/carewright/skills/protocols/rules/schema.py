"""What a protocol file may say (docs/protocols.md): a text in, a Protocol out, or every fault with its line."""

import re
from collections.abc import Callable, Iterable

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.sentences import joined, named, quoted, sentence
from carewright.core.work.model import ANYONE, Kind
from carewright.core.work.tasks import SAFETY_ITEMS
from carewright.core.work.whom import EVERYBODY, SEX_WORDS, Age, Whom
from carewright.skills.protocols.codes import FLOW_CODES, OWN_TASKS, ROLES_OF, TASKS, VISIT_TYPES
from carewright.skills.protocols.model import Moment, Protocol, ProtocolTask, Source
from carewright.skills.protocols.rules.located import BadText, Fault, read
from carewright.skills.protocols.rules.parts import SHOWN, Part, near_or_known

TOP = ("protocol", "title", "about", "visit_types", "by_hand", "only_if", "sources", "tasks")
SOURCE = ("name", "url", "fact")
TASK = (
    "code", "words", "for", "kind", "due", "not_before", "competency", "supplies", "standing_order", "only_if",
)  # fmt: skip
CONDITION = ("age_from", "age_below", "sex", "problems", "new_patient")
MOST_SOURCES, MOST_TASKS, MOST_SUPPLIES, MOST_PROBLEMS = 12, 60, 20, 40
LONGEST_NAME = 50
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.ASCII)
NOT_NAMES = frozenset({"new", "bring-in", "visit"})
"""Words of the pages' own addresses."""
FOR = (*(role.value for role in Role), ANYONE)
KINDS = (Kind.CLINICAL.value, Kind.CLERICAL.value)
RESERVED = frozenset(code.code for code in SAFETY_ITEMS) | FLOW_CODES
"""What every visit has by itself; a protocol never brings it a second time."""


def protocol_of(text: str, *, name: str = "", name_of_new: bool = False) -> Protocol:
    """The protocol that a text describes; with `name`, it must be that one, with `name_of_new` its name must be one
    that a new protocol may have. BadText with every fault."""
    faults: list[Fault] = []
    top = Part(read(text), faults, TOP)
    found = the_rest(top, [task for part in task_parts(top, TASK) if (task := task_of(part)) is not None])
    if name and top.has("protocol") and found.name != name:
        words = sentence("This is the protocol “%(name)s”; its name stays.", name=name)
        top.fault(words, top.line_of("protocol"))
    if name_of_new and found.name in NOT_NAMES:
        top.fault(sentence("“%(name)s” cannot be the name of a protocol.", name=found.name), top.line_of("protocol"))
    if faults:
        raise BadText(faults)
    return found


def name_is_taken(text: str) -> BadText:
    """What is wrong with a text whose name another protocol has; `text` has no other fault."""
    top = Part(read(text), [], TOP)
    words = sentence(
        "There is a protocol “%(name)s” already, in use or not. Give this one another name, or edit that one.",
        name=top.text("protocol"),
    )
    return BadText([Fault(top.line_of("protocol"), words)])


def task_parts(top: Part, known: Iterable[str]) -> list[Part]:
    """The tasks of a file, as parts with these names."""
    return top.parts("tasks", known, most=MOST_TASKS)


def the_rest(top: Part, tasks: list[tuple[Part, ProtocolTask]]) -> Protocol:
    """The protocol of a file whose tasks have been read."""
    _no_task_twice(tasks)
    found = Protocol(
        name=name_in(top, "protocol"),
        title=top.text("title", longest=80),
        about=top.text("about", longest=400),
        sources=_sources(top),
        tasks=tuple(task for _, task in tasks),
        visit_types=_visit_types(top),
        by_hand=bool(top.yes("by_hand")),
        only_if=_whom(top),
    )
    if not found.visit_types and not found.by_hand:
        top.fault(sentence("Nothing ever brings this protocol: name its “visit_types”, or write “by_hand: yes”."))
    return found


def name_in(part: Part, key: str) -> str:
    """A short name, `well-child`."""
    found = part.text(key, longest=LONGEST_NAME)
    if found and not NAME.fullmatch(found):
        part.fault(sentence("A name is written in small letters and hyphens: new-patient."), part.line_of(key))
    return found


def task_of(part: Part) -> tuple[Part, ProtocolTask] | None:
    """A task with its part; None where a fault in it leaves nothing to make one of."""
    before = len(part.faults)
    code = _code(part, "code")
    role = _role(part, code)
    due = part.read("due", Moment.read, _MOMENT, required=True)
    not_before = part.read("not_before", Moment.read, _MOMENT)
    if due and not_before and due.anchor is not_before.anchor and due.minutes < not_before.minutes:
        part.fault(sentence("A task cannot be due before it begins."), part.line_of("not_before"))
    competency = part.text("competency", longest=LONGEST_NAME, required=False)
    if competency and not NAME.fullmatch(competency):
        part.fault(sentence("A name is written in small letters and hyphens: new-patient."), part.line_of("competency"))
    words, whom = part.text("words", longest=300), _whom(part)
    kind = part.one_of("kind", KINDS, otherwise=Kind.CLINICAL.value)
    supplies = part.texts("supplies", most=MOST_SUPPLIES)
    standing_order = _code(part, "standing_order") if part.has("standing_order") else ""
    if len(part.faults) > before or due is None:
        return None
    return part, ProtocolTask(
        code=code, words=words, role=role, due=due, not_before=not_before, kind=Kind(kind), competency=competency,
        supplies=supplies, standing_order=standing_order, only_if=whom,
    )  # fmt: skip


_MOMENT = sentence(
    "A time is written “at start”, “now”, “10 minutes before start” or “2 days after now” (minutes, hours, days, "
    "weeks; at most 400 days)."
)
_AGE = sentence("An age is written “12 days”, “6 weeks”, “15 months” or “18 years”.")


def _code(part: Part, key: str) -> str:
    code = part.text(key, longest=LONGEST_NAME)
    if not code or code in TASKS:
        return code
    line = part.line_of(key)
    if code in RESERVED or code.startswith("rooming-"):
        part.fault(sentence("“%(code)s” is part of every visit already.", code=code), line)
    else:
        part.fault(near_or_known(code, tuple(TASKS)), line)
    return ""


def _role(part: Part, code: str) -> Role | None:
    given = part.one_of("for", FOR)
    role = Role(given) if given and given != ANYONE else None
    allowed = ROLES_OF.get(code)
    if given and allowed and (role not in allowed and not (role is None and Role.FRONT_DESK in allowed)):
        whose = joined(*(named(ROLE_WORDS[one]) for one in Role if one in allowed), by=", ")
        task = named(TASKS[code].display)
        part.fault(sentence("%(task)s is for: %(roles)s.", task=task, roles=whose), part.line_of("for"))
    return role


def _sources(top: Part) -> tuple[Source, ...]:
    if not top.has("sources"):
        top.fault(sentence("Say where this comes from: “sources”, each with name, url and fact."))
        return ()
    found = []
    for part in top.parts("sources", SOURCE, most=MOST_SOURCES):
        url = part.text("url", longest=300)
        if url and not ADDRESS.fullmatch(url):
            part.fault(sentence("An address begins with https:// and has no spaces."), part.line_of("url"))
        found.append(Source(name=part.text("name", longest=200), url=url, fact=part.text("fact", longest=1200)))
    return tuple(found)


def _visit_types(top: Part) -> tuple[str, ...]:
    found = top.texts("visit_types")
    for given in found:
        if given and given not in VISIT_TYPES:
            words = sentence(
                "“%(given)s” is no kind of visit. Known: %(known)s.",
                given=quoted(given[:SHOWN]), known=", ".join(VISIT_TYPES),
            )  # fmt: skip
            top.fault(words, top.line_of("visit_types"))
    return found


def _whom(above: Part) -> Whom:
    part = above.part("only_if", CONDITION)
    if part is None:
        return EVERYBODY
    before = len(part.faults)
    age_from, age_below = part.read("age_from", Age.read, _AGE), part.read("age_below", Age.read, _AGE)
    sex = part.one_of("sex", SEX_WORDS, otherwise="")
    problems = part.texts("problems", most=MOST_PROBLEMS)
    is_new = part.yes("new_patient")
    if len(part.faults) > before:
        return EVERYBODY
    made = _made(lambda: Whom(age_from=age_from, age_below=age_below, sex=sex, problems=problems, is_new=is_new))
    if made is None:
        part.fault(sentence("Ages must leave somebody between them, and problems are ICD-10-CM codes such as E11."))
    return made or EVERYBODY


def _made(make: Callable[[], Whom]) -> Whom | None:
    try:
        return make()
    except ValueError:
        return None


def _no_task_twice(tasks: list[tuple[Part, ProtocolTask]]) -> None:
    seen: set[str] = set()
    for part, task in tasks:
        if task.key in seen:
            told = (
                sentence("“%(code)s” stands here twice with the same words.", code=task.code)
                if task.code in OWN_TASKS
                else sentence("“%(code)s” stands here twice.", code=task.code)
            )
            part.fault(told, part.line_of("code"))
        seen.add(task.key)
