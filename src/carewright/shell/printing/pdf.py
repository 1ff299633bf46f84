"""Printed pages as PDF, where a browser's own printing would not do: fixed pages, the same on every machine.

Letters come from Roboto (Apache-2.0, the package `font-roboto`), which has those of the Latin, Greek and Cyrillic
scripts and of Vietnamese. A letter that it lacks is printed as a box, and the foot of its page says so.
https://py-pdf.github.io/fpdf2/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import font_roboto
from django.http import HttpResponse
from django.utils.translation import gettext
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

FAMILY = "Roboto"
MARGIN_MM = 10.0
FOOT_MM = 12.0
MM_PER_POINT = 25.4 / 72
MISSING = "\u00a4"
"""Stands for a letter that the font lacks."""
INK, INK_2, LINE, SHADE = (20, 35, 43), (69, 88, 98), (132, 150, 160), (243, 246, 247)


@cache
def _known() -> frozenset[int]:
    font: dict[int, str] = TTFont(font_roboto.Roboto, lazy=True).getBestCmap()
    return frozenset(font)


@cache
def _advances(bold: bool) -> tuple[dict[str, int], int]:
    """How far each letter moves the pen, and the units of an em.

    https://learn.microsoft.com/typography/opentype/spec/hmtx
    """
    font = TTFont(font_roboto.RobotoBold if bold else font_roboto.Roboto, lazy=True)
    letters, metrics = font.getBestCmap(), font["hmtx"].metrics
    return {chr(code): metrics[name][0] for code, name in letters.items()}, font["head"].unitsPerEm


def printable(text: str) -> str:
    """The text with what cannot be printed replaced; a line's end stays."""
    return "".join(char if ord(char) in _known() or char == "\n" else MISSING for char in text)


@dataclass(frozen=True, kw_only=True)
class Foot:
    """What stands at the foot of every page."""

    printed_at: str
    printed_by: str


class Pages(FPDF):
    """A document of Letter pages. Every page ends with what becomes of the paper, when it was printed and by whom."""

    def __init__(self, *, foot: Foot, title: str, made_at: datetime) -> None:
        super().__init__(orientation="landscape", unit="mm", format="letter")
        self.foot, self.lacks = foot, False
        self.add_font(FAMILY, fname=font_roboto.Roboto)
        self.add_font(FAMILY, style="B", fname=font_roboto.RobotoBold)
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=False)
        self.set_title(title)
        self.set_creator("Carewright")
        self.set_creation_date(made_at)
        self.set_text_color(*INK)
        self.set_draw_color(*LINE)
        self.set_fill_color(*SHADE)

    @property
    def bottom(self) -> float:
        """How far down the page may be filled, in mm."""
        return float(self.h) - MARGIN_MM - FOOT_MM

    def footer(self) -> None:
        """Called by fpdf2 at the end of each page."""
        self.set_y(self.h - MARGIN_MM - 8)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.write_line(gettext("Patient names: shred this page when it is done with."), size=9, bold=True, gap=4.5)
        stamp = gettext("Printed %(when)s by %(who)s. Page %(page)s of %(pages)s.") % {
            "when": self.foot.printed_at, "who": self.foot.printed_by, "page": self.page_no(), "pages": "{nb}",
        }  # fmt: skip
        if self.lacks:
            lacking = gettext("%(sign)s stands for a letter that cannot be printed; see the screen.") % {
                "sign": MISSING
            }
            stamp = f"{stamp} {lacking}"
        self.write_line(stamp, size=8, gap=4, color=INK_2)

    def write_line(self, text: str, *, size: float, bold: bool = False, gap: float, color: Sequence[int] = INK) -> None:
        """One line of text at the left margin, `gap` mm high."""
        self.set_font(FAMILY, style="B" if bold else "", size=size)
        self.set_text_color(*color)
        self.set_x(MARGIN_MM)
        self.cell(0, gap, self.own(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(*INK)

    def own(self, text: str) -> str:
        """The text as this document can print it; the foot says if something is lacking."""
        found = printable(text)
        self.lacks = self.lacks or found != text
        return found

    def wrapped(self, text: str, width: float, *, size: float, bold: bool = False) -> list[str]:
        """The lines that a text takes in `width` mm."""
        found: list[str] = []
        for word in self.own(text).split(" ") if text else ():
            joined = f"{found[-1]} {word}" if found else word
            if found and _width_mm(joined, size=size, bold=bold) <= width:
                found[-1] = joined
            else:
                found.append(word)
        return found


def _width_mm(text: str, *, size: float, bold: bool) -> float:
    """How wide a line is set; measured here because the library takes milliseconds for a line."""
    widths, per_em = _advances(bold)
    return sum(widths.get(char, per_em) for char in text) / per_em * size * MM_PER_POINT


def attached(document: bytes, *, name: str) -> HttpResponse:
    """A PDF to be saved, never kept by a cache; `name` holds no patient's name."""
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
