"""The files of an import, read: Bundles of any type, NDJSON and single resources become numbered items.

Bundles: https://hl7.org/fhir/R4/bundle.html; references inside them:
https://hl7.org/fhir/R4/bundle.html#references. An entry without an id gets the one that its fullUrl says, else one
made from its content, so that the same file gives the same ids every time.
"""

import mmap
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from carewright.core.fhir import codec
from carewright.core.fhir.references import rewrite
from carewright.core.fhir.structures import is_resource
from carewright.core.store.model import Resource
from carewright.project.import_bundles import Unbalanced, split
from carewright.project.import_sources import (
    BOM,
    CUT_OFF,
    DAMAGED_GZIP,
    MOST_LINE_BYTES,
    Source,
    Unreadable,
    refuse_what_is_no_text,
)

_URN_UUID = re.compile(r"urn:uuid:([0-9a-fA-F-]{36})")
_REST = re.compile(r"https?://[^\s?#]+/([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/\s]+)?")
_OF_CONTENT = uuid.UUID("5f0f6a2e-0f0b-5a52-9a8a-6f1d1b0f6c11")
"""Namespace of ids that are made from a resource's content (a random constant, RFC 9562 section 5.5)."""
LARGE_BYTES = 4 * 1024 * 1024
"""A longer document is never held as a whole: decoded, it takes some ten times its size."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One resource of a file, or what is wrong with it. `number` counts entries or lines from 1; `size` is its share
    of the file in bytes."""

    number: int
    full_url: str = ""
    resource: Resource | None = None
    problem: str = ""
    superseded: bool = False
    size: int = 0


def items(source: Source, *, behind: int = 0) -> Iterator[Item]:
    """The resources of a file in order, those behind a number; Unreadable if the file as a whole cannot be read."""
    refuse_what_is_no_text(source)
    if source.of_lines:
        yield from _lines(source, skipped=behind)
    else:
        yield from (item for item in _document(source) if item.number > behind)


def _lines(source: Source, *, skipped: int) -> Iterator[Item]:
    number = 0
    with source.opened() as (content, raw):
        while number < skipped and content.readline():
            number += 1
        behind = raw.tell()
        while True:
            number += 1
            try:
                line = content.readline(MOST_LINE_BYTES)
                too_long = len(line) == MOST_LINE_BYTES
                while len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
                    line = content.readline(MOST_LINE_BYTES)
            except DAMAGED_GZIP:
                yield Item(number=number, problem=CUT_OFF)
                return
            if not line:
                return
            size, behind = raw.tell() - behind, raw.tell()
            if too_long:
                yield Item(number=number, problem=f"The line is longer than {MOST_LINE_BYTES >> 20} MB.", size=size)
            elif line.strip():
                yield replace(_decoded(number, line), size=size)


def _decoded(number: int, text: bytes) -> Item:
    try:
        return _item(number, codec.decode(text))
    except codec.MalformedJson as error:
        return Item(number=number, problem=str(error))


