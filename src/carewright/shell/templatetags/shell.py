"""The components as template tags. All are built into every template (see settings.TEMPLATES)."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput
from django.template import Context
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from lucide.templatetags.lucide import lucide

from carewright.shell.banner import PatientBanner
from carewright.shell.components import Chip, FieldState, Level, Notice, Step
from carewright.shell.saying import say, term_words
from carewright.shell.times import SiteClock, Wait
from carewright.shell.words import wait_words

register = template.Library()
register.filter("say", say)
register.filter("term", term_words)

_SVG = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_SPACE_BETWEEN_TAGS = re.compile(r">\s+<")


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> SafeString:
    """The Lucide icon `name`, drawn in the color of the text; without `label` it is hidden from screen readers."""
    match = _SVG.search(str(lucide(str(name), size=None)))
    assert match is not None  # noqa: S101  # every icon of the package is one svg element
    shapes = mark_safe(_SPACE_BETWEEN_TAGS.sub("><", match[1].strip()).replace(" />", "/>"))  # noqa: S308  # from the package
    if label:
        return format_html('<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', label, shapes)
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', shapes)


@register.simple_tag
def pill(icon_name: str, text: object, level: str = Level.INFO) -> SafeString:
    """A state: icon, word and tint."""
    return _pill(str(icon_name), str(text), Level(level))


@lru_cache(maxsize=1024)
def _pill(icon_name: str, text: str, level: Level) -> SafeString:
    return format_html('<span class="pill tint-{}">{}{}</span>', level.value, icon(icon_name), text)


@register.simple_tag
def wait(minutes: int, level: str = Level.PLAIN) -> SafeString:
    """A waiting time. `warn` and `critical` are said by an alarm icon, by weight and, to screen readers, in words."""
    return _wait(int(minutes), Level(level), gettext("waiting too long"), wait_words(Wait(int(minutes))))


@lru_cache(maxsize=4096)
def _wait(minutes: int, level: Level, late: str, words: str) -> SafeString:
    if level is Level.PLAIN:
        return format_html('<span class="wait">{}</span>', words)
    return format_html(
        '<span class="wait wait-{}">{}{}<span class="visually-hidden"> {}</span></span>',
        level.value,
        icon("alarm-clock"),
        words,
        late,
    )


def _clock(context: Context) -> SiteClock:
    care = context.get("care")
    return care.clock if care else SiteClock()


@register.simple_tag(takes_context=True)
def clinic_time(context: Context, instant: datetime) -> str:
    """'10:42 AM', in the site's zone and style."""
    return _clock(context).time(instant)


@register.simple_tag(takes_context=True)
def clinic_date(context: Context, day: date | datetime) -> str:
    """'11/23/2026', on the site's day and in its style."""
    return _clock(context).date(day)


@register.simple_tag(takes_context=True)
def clinic_day(context: Context, instant: datetime) -> str:
    """'Mon 11/23/2026'."""
    clock = _clock(context)
    return f"{date_format(clock.local(instant), 'D')} {clock.date(instant)}"


@register.inclusion_tag("shell/components/patient_banner.html")
def patient_banner(banner: PatientBanner) -> dict[str, Any]:
    return {"banner": banner}


@register.inclusion_tag("shell/components/notice.html")
def notice(shown: Notice) -> dict[str, Any]:
    return {"notice": shown}


@register.inclusion_tag("shell/components/steps.html")
def steps(listed: Iterable[Step], label: str) -> dict[str, Any]:
    return {"steps": listed, "label": label}


@register.inclusion_tag("shell/components/chips.html")
def chips(listed: Iterable[Chip], label: str) -> dict[str, Any]:
    return {"chips": listed, "label": label}


@register.inclusion_tag("shell/components/empty.html")
def empty(icon_name: str, title: str, hint: str = "") -> dict[str, Any]:
    """An empty state: what would be here, and what to do."""
    return {"icon_name": icon_name, "title": title, "hint": hint}


@register.inclusion_tag("shell/components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """The summary above a form that was not saved, with a link to each field."""
    wrong = [form[name] for name in form.errors if name in form.fields]
    return {"form": form, "wrong": [bound for bound in wrong if not bound.is_hidden]}


@register.inclusion_tag("shell/components/field.html")
def field(bound: BoundField, *, unit: str = "", state: FieldState | None = None) -> dict[str, Any]:
    """One field: label, control with its unit, what it was last time, notices and errors below.

    `#<id>-state` is what inline validation swaps (template `shell/components/field_state.html`), never the control.
    """
    shown = state or FieldState()
    name = bound.auto_id or bound.html_name
    parts = {"unit": bool(unit), "help": bool(bound.help_text), "state": True}
    described: dict[str, str | bool] = {
        "aria-describedby": " ".join(f"{name}-{part}" for part, there in parts.items() if there)
    }
    level = "critical" if bound.errors else shown.level
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=described),
        "unit": unit,
        "state": shown,
        "level": level,
        "is_choice": bound.use_fieldset,
        "is_check": isinstance(bound.field.widget, CheckboxInput),
        "name": name,
    }
