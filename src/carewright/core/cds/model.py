"""CDS Hooks as values: the cards that we give, and those that other services give us. Plain Python.

https://cds-hooks.hl7.org/2.0/
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from carewright.core.store.reader import Reader

Json = dict[str, Any]
PATIENT_VIEW, ORDER_SIGN = "patient-view", "order-sign"
HOOKS = (PATIENT_VIEW, ORDER_SIGN)
INDICATORS = ("info", "warning", "critical")
MAX_SUMMARY, MAX_DETAIL, MAX_CARDS, MAX_LINKS = 140, 2_000, 10, 5
MAX_ACTIONS = 10


@dataclass(frozen=True, kw_only=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Action:
    """A part of a suggestion: `create`, `update` or `delete`, in the service's words, and the resource as it came."""

    kind: str
    words: str
    resource: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What a service suggests. It is shown, and done by nobody but a person (suggestions.py).

    `is_whole` is false where it holds more than is read here: then it is not done in part either.
    """

    uuid: str
    label: str
    actions: tuple[Action, ...] = ()
    is_whole: bool = True

    def to_json(self) -> Json:
        """As CDS Hooks has it."""
        listed = [{"type": one.kind, "description": one.words, "resource": one.resource} for one in self.actions]
        return {"uuid": self.uuid, "label": self.label, "actions": listed}

    @classmethod
    def from_json(cls, given: object) -> Self | None:
        label = _text(given, "label", 200)
        if not label or not isinstance(given, dict):
            return None
        listed = given.get("actions", [])
        found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        return cls(
            uuid=_text(given, "uuid", 80), label=label,
            actions=tuple(_action(one) for one in found[:MAX_ACTIONS]),
            is_whole=isinstance(listed, list) and len(listed) == len(found) <= MAX_ACTIONS,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Why:
    """A reason, of those that a service offers, for not doing as its card says: Card.overrideReasons."""

    code: str
    system: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One card; `whys` are the reasons that may be given when it is put away."""

    uuid: str
    summary: str
    source: str
    source_url: str = ""
    indicator: str = "info"
    detail: str = ""
    links: tuple[Link, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    whys: tuple[Why, ...] = ()

    def to_json(self) -> Json:
        """As CDS Hooks has it; a link is one of a page, opened in a browser."""
        source: Json = {"label": self.source, **({"url": self.source_url} if self.source_url else {})}
        found: Json = {"uuid": self.uuid, "summary": self.summary[:MAX_SUMMARY], "indicator": self.indicator}
        found |= {"detail": self.detail} if self.detail else {}
        found |= {"source": source}
        if self.links:
            found["links"] = [{"label": link.label, "url": link.url, "type": "absolute"} for link in self.links]
        return found

    @classmethod
    def from_json(cls, given: object) -> Self | None:
        """What a service has sent, cut to what a page has room for; None for what is no card."""
        if not isinstance(given, dict):
            return None
        source = given.get("source")
        summary, label = _text(given, "summary", MAX_SUMMARY), _text(source, "label", 80)
        if not summary or not label:
            return None
        indicator = given.get("indicator")
        links = [Link(label=_text(one, "label", 80), url=url) for one in _list(given, "links") if (url := _https(one))]
        suggested = [read for one in _list(given, "suggestions") if (read := Suggestion.from_json(one))]
        whys = [
            Why(code=_text(one, "code", 80), system=_text(one, "system", 200), words=_text(one, "display", 80))
            for one in _list(given, "overrideReasons")
        ]
        return cls(
            uuid=_text(given, "uuid", 80),
            summary=summary,
            source=label,
            source_url=_https(source),
            indicator=indicator if indicator in INDICATORS else INDICATORS[0],
            detail=_text(given, "detail", MAX_DETAIL),
            links=tuple(link for link in links if link.label)[:MAX_LINKS],
            suggestions=tuple(suggested)[:MAX_LINKS],
            whys=tuple(why for why in whys if why.code and why.words),
        )


def _action(given: Json) -> Action:
    resource = given.get("resource")
    return Action(
        kind=_text(given, "type", 20), words=_text(given, "description", 300),
        resource=resource if isinstance(resource, dict) else {},
    )  # fmt: skip


def _text(holder: object, name: str, most: int) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    return "".join(c for c in value if c.isprintable() or c == "\n").strip()[:most] if isinstance(value, str) else ""


def _list(holder: Json, name: str) -> Sequence[object]:
    value = holder.get(name)
    return value[:MAX_LINKS] if isinstance(value, list) else ()


def _https(holder: object) -> str:
    """The address of a link, if a browser may be sent there. A SMART app is not started by a card."""
    if not isinstance(holder, dict) or holder.get("type", "absolute") != "absolute":
        return ""
    url = holder.get("url")
    try:
        good = isinstance(url, str) and len(url) <= 2_000 and url.isprintable() and urlsplit(url).scheme == "https"
    except ValueError:
        return ""
    return str(url) if good else ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a card is asked about; `base` is the address of the pages, without a slash at its end."""

    patient: str
    now: datetime
    base: str
    context: Mapping[str, Any]


Cards = Callable[["Reader", Asked], Sequence[Card]]


@dataclass(frozen=True, kw_only=True)
class CardSource:
    """Something that knows cards for some hooks. It reads with the asker's access, and never advises."""

    name: str
    hooks: frozenset[str]
    cards: Cards
    doc: str = ""
