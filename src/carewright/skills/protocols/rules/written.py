"""A protocol as the text of a file again: what a manager sees of one that has no text of its own."""

from typing import Any

import yaml

from carewright.core.work.model import ANYONE, Kind
from carewright.core.work.whom import Whom
from carewright.skills.protocols.model import Protocol, ProtocolTask, Version
from carewright.skills.protocols.rules import schema
from carewright.skills.protocols.rules.located import BadText

WIDTH = 110


class _Plain(yaml.SafeDumper):
    """Writes `yes` without quotes, as it is read, and the same list twice without a reference."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.yaml_implicit_resolvers = {}

    def ignore_aliases(self, data: object) -> bool:
        return True


def text_of(protocol: Protocol) -> str:
    """YAML that `schema.protocol_of` reads back as the same protocol."""
    found: dict[str, object] = {"protocol": protocol.name, "title": protocol.title, "about": protocol.about}
    if protocol.visit_types:
        found["visit_types"] = list(protocol.visit_types)
    if protocol.by_hand:
        found["by_hand"] = "yes"
    if not protocol.only_if.is_everybody:
        found["only_if"] = _whom(protocol.only_if)
    found["sources"] = [{"name": s.name, "url": s.url, "fact": s.fact} for s in protocol.sources]
    found["tasks"] = [_task(task) for task in protocol.tasks]
    return yaml.dump(found, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=WIDTH)


def editable(version: Version) -> str:
    """The text to edit: the one it was saved with, comments and all, as long as it still says the same."""
    try:
        if version.text and schema.protocol_of(version.text) == version.protocol:
            return version.text
    except BadText:
        pass  # a newer schema, or another program has written the record
    return text_of(version.protocol)


def _task(task: ProtocolTask) -> dict[str, object]:
    found: dict[str, object] = {
        "code": task.code,
        "words": task.words,
        "for": task.role.value if task.role else ANYONE,
        "due": str(task.due),
    }
    if task.kind is not Kind.CLINICAL:
        found["kind"] = task.kind.value
    if task.not_before:
        found["not_before"] = str(task.not_before)
    if task.competency:
        found["competency"] = task.competency
    if task.supplies:
        found["supplies"] = list(task.supplies)
    if task.standing_order:
        found["standing_order"] = task.standing_order
    if not task.only_if.is_everybody:
        found["only_if"] = _whom(task.only_if)
    return found


def _whom(whom: Whom) -> dict[str, object]:
    found: dict[str, object] = {}
    if whom.age_from:
        found["age_from"] = str(whom.age_from)
    if whom.age_below:
        found["age_below"] = str(whom.age_below)
    if whom.sex:
        found["sex"] = whom.sex
    if whom.problems:
        found["problems"] = list(whom.problems)
    if whom.is_new is not None:
        found["new_patient"] = "yes" if whom.is_new else "no"
    return found
