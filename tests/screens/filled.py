"""A form of a page, as a browser would send it: for tests without a browser."""

import re
from html.parser import HTMLParser
from typing import Any


class Forms(HTMLParser):
    """Every form of a page by its action, with the values its controls hold."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.now: dict[str, str] | None = None
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.now = self.forms[has.get("action", "")] = {}
        elif self.now is None or not has.get("name", self.select):
            return
        elif tag == "input":
            self.now[has["name"]] = has.get("value", "")
        elif tag == "select":
            self.select = has["name"]
        elif tag == "option" and self.select and ("selected" in has or self.select not in self.now):
            self.now[self.select] = has.get("value", "")
        elif tag == "textarea":
            self.area = has["name"]
            self.now[self.area] = ""

    def handle_data(self, data: str) -> None:
        if self.area and self.now is not None:
            self.now[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.now = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def form_at(answer: Any, action: str) -> dict[str, str]:
    """The values of the form of a page that goes to `action`."""
    parser = Forms()
    parser.feed(answer.content.decode())
    assert action in parser.forms, (action, answer.status_code, sorted(parser.forms))
    return parser.forms[action]


def hidden_in(answer: Any) -> dict[str, str]:
    """What the form base has put into a page: who opened the form, and its key."""
    return dict(re.findall(r'name="(care_\w+)" value="([^"]*)"', answer.content.decode()))


def opened_form(client: Any, path: str) -> dict[str, str]:
    """The hidden fields of the form of a page, as it is opened now."""
    found = hidden_in(client.get(path))
    assert set(found) == {"care_context", "care_key"}
    return found


def text_of(answer: Any) -> str:
    """What a page says, in one line."""
    texts: list[str] = []

    class Text(HTMLParser):
        def handle_data(self, data: str) -> None:
            texts.append(data)

    Text().feed(answer.content.decode())
    return " ".join(" ".join(texts).split())
