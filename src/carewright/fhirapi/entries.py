"""The entries of a batch or transaction Bundle, taken apart and checked. Plain Python: no store, no web.

https://hl7.org/fhir/R4/bundle.html#bundle-unique, https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from carewright.core.fhir.dates import interval
from carewright.core.fhir.references import parse, walk
from carewright.core.fhir.structures import is_resource
from carewright.core.ids import new_id
from carewright.core.store.model import Ref, Resource
from carewright.core.store.transaction import MAX_ENTRIES
from carewright.fhirapi.bounds import MAX_TARGET_BYTES
from carewright.fhirapi.calls import ID, Pairs, version_in
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.read import Known

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry. `path` are the parts of its address behind the base: `("Patient", "123", "_history", "2")`."""

    number: int
    method: str
    path: tuple[str, ...]
    pairs: Pairs
    full_url: str = ""
    resource: Resource | None = None
    if_match: str | None = None
    if_none_exist: str | None = None
    known: Known = field(default_factory=Known)

    @property
    def where(self) -> str:
        return f"Bundle.entry[{self.number}]"

    @property
    def is_conditional(self) -> bool:
        """Whether a search names what is updated, patched or deleted."""
        return self.method in ("PUT", "PATCH", "DELETE") and len(self.path) == 1 and bool(self.pairs)

    @property
    def ref(self) -> Ref:
        """The resource in the address; ApiError 400 where it names none."""
        if len(self.path) < 2 or not ID.fullmatch(self.path[1]):
            raise self.error("the address is Type/id here")
        return Ref(self.path[0], self.path[1])

    @property
    def body(self) -> Resource:
        """The resource to write; ApiError 400 without one."""
        if self.resource is None:
            raise self.error("the entry needs a resource")
        return self.resource

    @property
    def version(self) -> int | None:
        return version_in(self.if_match, where="ifMatch")

    def error(self, text: str) -> ApiError:
        return ApiError(400, "invalid", f"Entry {self.number}: {text}.", expressions=[self.where])


def taken_apart(bundle: Resource, *, base: str) -> list[Entry]:
    """The entries in their order; ApiError 400 names the first one that is not understood."""
    listed = bundle.get("entry", [])
    if not isinstance(listed, list):
        raise ApiError(400, "structure", "Bundle.entry is a list.", expressions=["Bundle.entry"])
    if len(listed) > MAX_ENTRIES:
        raise ApiError(413, "too-costly", f"A Bundle holds at most {MAX_ENTRIES} entries. Send it in parts.")
    return [_entry(number, found, base) for number, found in enumerate(listed)]


def _entry(number: int, found: object, base: str) -> Entry:
    request = found.get("request") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(request, dict):
        raise _bad(number, "it needs a request with method and url")
    method, url = request.get("method"), request.get("url")
    if method not in METHODS:
        raise _bad(number, f"its request.method is one of {', '.join(METHODS)}")
    if not isinstance(url, str):
        raise _bad(number, "it needs a request.url")
    if len(url) > MAX_TARGET_BYTES or len(str(request.get("ifNoneExist", ""))) > MAX_TARGET_BYTES:
        raise _bad(number, f"its request.url and ifNoneExist have at most {MAX_TARGET_BYTES} characters each")
    if method != "GET" and ("ifNoneMatch" in request or "ifModifiedSince" in request):
        raise _bad(number, "ifNoneMatch and ifModifiedSince are for a GET")
    resource = found.get("resource")
    if resource is not None and not isinstance(resource, dict):
        raise _bad(number, "its resource is an object")
    try:
        parts = urlsplit(url.removeprefix(base).lstrip("/"))
    except ValueError:  # brackets that hold no IPv6 address
        raise _bad(number, "its request.url is no address") from None
    path = tuple(parts.path.strip("/").split("/"))
    if parts.scheme or not is_resource(path[0]):
        raise _bad(number, "its request.url begins with a resource type of R4")
    return Entry(
        number=number,
        method=method,
        path=path,
        pairs=parse_qsl(parts.query, keep_blank_values=True),
        full_url=_text(found, "fullUrl", number),
        resource=resource,
        if_match=_text(request, "ifMatch", number) or None,
        if_none_exist=_text(request, "ifNoneExist", number) or None,
        known=Known(tags=_text(request, "ifNoneMatch", number) or None, at=_instant(request, number)),
    )


