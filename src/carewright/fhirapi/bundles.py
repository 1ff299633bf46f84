"""Bundles put together from stored bytes: a resource inside is exactly what was stored.

https://hl7.org/fhir/R4/bundle.html
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote_plus

import msgspec

from carewright.core.store.model import Change, Stored

_ENCODER = msgspec.json.Encoder()
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*", re.ASCII)
"""What stands in an address as it is: most names and values."""
Links = Sequence[tuple[str, str]]


def bundle(kind: str, entries: Iterable[bytes], *, links: Links = (), total: int | None = None) -> bytes:
    """A Bundle of type `kind`; `links` are (relation, address)."""
    parts = [f'"resourceType":"Bundle","type":"{kind}"'.encode()]
    if total is not None:
        parts.append(b'"total":%d' % total)
    if links:
        parts.append(b'"link":' + text([{"relation": relation, "url": url} for relation, url in links]))
    joined = b",".join(entries)
    if joined:
        parts.append(b'"entry":[' + joined + b"]")
    return b"{" + b",".join(parts) + b"}"


def entry(*, full_url: str = "", resource: bytes | None = None, **rest: object) -> bytes:
    """One entry; `rest` are its small parts (search, request, response)."""
    parts = [b'"fullUrl":' + text(full_url)] if full_url else []
    if resource is not None:
        parts.append(b'"resource":' + resource)
    parts += [b'"%s":%s' % (name.encode(), text(value)) for name, value in rest.items()]
    return b"{" + b",".join(parts) + b"}"


def found(listed: Iterable[Stored], *, base: str, mode: str) -> list[bytes]:
    """Entries of a searchset; `mode` is match or include."""
    address, said = text(f"{base}/")[:-1], b',"search":{"mode":"%s"}}' % mode.encode()
    return [  # types and ids need no escapes
        b'{"fullUrl":%s%s/%s","resource":%s%s' % (address, one.ref.type.encode(), one.ref.id.encode(), one.body, said)
        for one in listed
        if one.body is not None
    ]


def past(stored: Stored, *, base: str) -> bytes:
    """An entry of a history."""
    method, url, status = {
        Change.CREATE: ("POST", stored.ref.type, "201"),
        Change.UPDATE: ("PUT", str(stored.ref), "200"),
        Change.DELETE: ("DELETE", str(stored.ref), "204"),
    }[stored.change]
    return entry(
        full_url=f"{base}/{stored.ref}",
        resource=stored.body,
        request={"method": method, "url": url},
        response={"status": status, "lastModified": instant(stored.at), "etag": stored.etag},
    )


def text(value: object) -> bytes:
    """A small value of ours as JSON."""
    return _ENCODER.encode(value)


def instant(at: datetime) -> str:
    """A FHIR instant in UTC, with milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def address(base: str, path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """An address with a query."""
    listed = "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])
    return f"{base}/{path}?{listed}" if listed else f"{base}/{path}"


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote_plus(text)
