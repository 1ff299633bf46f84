"""batch and transaction: a Bundle posted to the base. https://hl7.org/fhir/R4/http.html#transaction

A transaction is carried out whole or not at all, deletions first, then creates, then updates. A batch is a list of
requests of their own; one that fails does not touch the others.
"""

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from carewright.core.fhir.issues import Issue
from carewright.core.fhir.references import rewrite
from carewright.core.store.model import Conflict, Invalid, Ref, Resource, Stored
from carewright.core.store.transaction import Transaction
from carewright.fhirapi import actions, answers, batch, bundles, patch
from carewright.fhirapi.answers import MINIMAL, Answer
from carewright.fhirapi.calls import Call, read_resource
from carewright.fhirapi.conditional import id_taken, with_id
from carewright.fhirapi.conditions import only_match, pairs_of, query_from, query_of, values_kept_out
from carewright.fhirapi.create import of_type
from carewright.fhirapi.entries import Entry, links, new_refs, open_references, taken_apart
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.update import stale, whole

ORDER = ("DELETE", "POST", "PUT")


async def endpoint(request: Request, call: Call) -> Response:
    bundle = await read_resource(request, call)
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("batch", "transaction"):
        text = "The base takes a Bundle of type batch or transaction. Post a single resource to its type's address."
        raise ApiError(400, "invalid", text, expressions=["Bundle.type"])
    entries = taken_apart(bundle, base=call.base)
    carry_out = transaction if kind == "transaction" else batch.batch
    found = await carry_out(call, entries)
    listed = (_response_entry(call, answer) for answer in found)
    return answers.fhir_response(200, bundles.bundle(f"{kind}-response", listed))


async def transaction(call: Call, entries: list[Entry]) -> list[Answer]:
    """All writes of the entries in one transaction, or none; the answers in the order of the entries."""
    conditions = [pair for entry in entries for pair in (*pairs_of(entry.if_none_exist), *entry.pairs)]
    met = {entry.number: await _met(call, entry) for entry in entries if entry.is_conditional}
    refs = new_refs(entries, {number: found.ref if found else None for number, found in met.items()})
    mapping = links(entries, refs)
    entries = [await _patched(call, entry, refs, met) for entry in entries]
    for entry, text in open_references(entries, mapping):
        with values_kept_out(pairs_of(text)):
            mapping[text] = str(await _only_match(call, entry, text))

    def plan(tx: Transaction) -> None:
        for entry in sorted(entries, key=lambda e: ORDER.index(e.method)):
            if entry.number in refs:
                _plan(tx, entry, refs[entry.number], mapping, met.get(entry.number))

    try:
        with values_kept_out(conditions):
            results = {written.planned: written for written in await actions.write(call, "api.transaction", plan)}
    except Conflict as conflict:
        if conflict.expected is None:
            raise
        if conflict.expected == 0:
            raise id_taken(conflict.ref.type) from conflict
        raise await stale(call, conflict) from conflict
    return [
        answers.of_write(results[refs[entry.number]]) if entry.number in refs else Answer(status=204)
        for entry in entries
    ]


async def _patched(call: Call, entry: Entry, refs: Mapping[int, Ref], met: Mapping[int, Stored | None]) -> Entry:
    """A patch as the update that it comes to: of the version that stands now, so that nothing in between is lost."""
    if entry.method != "PATCH":
        return entry
    ref, found = refs[entry.number], met.get(entry.number)
    version = found.version if found else entry.version
    try:
        changed, current = await patch.changed_by(call, ref, patch.patch_in(entry.body), version=version)
    except ApiError as error:
        raise ApiError(
            error.status, error.issues[0].code, f"Entry {entry.number}: {error}", expressions=[entry.where]
        ) from error
    return replace(entry, method="PUT", path=(ref.type, ref.id), pairs=[], resource=changed, if_match=f'W/"{current}"')


async def _met(call: Call, entry: Entry) -> Stored | None:
    """What a conditional entry means now."""
    with values_kept_out(entry.pairs):
        return await only_match(call, query_from(entry.path[0], entry.pairs))


def _plan(tx: Transaction, entry: Entry, ref: Ref, mapping: dict[str, str], met: Stored | None) -> None:
    try:
        if entry.method == "DELETE":
            tx.delete(ref, version=met.version if met else entry.version)
            return
        resource = rewrite(_typed(entry), mapping)
        if entry.method == "POST":
            query = query_of(ref.type, entry.if_none_exist) if entry.if_none_exist else None
            tx.create(resource, resource_id=ref.id, if_none_exist=query)
        elif met is not None:
            tx.update(with_id(resource, met), version=met.version)
        elif entry.is_conditional:
            query = query_from(ref.type, entry.pairs)
            tx.create(resource, resource_id=ref.id, if_none_exist=query, must_be_new=True)
        elif entry.version is None:
            tx.put(resource)
        else:
            tx.update(resource, version=entry.version)
    except Invalid as invalid:
        raise Invalid([_in_entry(entry, issue) for issue in invalid.issues]) from invalid


def _typed(entry: Entry) -> Resource:
    resource = entry.body
    of_type(resource, entry.path[0])
    if entry.method == "PUT" and not entry.is_conditional and resource.get("id") != entry.ref.id:
        raise entry.error("the id of its resource is not the one in its request.url")
    if entry.method == "PUT":
        whole(resource)
    return resource


def _in_entry(entry: Entry, issue: Issue) -> Issue:
    _, dot, inside = issue.expression.partition(".")
    return replace(issue, expression=f"{entry.where}.resource{dot}{inside}")


async def _only_match(call: Call, entry: Entry, text: str) -> Ref:
    """The one resource that a conditional reference means; ApiError 412 for none or several."""
    resource_type = text.partition("?")[0]
    wanted = replace(query_of(resource_type, text), count=2)
    async with call.store.async_reader(call.access, reason="api.transaction") as reader:
        matches = (await reader.search(wanted)).matches
    if len(matches) != 1:
        many = "several resources" if matches else "no resource"
        where = [f"{entry.where}.resource"]
        text = f"Entry {entry.number}: a conditional reference to {resource_type} matches {many}."
        raise ApiError(412, "multiple-matches" if matches else "not-found", text, expressions=where)
    return matches[0].ref


def _response_entry(call: Call, answer: Answer) -> bytes:
    said: dict[str, object] = {"status": answer.status_line}
    if answer.location:
        said["location"] = answer.location
    if answer.etag:
        said["etag"] = answer.etag
    if answer.modified:
        said["lastModified"] = bundles.instant(answer.modified)
    if answer.status >= 400:
        return bundles.entry(response={**said, "outcome": answer.problem})
    body = None if call.wanted == MINIMAL and answer.location else answers.preferred(answer, call.wanted)
    where = answer.location.partition("/_history/")[0]
    return bundles.entry(full_url=f"{call.base}/{where}" if where else "", resource=body, response=said)
