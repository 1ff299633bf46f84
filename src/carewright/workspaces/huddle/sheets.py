"""The printed huddle, which is the downtime packet too: a page per provider, then blank forms to write on.

Values in, a PDF out. If the lines of a provider do not fit on a page they are set smaller, down to what can be read.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext, ngettext

from carewright.shell.printing.pdf import FAMILY, INK_2, MARGIN_MM, Foot, Pages
from carewright.shell.times import SiteClock
from carewright.workspaces.huddle.lines import Group, Line

SIZES_PT = (9.0, 8.0, 7.0, 6.0)
"""Type sizes that are tried; below 6 point nobody reads it at a counter."""
WIDTHS_MM = (20.0, 60.0, 58.0, 121.4)
PAD_MM = 1.2
LEADING_MM_PER_POINT = 0.45
CALLS_ON_PAGE = 4
BOX = "[\u00a0\u00a0]\u00a0"
"""Stays with the word behind it."""


def packet(
    groups: Sequence[Group], *, clock: SiteClock, day: datetime, site: str, foot: Foot, made_at: datetime
) -> bytes:
    """The PDF: a page per provider (more only where the smallest type does not fit), a rooming sheet, a call sheet."""
    title = gettext("Huddle and downtime packet")
    pages = Pages(foot=foot, title=title, made_at=made_at)
    about = f"{clock.date(day)} · {site}"
    for group in groups:
        _provider(pages, group, clock=clock, about=about)
    if not groups:
        pages.add_page()
        _head(pages, gettext("Nobody is booked on this day"), about)
    _rooming_sheet(pages, about)
    _call_sheet(pages, about)
    return bytes(pages.output())


def _head(pages: Pages, title: str, about: str) -> None:
    pages.set_y(MARGIN_MM)
    pages.write_line(title, size=15, bold=True, gap=7)
    pages.write_line(about, size=9, gap=5, color=INK_2)
    pages.ln(1)


def _provider(pages: Pages, group: Group, *, clock: SiteClock, about: str) -> None:
    name = group.name or gettext("No provider")
    counted = ngettext("%(count)s patient", "%(count)s patients", len(group.lines)) % {"count": len(group.lines)}
    ready = gettext("%(ready)s of %(total)s ready") % {"ready": group.ready, "total": len(group.lines)}
    pages.add_page()
    ask = gettext("Where no allergies are named, the chart has none: ask.")
    _head(pages, name, f"{about} · {counted} · {ready} · {ask}")
    top = pages.get_y() + 6
    size = next((s for s in SIZES_PT if top + _height(pages, group.lines, s, clock) <= pages.bottom), SIZES_PT[-1])
    _columns(pages)
    for line in group.lines:
        cells = _cells(pages, line, size, clock)
        high = _high(cells, size)
        if pages.get_y() + high > pages.bottom:
            pages.add_page()
            _head(pages, gettext("%(name)s, continued") % {"name": name}, about)
            _columns(pages)
        _row(pages, cells, size, high)


def _columns(pages: Pages) -> None:
    pages.set_font(FAMILY, style="B", size=8)
    pages.set_x(MARGIN_MM)
    for width, words in zip(
        WIDTHS_MM, (gettext("Time"), gettext("Patient"), gettext("Visit"), gettext("What is still needed")), strict=True
    ):
        pages.cell(width, 5, words, border="B", fill=True)
    pages.ln(6)


def _height(pages: Pages, lines: Sequence[Line], size: float, clock: SiteClock) -> float:
    return sum(_high(_cells(pages, line, size, clock), size) for line in lines)


def _high(cells: Sequence[Sequence[tuple[str, bool]]], size: float) -> float:
    return max(len(cell) for cell in cells) * size * LEADING_MM_PER_POINT + PAD_MM


def _cells(pages: Pages, line: Line, size: float, clock: SiteClock) -> list[list[tuple[str, bool]]]:
    """The lines of text of the four columns, each with whether it is bold."""
    told = " · ".join(filter(None, (line.age_sex, line.born, *line.alerts)))
    visit = " · ".join(filter(None, (line.type_words, line.reason)))
    written: list[list[tuple[str, bool]]] = [
        [(clock.time(line.at), True)],
        [(line.name, True), (told, False), *([(line.allergies, True)] if line.allergies else [])],
        [(visit, False), (line.plan, False)],
        [(line.ready_words, True)] if line.is_ready else [(_needs(line), False)],
    ]
    return [
        [(part, bold) for text, bold in cell for part in pages.wrapped(text, width - 2, size=size, bold=bold)]
        for cell, width in zip(written, WIDTHS_MM, strict=True)
    ]


def _needs(line: Line) -> str:
    """Boxes to tick, with the words of a screen."""
    return "   ".join(f"{BOX}{chip.words}{f' ({chip.who})' if chip.who else ''}" for chip in line.open)


def _row(pages: Pages, cells: Sequence[Sequence[tuple[str, bool]]], size: float, high: float) -> None:
    top, step = pages.get_y(), size * LEADING_MM_PER_POINT
    left = MARGIN_MM
    for cell, width in zip(cells, WIDTHS_MM, strict=True):
        for number, (text, bold) in enumerate(cell):
            pages.set_font(FAMILY, style="B" if bold else "", size=size)
            pages.set_xy(left, top + number * step)
            pages.cell(width, step, text)
        left += width
    pages.set_xy(MARGIN_MM, top + high)
    pages.line(MARGIN_MM, top + high - PAD_MM / 2, pages.w - MARGIN_MM, top + high - PAD_MM / 2)


def _rooming_sheet(pages: Pages, about: str) -> None:
    """To write on while the computer is away; charted afterwards with the time at which it was done."""
    pages.add_page()
    _head(pages, gettext("Rooming sheet (blank)"), f"{about} · {gettext('Write the time beside each entry.')}")
    wide = (pages.w - 3 * MARGIN_MM) / 2
    fields = (
        gettext("Name"), gettext("Birth date"), gettext("Name and birth date asked by, time"), gettext("Room, time"),
        gettext("Reason in the patient’s words"), gettext("Allergies asked: same / new"),
        gettext("Medicines gone over"), gettext("Weight"), gettext("Height"), gettext("Temperature, where"),
        gettext("Pulse"), gettext("Breaths per minute"), gettext("Oxygen"), gettext("Blood pressure 1, arm"),
        gettext("Blood pressure 2, arm"), gettext("Pain"), gettext("Provider told of, time"), gettext("Written by"),
    )  # fmt: skip
    for left in (MARGIN_MM, 2 * MARGIN_MM + wide):
        _fields(pages, fields, left=left, wide=wide, top=28)


def _call_sheet(pages: Pages, about: str) -> None:
    pages.add_page()
    _head(
        pages, gettext("Phone call sheet (blank)"), f"{about} · {gettext('An emergency? Say: hang up and call 911.')}"
    )
    wide = (pages.w - 3 * MARGIN_MM) / 2
    fields = (
        gettext("Call-back number"), gettext("Where the caller is"), gettext("Name, birth date"),
        gettext("Reason in the caller’s words"), gettext("Given to, time"), gettext("Written by"),
    )  # fmt: skip
    for number in range(CALLS_ON_PAGE):
        left = MARGIN_MM if number % 2 == 0 else 2 * MARGIN_MM + wide
        _fields(pages, fields, left=left, wide=wide, top=28 + (number // 2) * 82)


def _fields(pages: Pages, fields: Sequence[str], *, left: float, wide: float, top: float) -> None:
    for number, words in enumerate(fields):
        at = top + number * 8.8
        pages.set_font(FAMILY, size=8)
        pages.set_xy(left, at)
        pages.cell(wide, 4, words)
        pages.line(left + 62, at + 5.5, left + wide, at + 5.5)
