"""Two charts of one person: what is written into each Patient when they become one, and what is taken out again.

Both records name each other (Patient.link, https://hl7.org/fhir/R4/patient-definitions.html#Patient.link); nothing else
of either is rewritten, so that the merge can be undone. Plain values: no store.
"""

from carewright.core.fhir.model import Resource
from carewright.core.sentences import Sentence, sentence
from carewright.skills.registration import codes

REPLACED_BY, REPLACES = "replaced-by", "replaces"
OLD = "old"
LONGEST_REASON = 500


def survivor_of(patient: Resource) -> str:
    """The id of the chart that this one was merged into; "" for a chart that stands for itself."""
    return next(iter(_linked(patient, REPLACED_BY)), "")


def retired_in(patient: Resource) -> tuple[str, ...]:
    """The ids of the charts that were merged into this one."""
    return _linked(patient, REPLACES)


def reason_of(patient: Resource) -> str:
    """Why a retired chart was merged, in the words that were typed; "" for others."""
    links = [link for link in patient.get("link", ()) if link.get("type") == REPLACED_BY]
    said = [e.get("valueString", "") for link in links for e in link.get("extension", ()) if _is_reason(e)]
    return str(next(iter(said), ""))


def refusal(keep: Resource, retire: Resource, *, reason: str) -> Sentence | None:
    """Why these two cannot be merged, None if they can. Merges do not form chains: each can be undone by itself."""
    if keep["id"] == retire["id"]:
        return sentence("A chart cannot be merged into itself.")
    if survivor_of(retire):
        return sentence("This chart has been merged already. Undo that first.")
    if survivor_of(keep):
        return sentence("The chart to keep has itself been merged into another one. Choose that one.")
    if retired_in(retire):
        return sentence("Other charts were merged into the one you want to close. Keep that one, or undo those first.")
    return reason_refusal(reason)


def reason_refusal(reason: str) -> Sentence | None:
    """What is wrong with a typed reason, None if nothing is."""
    if not reason.strip():
        return sentence("Say in a few words how you know.")
    if len(reason.strip()) > LONGEST_REASON:
        return sentence("Say it shorter: at most %(count)s letters.", count=LONGEST_REASON)
    return None


def merged(keep: Resource, retire: Resource, *, reason: str, mrn_system: str) -> tuple[Resource, Resource]:
    """Both records after the merge: the one to keep carries the other's record number as an old one."""
    old = [{**i, "use": OLD} for i in retire.get("identifier", ()) if i.get("system") == mrn_system]
    known = {i.get("value") for i in keep.get("identifier", ()) if i.get("system") == mrn_system}
    kept = {
        **keep,
        "identifier": [*keep.get("identifier", ()), *(i for i in old if i.get("value") not in known)],
        "link": [*keep.get("link", ()), {"other": {"reference": f"Patient/{retire['id']}"}, "type": REPLACES}],
    }
    link = {
        "extension": [{"url": codes.MERGE_REASON_EXTENSION, "valueString": reason.strip()}],
        "other": {"reference": f"Patient/{keep['id']}"},
        "type": REPLACED_BY,
    }
    retired = {**retire, "active": False, "link": [*retire.get("link", ()), link]}
    return _without_empty(kept), retired


def unmerged(keep: Resource, retire: Resource, *, reason: str, mrn_system: str) -> tuple[Resource, Resource]:
    """Both records as two people again. Why stands on the chart that was closed; its history keeps the merge."""
    theirs = {i.get("value") for i in retire.get("identifier", ()) if i.get("system") == mrn_system}
    kept = {
        **keep,
        "identifier": [i for i in keep.get("identifier", ()) if not _is_old(i, mrn_system, theirs)],
        "link": [entry for entry in keep.get("link", ()) if not _is_link(entry, REPLACES, retire["id"])],
    }
    said = {"url": codes.UNMERGE_REASON_EXTENSION, "valueString": reason.strip()}
    others = [e for e in retire.get("extension", ()) if e.get("url") != codes.UNMERGE_REASON_EXTENSION]
    opened = {
        **retire,
        "extension": [*others, said],
        "active": True,
        "link": [entry for entry in retire.get("link", ()) if not _is_link(entry, REPLACED_BY, keep["id"])],
    }
    return _without_empty(kept), _without_empty(opened)


def _linked(patient: Resource, kind: str) -> tuple[str, ...]:
    named = [link.get("other", {}).get("reference", "") for link in patient.get("link", ()) if link.get("type") == kind]
    return tuple(ref.removeprefix("Patient/") for ref in named if ref.startswith("Patient/"))


def _is_reason(extension: Resource) -> bool:
    return bool(extension.get("url") == codes.MERGE_REASON_EXTENSION)


def _is_link(link: Resource, kind: str, patient_id: str) -> bool:
    return bool(link.get("type") == kind and link.get("other", {}).get("reference") == f"Patient/{patient_id}")


def _is_old(identifier: Resource, system: str, values: set[str]) -> bool:
    same = identifier.get("system") == system and identifier.get("value") in values
    return bool(same and identifier.get("use") == OLD)


def _without_empty(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if value != []}
