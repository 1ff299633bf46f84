"""Printed pages and labels: HTML with its paper size in print.css, printed (or saved as PDF) by the browser.

The style sheet has one named page per size (https://www.w3.org/TR/css-page-3/#using-named-pages), so one print
job never mixes up papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class SheetSize:
    """A paper size in inches; `key` is the end of the style's name."""

    key: str
    width_in: float
    height_in: float
    words: str | Promise
    is_page: bool = False


LETTER = SheetSize(key="letter", width_in=8.5, height_in=11, words=_("Letter, 8½ × 11 in"), is_page=True)
LABEL_SMALL = SheetSize(key="label-small", width_in=2.25, height_in=1.25, words=_("Label, 2¼ × 1¼ in"))
LABEL_LARGE = SheetSize(key="label-large", width_in=4, height_in=2, words=_("Label, 4 × 2 in"))
SIZES = (LETTER, LABEL_SMALL, LABEL_LARGE)


@dataclass(frozen=True, kw_only=True)
class Label:
    """What stands on a patient's label: two identifiers always, then what the label is for."""

    name: str
    born: str
    sex: str
    mrn: str
    lines: tuple[str, ...] = ()


def render_labels(request: HttpRequest, *, labels: Sequence[Label], size: SheetSize) -> HttpResponse:
    """One page of the label printer per label; ValueError for a size that is no label."""
    if size.is_page:
        raise ValueError("A label is printed on a label size.")
    return render(request, "shell/print/label.html", {"sheets": labels, "size": size})


def render_sheet(
    request: HttpRequest, template: str, *, values: dict[str, Any], printed_at: datetime, printed_by: str
) -> HttpResponse:
    """A letter page from `template`, which extends shell/print/page.html; its foot says when and by whom."""
    care = getattr(request, "care", None)
    stamp = f"{care.clock.date(printed_at)}, {care.clock.time(printed_at)}" if care else printed_at.isoformat()
    context = {"sheets": [values], "size": LETTER, "printed_at": stamp, "printed_by": printed_by, **values}
    return render(request, template, context)
