"""Lines as HTML. A line that looks the same is drawn once: every MA of a site has the same huddle open."""

from functools import lru_cache

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from carewright.shell.times import SiteClock
from carewright.workspaces.huddle.lines import Line

KEPT_LINES = 4096
"""Some kilobytes each; the oldest make room."""


def draw(line: Line, clock: SiteClock) -> SafeString:
    """One line, a `tr`."""
    return mark_safe(_drawn(line, clock, get_language() or ""))  # noqa: S308 - the template escapes


@lru_cache(maxsize=KEPT_LINES)
def _drawn(line: Line, clock: SiteClock, language: str) -> str:
    return get_template("huddle/row.html").render({"line": line, "at_words": clock.time(line.at)}).strip()
