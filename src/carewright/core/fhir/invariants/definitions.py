"""Rules of questionnaires, value sets and bundles."""

from collections.abc import Callable, Iterator

from carewright.core.fhir.invariants.model import Invariant, Value, any_of, has, not_both, objects
from carewright.core.fhir.structures import Content

_LISTED = {"choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"}
_MEASURED = {"boolean", "decimal", "integer", "string", "text", "url", "open-choice"}


def _link_ids(value: Value) -> Iterator[str]:
    for item in objects(value, "item"):
        if "linkId" in item:
            yield str(item["linkId"])
        yield from _link_ids(item)


def _distinct_link_ids(value: Value) -> bool:
    found = list(_link_ids(value))
    return len(found) == len(set(found))


DEFINITIONS: dict[Content, tuple[Invariant, ...]] = {
    ("Questionnaire", "item"): (
        Invariant(
            "que-1",
            lambda v: (
                (v.get("type") != "group" or has(v, "item")) and (v.get("type") != "display" or not has(v, "item"))
            ),
            "A group has items, and a display has none.",
            "item",
        ),
        Invariant(
            "que-3", lambda v: v.get("type") != "display" or not has(v, "code"), "A display has no code.", "code"
        ),
        Invariant("que-4", not_both("answerOption", "answerValueSet"), "Give the answers or a value set, not both."),
        Invariant(
            "que-5",
            lambda v: v.get("type") in _LISTED or not (has(v, "answerOption") or has(v, "answerValueSet")),
            "A question of this type has no list of answers.",
        ),
        Invariant(
            "que-6",
            lambda v: v.get("type") != "display" or not (has(v, "required") or has(v, "repeats")),
            "A display is neither required nor repeated.",
        ),
        Invariant(
            "que-8",
            lambda v: v.get("type") not in {"group", "display"} or not has(v, "initial"),
            "A group or display has no initial value.",
            "initial",
        ),
        Invariant(
            "que-9", lambda v: v.get("type") != "display" or not has(v, "readOnly"), "A display is always read-only."
        ),
        Invariant(
            "que-10",
            lambda v: v.get("type") in _MEASURED or not has(v, "maxLength"),
            "A question of this type has no longest answer.",
            "maxLength",
        ),
        Invariant("que-11", not_both("answerOption", "initial"), "Mark an answer as initial instead of giving one."),
        Invariant(
            "que-12",
            lambda v: len(v.get("enableWhen", ())) <= 2 or has(v, "enableBehavior"),
            "With several conditions, say whether all or any of them count.",
            "enableBehavior",
        ),
        Invariant(
            "que-13",
            lambda v: v.get("repeats") is True or len(v.get("initial", ())) <= 1,
            "Only a repeating question has several initial values.",
            "initial",
        ),
    ),
    ("Questionnaire", ""): (
        Invariant("que-2", _distinct_link_ids, "Two items have the same linkId. Give each its own.", "item"),
    ),
    ("Questionnaire", "item.enableWhen"): (
        Invariant(
            "que-7",
            lambda v: v.get("operator") != "exists" or "answerBoolean" in v,
            "Whether an answer exists is asked with true or false.",
            "answerBoolean",
        ),
    ),
    ("ValueSet", "compose.include"): (
        Invariant("vsd-1", any_of("valueSet", "system"), "Name a system or a value set."),
        Invariant(
            "vsd-2", lambda v: not (has(v, "concept") or has(v, "filter")) or has(v, "system"), "Name the system."
        ),
        Invariant("vsd-3", not_both("concept", "filter"), "Give concepts or filters, not both."),
    ),
}

_IN_REQUEST = {"batch", "transaction", "history"}
_IN_RESPONSE = {"batch-response", "transaction-response", "history"}


def _distinct_full_urls(value: Value) -> bool:
    if value.get("type") == "history":
        return True
    seen = [
        (entry["fullUrl"], entry.get("resource", {}).get("meta", {}).get("versionId"))
        for entry in objects(value, "entry")
        if "fullUrl" in entry
    ]
    return len(seen) == len(set(seen))


def _first_entry_is(bundle_type: str, resource_type: str) -> Callable[[Value], bool]:
    def holds(value: Value) -> bool:
        first: Value = next(iter(objects(value, "entry")), {})
        return value.get("type") != bundle_type or first.get("resource", {}).get("resourceType") == resource_type

    return holds


BUNDLE: dict[Content, tuple[Invariant, ...]] = {
    ("Bundle", ""): (
        Invariant(
            "bdl-1",
            lambda v: "total" not in v or v.get("type") in {"searchset", "history"},
            "Only search results and histories have a total.",
            "total",
        ),
        Invariant(
            "bdl-2",
            lambda v: v.get("type") == "searchset" or not any("search" in e for e in objects(v, "entry")),
            "Only the entries of search results have `search`.",
        ),
        Invariant(
            "bdl-3",
            lambda v: all(("request" in e) == (v.get("type") in _IN_REQUEST) for e in objects(v, "entry")),
            "Entries have `request` in a batch, transaction or history, and only there.",
        ),
        Invariant(
            "bdl-4",
            lambda v: all(("response" in e) == (v.get("type") in _IN_RESPONSE) for e in objects(v, "entry")),
            "Entries have `response` in a response or history, and only there.",
        ),
        Invariant("bdl-7", _distinct_full_urls, "Two entries have the same fullUrl. Give each its own."),
        Invariant(
            "bdl-9",
            lambda v: v.get("type") != "document" or {"system", "value"} <= v.get("identifier", {}).keys(),
            "A document has an identifier with system and value.",
            "identifier",
        ),
        Invariant(
            "bdl-10", lambda v: v.get("type") != "document" or "timestamp" in v, "A document has a time.", "timestamp"
        ),
        Invariant("bdl-11", _first_entry_is("document", "Composition"), "A document begins with its Composition."),
        Invariant("bdl-12", _first_entry_is("message", "MessageHeader"), "A message begins with its MessageHeader."),
    ),
    ("Bundle", "entry"): (
        Invariant("bdl-5", any_of("resource", "request", "response"), "An entry has a resource, request or response."),
        Invariant(
            "bdl-8", lambda v: "/_history/" not in v.get("fullUrl", ""), "A fullUrl names no version.", "fullUrl"
        ),
    ),
}
