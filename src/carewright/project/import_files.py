"""The files of an import, read: Bundles of any type, NDJSON and single resources become numbered items.

Bundles: https://hl7.org/fhir/R4/bundle.html; references inside them:
https://hl7.org/fhir/R4/bundle.html#references. An entry without an id gets the one that its fullUrl says, else one
made from its content, so that the same file gives the same ids every time.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from carewright.core.fhir import codec
from carewright.core.fhir.references import rewrite
from carewright.core.fhir.structures import is_resource
from carewright.core.store.model import Resource

_URN_UUID = re.compile(r"urn:uuid:([0-9a-fA-F-]{36})")
_REST = re.compile(r"https?://[^\s?#]+/([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/\s]+)?")
_OF_CONTENT = uuid.UUID("5f0f6a2e-0f0b-5a52-9a8a-6f1d1b0f6c11")
"""Namespace of ids that are made from a resource's content (a random constant, RFC 9562 section 5.5)."""


class Unreadable(ValueError):
    """A file, line or entry cannot be read as FHIR JSON; the text says why, without its content."""


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


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file as it was when the import began; a changed file is read from the beginning."""

    path: Path
    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> "Source":
        try:
            found = path.stat()
        except OSError as error:
            raise Unreadable(f"{path.absolute()} cannot be read: {error.strerror}.") from error
        if not path.is_file():
            raise Unreadable(f"{path} is not a file.")
        return cls(path=path, size=found.st_size, changed_ns=found.st_mtime_ns)

    @property
    def of_lines(self) -> bool:
        """Whether it has one resource per line, and can be read without holding all of it."""
        return self.path.suffix.lower() in (".ndjson", ".jsonl")

    @property
    def key(self) -> str:
        return sha256(f"{self.path.resolve()}|{self.size}|{self.changed_ns}".encode()).hexdigest()[:32]


def items(source: Source) -> Iterator[Item]:
    """The resources of a file in order; Unreadable if the file as a whole cannot be read."""
    if source.of_lines:
        yield from _lines(source.path)
        return
    try:
        content = codec.decode(source.path.read_bytes())
    except codec.MalformedJson as error:
        raise Unreadable(f"{source.path.name}: {error}") from error
    if content.get("resourceType") == "Bundle":
        yield from _entries(content, size=source.size)
    else:
        yield replace(_item(1, content), size=source.size)


def _lines(path: Path) -> Iterator[Item]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield replace(_item(number, codec.decode(line)), size=len(line))
                except codec.MalformedJson as error:
                    yield Item(number=number, problem=str(error), size=len(line))


def _entries(bundle: Resource, *, size: int) -> Iterator[Item]:
    """The entries of a bundle. A history has the newest first: older versions of the same resource are passed over."""
    seen: set[str] = set()
    entries = _objects(bundle.get("entry"))
    for number, entry in enumerate(entries, start=1):
        item = replace(_entry(number, entry), size=size // len(entries))
        if bundle.get("type") == "history" and item.resource is not None:
            name = reference_of(item.resource)
            item = replace(item, superseded=name in seen)
            seen.add(name)
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
    """What references in the files stand for: `everywhere` for all files, with a bundle's own entries before it."""

    everywhere: Mapping[str, str]

    def applied(self, resource: Resource, own: Mapping[str, str]) -> Resource:
        """The resource with its references to entries of the import as `Type/id`."""
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


def links_of(read: list[Item]) -> dict[str, str]:
    """fullUrl to `Type/id` for the entries of one file."""
    return {item.full_url: reference_of(item.resource) for item in read if item.full_url and item.resource is not None}


def conditional_links(resource: Resource) -> Iterator[str]:
    """How a transaction may refer to this resource by identifier: `Practitioner?identifier=system|value`."""
    identifiers = resource.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(identifier, dict) and identifier.get("value"):
            system, value = identifier.get("system", ""), identifier["value"]
            yield f"{resource['resourceType']}?identifier={system}|{value}"
