"""ValueSet/$expand and CodeSystem/$lookup: of what is loaded here; of the rest it is said that it is not.

https://hl7.org/fhir/R4/valueset-operation-expand.html, https://hl7.org/fhir/R4/codesystem-operation-lookup.html
"""

import uuid
from collections.abc import Callable

import anyio.to_thread

from carewright.core.access.model import Interaction
from carewright.core.clock import wall_now
from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.text import fold
from carewright.core.fhir.validation import validate
from carewright.core.store.model import Invalid, Ref, Resource
from carewright.core.store.search.parse import parse
from carewright.core.terminology import service, systems
from carewright.core.terminology.coding import Coding
from carewright.core.terminology.compose import Codes, Expander, NotExpanded
from carewright.fhirapi.answers import Answer
from carewright.fhirapi.bundles import instant
from carewright.fhirapi.calls import Call
from carewright.fhirapi.given import Given
from carewright.fhirapi.outcomes import ApiError

EXPAND_KNOWS = ("url", "valueSet", "filter", "offset", "count")
LOOKUP_KNOWS = ("system", "code", "coding")
MAX_CODES = 1_000
"""Codes in one answer; `offset` leads on."""


async def expand(call: Call, resource_type: str, given: Given) -> Answer:
    """The codes of the value set of an address, or of one that is sent along."""
    given.only(EXPAND_KNOWS, strict=call.strict)
    sent, address = given.parts.get("valueSet") or given.parts.get("resource"), given.values.get("url")
    if isinstance(sent, dict):
        if sent.get("resourceType") != resource_type or (issues := validate(sent)):
            raise Invalid(issues) if sent.get("resourceType") == resource_type else _needs_a_value_set()
        return await _expanded(call, given, lambda expander: expander.of_resource(sent), {})
    if not address:
        raise _needs_a_value_set()
    return await _expanded(call, given, lambda expander: expander.of_address(address), {"url": address})


async def expand_stored(call: Call, ref: Ref, given: Given) -> Answer:
    """The codes of a value set that is kept here; NotFound, Gone, AccessDenied."""
    given.only(tuple(name for name in EXPAND_KNOWS if name not in ("url", "valueSet")), strict=call.strict)
    async with call.store.async_reader(call.access, reason="api.expand") as reader:
        call.access.require(Interaction.READ, ref.type)
        found = decode((await reader.read(ref)).body or b"{}")
    named: Resource = {name: found[name] for name in ("id", "url", "version", "name", "title") if name in found}
    return await _expanded(call, given, lambda expander: expander.of_resource(found), named)


async def lookup(call: Call, resource_type: str, given: Given) -> Answer:
    """What a code means; 404 for a code that there is not, and for a system that is not loaded."""
    given.only(LOOKUP_KNOWS, strict=call.strict)
    call.access.require(Interaction.READ, resource_type)
    coding = given.parts.get("coding")
    asked = coding if isinstance(coding, dict) else given.values
    system, code = asked.get("system"), asked.get("code")
    if not (isinstance(system, str) and isinstance(code, str)):
        raise ApiError(400, "required", "$lookup needs system and code, or a coding.")
    found = await anyio.to_thread.run_sync(service.lookup, system, code, limiter=call.writers)
    if found is None:
        loaded = systems.is_loaded(system)
        text = "This code system has no such code." if loaded else "This code system is not loaded here."
        raise ApiError(404, "not-found", text)
    parts = {"name": system.rsplit("/", 1)[-1], "display": found.display or found.code}
    listed = [{"name": name, "valueString": value} for name, value in parts.items()]
    return Answer(status=200, body=encode({"resourceType": "Parameters", "parameter": listed}))


def _needs_a_value_set() -> ApiError:
    return ApiError(400, "required", "$expand needs the url of a value set, or a ValueSet as the parameter valueSet.")


async def _expanded(call: Call, given: Given, codes: Callable[[Expander], Codes], named: Resource) -> Answer:
    """The page of codes that is asked for, as a ValueSet with an expansion. ApiError 422 where it cannot be said."""
    call.access.require(Interaction.READ, "ValueSet")
    offset, count = (_whole(given.values, name, default) for name, default in (("offset", 0), ("count", MAX_CODES)))

    def work() -> list[Coding]:
        try:
            return _filtered(codes(Expander(lambda address: _kept(call, address))), given.values.get("filter", ""))
        except NotExpanded as error:
            raise ApiError(
                422, "not-supported", f"{error} Nothing is left out in silence: there is no expansion."
            ) from error

    listed = await anyio.to_thread.run_sync(work, limiter=call.writers)
    page = listed[offset : offset + min(count, MAX_CODES)]
    expansion: Resource = {
        "identifier": f"urn:uuid:{uuid.uuid4()}", "timestamp": instant(wall_now()), "total": len(listed),
        "offset": offset,
    }  # fmt: skip
    if page:
        expansion["contains"] = [coding.to_fhir() for coding in page]
    return Answer(
        status=200, body=encode({"resourceType": "ValueSet", **named, "status": "active", "expansion": expansion})
    )


def _kept(call: Call, address: str) -> Resource | None:
    """The newest ValueSet of an address (with or without `|version`) that is kept here; in a thread."""
    url, _, version = address.partition("|")
    pairs = [("url", url), *([("version", version)] if version else []), ("_sort", "-_lastUpdated"), ("_count", "1")]
    with call.store.reader(call.access, reason="api.expand") as reader:
        found = reader.resources(parse("ValueSet", pairs))
    return found[0] if found else None


def _filtered(codes: Codes, text: str) -> list[Coding]:
    """Those whose code begins with the text, or in whose display each of its words begins a word."""
    words = fold(text).split()
    return [c for c in codes if fold(c.code).startswith(" ".join(words)) or _begins(fold(c.display).split(), words)]


def _begins(shown: list[str], words: list[str]) -> bool:
    return all(any(one.startswith(word) for one in shown) for word in words)


def _whole(values: dict[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ApiError(400, "invalid", f"{name} is a whole number from 0.")
    return int(text)