def _instant(request: Resource, number: int) -> datetime | None:
    text = _text(request, "ifModifiedSince", number)
    try:
        return interval(text)[0] if text else None
    except ValueError:
        raise _bad(number, "its ifModifiedSince is an instant: 2026-11-23T10:42:00Z") from None


def _text(holder: Resource, name: str, number: int) -> str:
    value = holder.get(name, "")
    if not isinstance(value, str):
        raise _bad(number, f"its {name} is a text")
    return value


def _bad(number: int, text: str) -> ApiError:
    where = f"Bundle.entry[{number}]"
    return ApiError(400, "invalid", f"Entry {number}: {text}.", expressions=[where])


def new_refs(entries: Sequence[Entry], met: Mapping[int, Ref | None]) -> dict[int, Ref]:
    """What each entry of a transaction writes, by its number; what is new gets a new id. ApiError 400 for a clash.

    `met` has what the conditional entries mean; a deletion that means nothing writes nothing.
    """
    refs: dict[int, Ref] = {}
    seen: dict[Ref, int] = {}
    for entry in entries:
        if entry.method == "GET":
            raise entry.error("reads go into a batch, not into a transaction")
        if entry.method == "POST" and len(entry.path) > 1:
            raise entry.error("a POST goes to the address of a type")
        ref = met[entry.number] if entry.is_conditional else _new(entry) if entry.method == "POST" else entry.ref
        if ref is None:
            if entry.method == "DELETE":
                continue
            if entry.method == "PATCH":
                raise ApiError(404, "not-found", f"Entry {entry.number}: nothing meets its condition.")
            ref = _new(entry)
        if ref in seen:
            raise entry.error(f"it writes the same resource as entry {seen[ref]}")
        refs[entry.number], seen[ref] = ref, entry.number
    return refs


def _new(entry: Entry) -> Ref:
    """What an entry creates; a conditional update may bring its id."""
    named = entry.body.get("id") if entry.method == "PUT" else None
    if named is not None and not (isinstance(named, str) and ID.fullmatch(named)):
        raise entry.error("the id of its resource has 1 to 64 letters, digits, hyphens and dots")
    return Ref(entry.path[0], named or new_id())


def links(entries: Sequence[Entry], refs: dict[int, Ref]) -> dict[str, str]:
    """What stands in references inside the transaction, and what it becomes: a fullUrl becomes `Type/id`.

    A POST under an absolute fullUrl `…/Type/id` is also meant by `Type/id`, which from now on has another id.
    ApiError 400 where two entries have the same fullUrl.
    """
    mapping: dict[str, str] = {}
    for entry in entries:
        if not entry.full_url or entry.method == "DELETE":
            continue
        if entry.full_url in mapping:
            raise entry.error("another entry has the same fullUrl")
        mapping[entry.full_url] = str(refs[entry.number])
        if entry.method == "POST" and not entry.full_url.startswith("urn:"):
            mapping.setdefault("/".join(entry.full_url.split("/")[-2:]), str(refs[entry.number]))
    return mapping


def open_references(entries: Sequence[Entry], mapping: dict[str, str]) -> list[tuple[Entry, str]]:
    """The conditional references (`Patient?identifier=…`) that have to be looked up, each once.

    ApiError 400 for a urn: that no entry has as its fullUrl.
    """
    found: dict[str, Entry] = {}
    for entry in entries:
        for path, holder in walk(entry.resource or {}):
            text = holder["reference"]
            if text in mapping or text in found:
                continue
            if text.startswith("urn:uuid:"):
                raise ApiError(
                    400,
                    "not-found",
                    f"Entry {entry.number}: a reference leads to a urn:uuid that no entry has as its fullUrl.",
                    expressions=[f"{entry.where}.resource.{path.partition('.')[2]}.reference"],
                )
            if "?" in text and _is_conditional(text):
                found[text] = entry
    return [(entry, text) for text, entry in found.items()]


def _is_conditional(text: str) -> bool:
    try:
        return parse(text).kind == "conditional"
    except ValueError:
        return False  # the validation of the resource says what is wrong with it