def _document(source: Source) -> Iterator[Item]:
    """A Bundle or a single resource. A large one, or one that is not right as a whole, is taken apart."""
    try:
        with source.opened() as (content, _):
            text = content.read(LARGE_BYTES)
            rest = bool(content.read(1))
    except DAMAGED_GZIP:
        raise Unreadable(CUT_OFF) from None
    if rest:
        del text
        with source.mapped() as large:
            yield from _taken_apart(large, source, start=len(BOM) if large[: len(BOM)] == BOM else 0)
        return
    try:
        whole = codec.decode(text)
    except codec.MalformedJson:
        yield from _taken_apart(text, source, start=0)
        return
    if whole.get("resourceType") == "Bundle":
        entries = _objects(whole.get("entry"))
        read = (_entry(number, entry) for number, entry in enumerate(entries, start=1))
        yield from _newest(whole, (replace(item, size=source.size // len(entries)) for item in read))
    else:
        yield replace(_item(1, whole), size=source.size)


def _taken_apart(text: bytes | mmap.mmap, source: Source, *, start: int) -> Iterator[Item]:
    """The entries of a Bundle, decoded one by one; Unreadable if it is cut off, or wrong outside of its entries."""
    try:
        found = split(text, start=start)
        bundle = codec.decode(found.around if found else bytes(text[start:]))
    except Unbalanced:
        raise Unreadable("The JSON is cut off, or its braces do not match. Copy it again from where it came.") from None
    except codec.MalformedJson as error:
        raise Unreadable(str(error)) from error
    if found is None or bundle.get("resourceType") != "Bundle":
        yield replace(_item(1, bundle), size=source.size)
        return
    share = source.size / max(len(text), 1)

    def decoded() -> Iterator[Item]:
        for number, (first, last) in enumerate(found.entries, start=1):
            size = int((last - first) * share)
            try:
                yield replace(_entry(number, codec.decode(bytes(text[first:last]))), size=size)
            except codec.MalformedJson as error:
                yield Item(number=number, problem=str(error), size=size)

    yield from _newest(bundle, decoded())


def _newest(bundle: Resource, read: Iterable[Item]) -> Iterator[Item]:
    """A history has the newest version first: older versions of the same resource are passed over."""
    seen: set[str] = set()
    for item in read:
        if bundle.get("type") == "history" and item.resource is not None:
            name = reference_of(item.resource)
            yield replace(item, superseded=name in seen)
            seen.add(name)
        else:
            yield item


def _entry(number: int, entry: dict[str, Any]) -> Item:
    resource = entry.get("resource")
    if isinstance(resource, dict):
        return _item(number, resource, full_url=str(entry.get("fullUrl") or ""))
    return Item(number=number, problem=_without_resource(entry.get("request")))


def _without_resource(request: object) -> str:
    if isinstance(request, dict) and request.get("method") == "DELETE":
        return "The entry asks for a deletion; an import deletes nothing."
    return "The entry has no resource."


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def _item(number: int, resource: Resource, *, full_url: str = "") -> Item:
    resource_type = resource.get("resourceType")
    if not isinstance(resource_type, str) or not is_resource(resource_type):
        return Item(number=number, problem="The entry has no resourceType of FHIR R4.")
    if not resource.get("id"):
        resource = {"resourceType": resource_type, "id": _made_id(resource, full_url), **_rest(resource)}
    return Item(number=number, full_url=full_url, resource=resource)


def _rest(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name not in ("resourceType", "id")}


def _made_id(resource: Resource, full_url: str) -> str:
    if found := _URN_UUID.fullmatch(full_url):
        return found[1].lower()
    if (found := _REST.fullmatch(full_url)) and found[1] == resource["resourceType"]:
        return found[2]
    return str(uuid.uuid5(_OF_CONTENT, codec.encode(resource).decode()))


def reference_of(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


@dataclass(frozen=True)
class Links:
    """What references in the files stand for: `everywhere` for all files. Where two files have the same fullUrl for
    different resources, `own` has the second one's, by the key of its source."""

    everywhere: dict[str, str] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, source: Source, url: str, name: str) -> None:
        """The first file that has a fullUrl says what it stands for in the others."""
        if self.everywhere.setdefault(url, name) != name:
            self.own.setdefault(source.key, {})[url] = name

    def applied(self, resource: Resource, source: Source) -> Resource:
        """The resource with its references to entries of the import as `Type/id`."""
        own = self.own.get(source.key, {})
        if not (own or self.everywhere):
            return resource
        return rewrite(resource, _Layered(own, self.everywhere))


class _Layered(dict[str, str]):
    """Two mappings looked up one after the other, without copying the large one for every file."""

    def __init__(self, first: Mapping[str, str], second: Mapping[str, str]) -> None:
        super().__init__()
        self._first, self._second = first, second

    def __contains__(self, key: object) -> bool:
        return key in self._first or key in self._second

    def __getitem__(self, key: str) -> str:
        return self._first[key] if key in self._first else self._second[key]


def conditional_links(resource: Resource) -> Iterator[str]:
    """How a transaction may refer to this resource by identifier: `Practitioner?identifier=system|value`."""
    identifiers = resource.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(identifier, dict) and identifier.get("value"):
            system, value = identifier.get("system", ""), identifier["value"]
            yield f"{resource['resourceType']}?identifier={system}|{value}"
