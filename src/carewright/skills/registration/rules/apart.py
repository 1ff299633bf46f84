"""Two charts that look alike and are two people's: somebody looked and said so, and why.

FHIR's Patient.link has no word for it, so it is a Basic (https://hl7.org/fhir/R4/basic.html) under an id that both
charts give; it is about no patient, and stands in neither chart: the reason may tell one of the other (a twin).
Plain values: no store.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.sentences import Sentence, sentence
from carewright.skills.registration import codes
from carewright.skills.registration.rules.merging import reason_refusal, survivor_of

CHART, REASON, SAID_AT, TAKEN_BACK = "chart", "reason", "said-at", "taken-back"


@dataclass(frozen=True, kw_only=True)
class Apart:
    """What was said of two charts (ids, the lower one first): two people, by whom, when and why.

    With `taken_back` (why) it holds no more. `said_at` is clinical time, aware.
    """

    charts: tuple[str, str]
    reason: str
    by: str
    said_at: datetime
    taken_back: str = ""

    @property
    def id(self) -> str:
        return apart_id(*self.charts)


def apart_id(one: str, other: str) -> str:
    """The id under which it is said of two charts, whichever is named first."""
    return f"two-people-{blake2b(' '.join(sorted((one, other))).encode(), digest_size=16).hexdigest()}"


def to_fhir(apart: Apart, *, onto: Resource | None = None) -> Resource:
    """The Basic; what is not ours in `onto` is kept."""
    inside: list[Resource] = [
        *({"url": CHART, "valueReference": {"reference": f"Patient/{one}"}} for one in apart.charts),
        {"url": REASON, "valueString": apart.reason},
        {"url": SAID_AT, "valueDateTime": apart.said_at.isoformat(timespec="seconds")},
        *([{"url": TAKEN_BACK, "valueString": apart.taken_back}] if apart.taken_back else []),
    ]
    others = [e for e in (onto or {}).get("extension", ()) if e.get("url") != codes.TWO_PEOPLE_EXTENSION]
    return {
        **(onto or {}),
        "resourceType": "Basic",
        "id": apart.id,
        "extension": [*others, {"url": codes.TWO_PEOPLE_EXTENSION, "extension": inside}],
        "code": codes.TWO_PEOPLE.concept(),
        "author": {"reference": apart.by},
    }


def from_fhir(resource: Resource) -> Apart | None:
    """What a Basic of ours says; None for one of another kind, or one that cannot be read."""
    if not codes.TWO_PEOPLE.matches(resource.get("code")):
        return None
    try:
        (ours,) = (e for e in resource["extension"] if e["url"] == codes.TWO_PEOPLE_EXTENSION)
        parts = ours["extension"]
        said: dict[str, Any] = {e["url"]: e for e in parts}
        one, other = sorted(e["valueReference"]["reference"].removeprefix("Patient/") for e in _charts(parts))
        return Apart(
            charts=(one, other),
            reason=said[REASON]["valueString"],
            by=resource["author"]["reference"],
            said_at=interval(said[SAID_AT]["valueDateTime"])[0],
            taken_back=said.get(TAKEN_BACK, {}).get("valueString", ""),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None  # written by another program; nothing is hidden because of it


def refusal(one: Resource, other: Resource, *, reason: str) -> Sentence | None:
    """Why it cannot be said of these two Patients, None if it can."""
    if one["id"] == other["id"]:
        return sentence("This is one chart, not two.")
    if survivor_of(one) or survivor_of(other):
        return sentence("One of these charts has been merged. Undo that first.")
    return reason_refusal(reason)


def _charts(parts: Iterable[Resource]) -> list[Resource]:
    return [part for part in parts if part["url"] == CHART]
