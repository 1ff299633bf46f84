"""A result from a DiagnosticReport or an Observation, and what we write into one. What we do not manage is kept.

https://hl7.org/fhir/R4/diagnosticreport.html, https://hl7.org/fhir/R4/observation.html. R4 has no place there for who
has reviewed a result and who was told, so that stands in our extensions (codes.py).
"""

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.model import Resource
from carewright.core.work.fhir import SITE, site_extension, site_of
from carewright.core.work.placer import orders_named
from carewright.core.work.trail import Entry, entries, instant, one_of, to_extension
from carewright.skills.results import codes
from carewright.skills.results.model import Event, Part, Result

HOLDS = ("code", "result", "conclusion", "conclusionCode", "presentedForm", "media", "imagingStudy", "component",
         "interpretation", "referenceRange", "dataAbsentReason", "note")  # fmt: skip
"""What a correction changes: these elements, and any value[x] and effective[x]."""
DOCUMENT = "DocumentReference/"


def from_fhir(resource: Resource) -> Result | None:
    """The result of a DiagnosticReport, or of an Observation of the laboratory or imaging; None for anything else."""
    if not is_result(resource):
        return None
    parts = parts_of(resource)
    return Result(
        ref=f"{resource['resourceType']}/{resource.get('id', '')}",
        patient=str(resource.get("subject", {}).get("reference", "")),
        words=words_of(resource),
        status=str(resource.get("status", "")),
        digest=_digest([content_of(resource), *sorted(part.digest for part in parts)]),
        critical=is_critical(resource) or any(part.critical for part in parts),
        provider=provider_of(resource),
        site=site_of(resource),
        orders=tuple(map(str, orders_named(resource))),
        document=next(filter(None, map(_document, resource.get("presentedForm", ()))), ""),
        part_of=_reference(one_of(resource, codes.PART_OF)),
        conclusion=str(resource.get("conclusion", "")),
        trail=entries(resource, url=codes.TRAIL, steps=frozenset(Event)),
        issued_at=instant(resource.get("issued") or resource.get("effectiveDateTime")),
        version=int(resource.get("meta", {}).get("versionId", "0") or 0),
    )


def is_result(resource: Resource) -> bool:
    """Whether a record is a result: every report, and observations of the laboratory or imaging."""
    if resource.get("resourceType") == "DiagnosticReport":
        return True
    categories = resource.get("category", ())
    return resource.get("resourceType") == "Observation" and any(
        coding.matches(concept) for coding in codes.RESULT_CATEGORIES for concept in categories
    )


def with_entries(resource: Resource, new: Iterable[Entry]) -> Resource:
    """The record with more of what was done about it."""
    more = [to_extension(entry, url=codes.TRAIL) for entry in new]
    return {**resource, "extension": [*resource.get("extension", ()), *more]}


def with_parts(resource: Resource, parts: Iterable[Part]) -> Resource:
    """The report with what its observations hold; the same object where nothing differs."""
    others = [e for e in resource.get("extension", ()) if e.get("url") != codes.PART]
    whole = [*others, *map(_part_to_fhir, parts)]
    return resource if whole == list(resource.get("extension", ())) else _extended(resource, whole)


def with_part_of(observation: Resource, report: str) -> Resource:
    """The observation that says in which report (`DiagnosticReport/…`) it stands."""
    if one_of(observation, codes.PART_OF):
        return observation
    said = {"url": codes.PART_OF, "valueReference": {"reference": report}}
    return {**observation, "extension": [*observation.get("extension", ()), said]}


def from_order(result: Resource, order: Resource | None) -> Resource:
    """The result with its provider and its site, as its order names them where it says nothing itself."""
    requester = str((order or {}).get("requester", {}).get("reference", ""))
    found = list(result.get("extension", ()))
    if not provider_of(result) and requester.startswith("Practitioner/"):
        found.append({"url": codes.PROVIDER, "valueReference": {"reference": requester}})
    site = site_of(order) if order else ""
    if site and not any(e.get("url") == SITE for e in found):
        found.append(site_extension(site))
    return result if found == list(result.get("extension", ())) else {**result, "extension": found}


def parts_of(report: Resource) -> list[Part]:
    """The observations of a report, as they were when it or they were last written."""
    found = []
    for group in (e.get("extension", ()) for e in report.get("extension", ()) if e.get("url") == codes.PART):
        said = {str(one.get("url")): one for one in group}
        reference = _reference(said.get("observation", {}))
        digest = str(said.get("digest", {}).get("valueString", ""))
        if reference and digest:
            critical = bool(said.get("critical", {}).get("valueBoolean"))
            found.append(Part(observation=reference, digest=digest, critical=critical))
    return found


def part(observation: Resource) -> Part:
    """What an observation is to its report. One that was a mistake is not critical."""
    counts = observation.get("status") not in ("cancelled", "entered-in-error")
    return Part(
        observation=f"Observation/{observation['id']}",
        digest=_digest([content_of(observation), observation.get("status") == "entered-in-error"]),
        critical=counts and is_critical(observation),
    )


def is_critical(observation: Resource) -> bool:
    """Whether whoever measured says that it is critical, of the whole or of a component."""
    return bool(flags_of(observation) & codes.CRITICAL)


def flags_of(observation: Resource) -> frozenset[str]:
    """The codes of its interpretation, and of its components'."""
    sides = [observation, *observation.get("component", ())]
    concepts = [concept for side in sides for concept in side.get("interpretation", ())]
    codings = [coding for concept in concepts for coding in concept.get("coding", ())]
    return frozenset(str(c.get("code")) for c in codings if c.get("system") in (None, codes.INTERPRETATION))


def content_of(resource: Resource) -> dict[str, Any]:
    """What a record says, without who wrote it, when, and what was done about it since."""
    own = HOLDS + tuple(name for name in resource if name.startswith(("value", "effective")))
    return {name: resource[name] for name in own if name in resource}


def provider_of(resource: Resource) -> str:
    """Whose review it is (`Practitioner/…`); "" for nobody's by name."""
    return _reference(one_of(resource, codes.PROVIDER))


def words_of(resource: Resource) -> str:
    """What a code is called, as the record says it."""
    code = resource.get("code", {})
    displays = (str(coding.get("display", "")) for coding in code.get("coding", ()))
    return str(code.get("text") or next(filter(None, displays), ""))


def _digest(content: object) -> str:
    """Of what is stored: a whole number is the same whether it is on its way in (Decimal) or read back (int)."""
    stored = decode(encode({"content": content}))
    told = json.dumps(stored["content"], sort_keys=True, default=str, separators=(",", ":"))
    return blake2b(told.encode(), digest_size=16).hexdigest()


def _part_to_fhir(one: Part) -> Resource:
    said: list[Resource] = [
        {"url": "observation", "valueReference": {"reference": one.observation}},
        {"url": "digest", "valueString": one.digest},
    ]
    if one.critical:
        said.append({"url": "critical", "valueBoolean": True})
    return {"url": codes.PART, "extension": said}


def _extended(resource: Resource, extensions: list[Resource]) -> Resource:
    without = {name: value for name, value in resource.items() if name != "extension"}
    return {**without, "extension": extensions} if extensions else without


def _reference(extension: Resource) -> str:
    return str(extension.get("valueReference", {}).get("reference", ""))


def _document(form: Resource) -> str:
    url = str(form.get("url", ""))
    return url if url.startswith(DOCUMENT) else ""
