"""Rows as HTML. A row that looks the same is drawn once: twenty boards of a site show the same rows all day."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from carewright.core.access.model import Access, Role
from carewright.shell.care import Care
from carewright.shell.times import SiteClock
from carewright.workspaces.board.rows import BoardRow

KEPT_ROWS = 4096
"""Some kilobytes each, for a few sites and minutes; the oldest make room."""

_LEVEL, _TIME = "\ue000", "\ue001"
"""Where the clock of a row goes: characters for private use, which no name holds."""


@dataclass(frozen=True, kw_only=True)
class RowLook:
    """What a row's looks depend on besides the row. `turn` is the group whose next step this person takes."""

    language: str
    clock: SiteClock
    may_step: bool
    turn: str
    rooming_base: str = ""
    check_in_url: str = ""
    is_primary: bool = False


def look_of(access: Access, care: Care) -> RowLook:
    """How rows look to this person."""
    rooming = address("rooming", "0")
    return RowLook(
        language=get_language() or "",
        clock=care.clock,
        may_step=access.may_do("visit.step"),
        turn=_turn(access.roles),
        rooming_base=rooming.removesuffix("/").removesuffix("0") if rooming else "",
        check_in_url=address("desk-check-in") if access.may_do("scheduling.book") else "",
    )


def draw(row: BoardRow, look: RowLook) -> SafeString:
    """One row, a `tr`. Its clock runs from minute to minute and is put into what is kept."""
    kept = _drawn(replace(row, minutes=0), look)
    html = kept.replace(_LEVEL, row.level.value).replace(_TIME, escape(row.time_words))
    return mark_safe(html)  # noqa: S308 - the template escapes, and the words are escaped here


@lru_cache(maxsize=KEPT_ROWS)
def _drawn(row: BoardRow, look: RowLook) -> str:
    at = look.clock.date(row.at) if row.group == "left" else look.clock.time(row.at)
    values = {"row": row, "look": look, "at_words": at, "level": _LEVEL, "time_words": _TIME}
    return get_template("board/row.html").render(values).strip()


def address(name: str, *arguments: str) -> str:
    """The address of a page of another workspace; empty where it is not wired."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def _turn(roles: Collection[Role]) -> str:
    if Role.PROVIDER in roles:
        return "provider"
    return "ma" if {Role.MA, Role.LEAD_MA, Role.NURSE} & set(roles) else "desk"
