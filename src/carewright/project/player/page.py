"""What stands on a page: its forms with what they would send. Pure; for our own pages, whose markup is known."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_PRESS = re.compile(r'hx-post="([^"]+)" hx-vals=\'([^\']*)\'')


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form: where it goes, what it would send as it stands, what may be chosen, and its buttons by name."""

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buttons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_multipart: bool = False

    def chosen(self, name: str) -> tuple[str, ...]:
        """What may be chosen for a field, without the empty choice."""
        return tuple(value for value in self.choices.get(name, ()) if value)


def forms(html: str, *, to: str = "") -> list[Form]:
    """The forms of a page whose address ends with `to`, in the order of the page."""
    found = [_Reader(part).form for part in _FORM.findall(html)]
    return [form for form in found if form.action.endswith(to)]


def form(html: str, *, to: str) -> Form | None:
    """The first form that goes to an address with this end."""
    return next(iter(forms(html, to=to)), None)


def presses(html: str) -> Iterator[tuple[str, str]]:
    """Buttons that send by themselves: the address, and the values as JSON."""
    for address, values in _PRESS.findall(html):
        yield unescape(address), unescape(values)


class _Reader(HTMLParser):
    """Reads one form."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._action, self._is_multipart = "", False
        self._fields: dict[str, str] = {}
        self._choices: dict[str, list[str]] = {}
        self._buttons: dict[str, list[str]] = {}
        self._select = self._textarea = ""
        self.feed(text)

    @property
    def form(self) -> Form:
        return Form(
            action=self._action,
            fields=self._fields,
            choices={name: tuple(values) for name, values in self._choices.items()},
            buttons={name: tuple(values) for name, values in self._buttons.items()},
            is_multipart=self._is_multipart,
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        match tag:
            case "form":
                self._action = values.get("action", "")
                self._is_multipart = values.get("enctype", "") == "multipart/form-data"
            case "input":
                self._input(name, values)
            case "select":
                self._select = name
                self._choices[name] = []
            case "option" if self._select:
                self._option(values)
            case "textarea":
                self._textarea = name
                self._fields[name] = ""
            case "button" if name:
                self._buttons.setdefault(name, []).append(values.get("value", ""))
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._fields[self._textarea] += data

    def _input(self, name: str, values: Mapping[str, str]) -> None:
        kind, value = values.get("type", "text"), values.get("value", "")
        if not name or kind == "file":
            return
        if kind in ("radio", "checkbox"):
            self._choices.setdefault(name, []).append(value or "on")
            if "checked" in values:
                self._fields[name] = value or "on"
            return
        self._fields[name] = value

    def _option(self, values: Mapping[str, str]) -> None:
        value = values.get("value", "")
        self._choices[self._select].append(value)
        if "selected" in values or self._select not in self._fields:
            self._fields[self._select] = value
