"""The values that the shell's components show. Words are in the reader's language already."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.http import HttpResponse


class Level(StrEnum):
    """How a state is coloured; the value is part of the style's name. Never without an icon and a word."""

    PLAIN = "plain"
    ACCENT = "accent"
    INFO = "info"
    OK = "ok"
    WARN = "warn"
    CRITICAL = "critical"
    PLUM = "plum"


NOTICE_ICONS: Mapping[Level, str] = {
    Level.PLAIN: "info",
    Level.ACCENT: "info",
    Level.INFO: "info",
    Level.OK: "check",
    Level.WARN: "triangle-alert",
    Level.CRITICAL: "octagon-alert",
    Level.PLUM: "info",
}


@dataclass(frozen=True, kw_only=True)
class NoticeAction:
    """A button in a notice: what helps. `attributes` are HTML attributes (hx-post, formaction …) by name.

    Without `attributes` it submits the form with `name` = `value`.
    """

    label: str
    name: str = ""
    value: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A sentence that says what is the matter and what to do, with the buttons to do it."""

    text: str
    level: Level = Level.WARN
    actions: tuple[NoticeAction, ...] = ()

    @property
    def icon(self) -> str:
        return NOTICE_ICONS[self.level]


@dataclass(frozen=True, kw_only=True)
class FieldState:
    """What stands beside a field: that the value is in range, what it was last time, and notices below it."""

    ok: str = ""
    last_value: str = ""
    last_when: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def level(self) -> str:
        levels = [notice.level for notice in self.notices]
        return next((level.value for level in (Level.CRITICAL, Level.WARN) if level in levels), "")


class StepState(StrEnum):
    """Where a step of a checklist stands. All can be opened at any time."""

    OPEN = "open"
    DONE = "done"
    ATTENTION = "attention"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a checklist."""

    label: str
    url: str
    state: StepState = StepState.OPEN
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A filter with its count."""

    label: str
    url: str
    count: int | None = None
    icon: str = ""
    current: bool = False


def toast(response: HttpResponse, text: str, *, level: Level = Level.OK) -> HttpResponse:
    """Let the page show (and speak) `text` when htmx receives this response. No patient's name in it."""
    response["HX-Trigger"] = json.dumps({"care:toast": {"text": text, "level": level.value}})
    return response
