"""What was done about a record until its end: entries with who and when, as extensions that the record carries.

An order and a result have no element for "collected", "reviewed" or "told". Each entry is one extension of the record
with the parts step (valueCode), at (valueDateTime), by (valueReference), words (valueString) and further facts
(valueString), so that `leg_of` reads all it needs from the record alone. What is unreadable is left out.
https://hl7.org/fhir/R4/extensibility.html
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource

OWN_PARTS = frozenset({"step", "at", "by", "words"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that was done: `step` is a code of the skill, `at` an instant, `by` a reference; `facts` by name."""

    step: str
    at: datetime
    by: str
    words: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("What was done has a time with its zone.")
        if OWN_PARTS & set(self.facts):
            raise ValueError("A fact may not bear the name of one of the parts of an entry.")


def to_extension(entry: Entry, *, url: str) -> Resource:
    """The entry as an extension; empty parts are left out."""
    parts: list[dict[str, Any]] = [
        {"url": "step", "valueCode": entry.step},
        {"url": "at", "valueDateTime": entry.at.isoformat(timespec="seconds")},
    ]
    if entry.by:
        parts.append({"url": "by", "valueReference": {"reference": entry.by}})
    if entry.words:
        parts.append({"url": "words", "valueString": entry.words})
    parts += [{"url": name, "valueString": value} for name, value in entry.facts.items() if value]
    return {"url": url, "extension": parts}


def entries(resource: Resource, *, url: str, steps: Collection[str]) -> tuple[Entry, ...]:
    """The entries of a record, in their sequence; those of other steps and those without a time are left out."""
    groups = (extension.get("extension", ()) for extension in resource.get("extension", ()) if extension["url"] == url)
    return tuple(entry for group in groups if (entry := _entry(group)) is not None and entry.step in steps)


def kept(before: Resource | None, after: Resource, *, trail: str, facts: Iterable[str] = ()) -> Resource:
    """`after` with the trail that `before` had, and with its other extensions `facts` where it says nothing of them.

    A program that sends a record anew and leaves out what it does not know takes nothing back.
    """
    own = [e for e in (before or {}).get("extension", ()) if e.get("url") == trail]
    singles = [e for e in (before or {}).get("extension", ()) if e.get("url") in set(facts)]
    given = list(after.get("extension", ()))
    new = _beyond(own, [e for e in given if e.get("url") == trail])
    said = {e.get("url") for e in given}
    others = [e for e in given if e.get("url") != trail]
    whole = [*others, *(e for e in singles if e.get("url") not in said), *own, *new]
    return after if whole == given else {**after, "extension": whole}


def _beyond(own: Sequence[Resource], given: Iterable[Resource]) -> list[Resource]:
    """What is given beside the own entries, each of which stands for one of its like: what happens again within the
    second in which it happened before is told in the same words, and did happen."""
    left, new = list(own), []
    for entry in given:
        if entry in left:
            left.remove(entry)
        else:
            new.append(entry)
    return new


def instant(text: object) -> datetime | None:
    """A FHIR date or time as an instant; None for what is none."""
    try:
        return interval(str(text))[0].astimezone(UTC) if text else None
    except ValueError:
        return None


def one_of(resource: Resource, url: str) -> Resource:
    """The first extension of a record with this address; empty if there is none."""
    return next((e for e in resource.get("extension", ()) if e.get("url") == url), {})


def _entry(group: Iterable[Resource]) -> Entry | None:
    parts = {str(part.get("url")): part for part in group}
    at = instant(parts.get("at", {}).get("valueDateTime"))
    step = str(parts.get("step", {}).get("valueCode", ""))
    if at is None or not step:
        return None
    facts = {name: str(part["valueString"]) for name, part in parts.items()
             if name not in OWN_PARTS and "valueString" in part}  # fmt: skip
    return Entry(
        step=step, at=at, by=str(parts.get("by", {}).get("valueReference", {}).get("reference", "")),
        words=str(parts.get("words", {}).get("valueString", "")), facts=facts,
    )  # fmt: skip
