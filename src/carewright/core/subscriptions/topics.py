"""What one may subscribe to: topics of ours, each a canonical address, and when a change is one of its events.

Plain Python: two versions of a resource in, yes or no out.
Topics: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/components.html#subscription-topics-in-r4
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import OWN_BASE

BASE = f"{OWN_BASE}/SubscriptionTopic"
RESULT_CATEGORIES = frozenset({"laboratory", "imaging"})
REPORTED = frozenset({"preliminary", "final", "amended", "corrected", "appended"})
"""Statuses in which a result says something."""

Change = Callable[[Resource | None, Resource], bool]


@dataclass(frozen=True, kw_only=True)
class Topic:
    """`happens` says whether the step from one version (None: there was none) to the next is an event.

    `filters` are the search parameters (tokens and references) that may narrow it, by type.
    """

    url: str
    title: str
    happens: Mapping[str, Change]
    filters: Mapping[str, frozenset[str]]

    @property
    def types(self) -> frozenset[str]:
        return frozenset(self.happens)


def _became(*statuses: str) -> Change:
    return lambda before, after: after.get("status") in statuses and (before or {}).get("status") not in statuses


def _reports(before: Resource | None, after: Resource) -> bool:
    """It says something, and it did not or said something else: statuses, values and the like, not `meta`."""
    if after.get("status") not in REPORTED:
        return False
    return before is None or before.get("status") not in REPORTED or _said(before) != _said(after)


def _is_result(before: Resource | None, after: Resource) -> bool:
    codes = {
        coding.get("code")
        for category in after.get("category", ())
        for coding in category.get("coding", ())
        if isinstance(coding, dict)
    }
    return bool(codes & RESULT_CATEGORIES) and _reports(before, after)


def _said(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name not in ("meta", "extension", "text")}


def _always(before: Resource | None, after: Resource) -> bool:
    return True


_VISIT = frozenset({"patient", "subject", "class", "type", "service-provider", "location", "participant"})
_RESULT = frozenset({"patient", "subject", "code", "category", "status", "encounter", "performer"})
_TASK = frozenset({"patient", "subject", "code", "status", "owner", "focus", "priority", "intent", "based-on"})
TOPICS: Mapping[str, Topic] = {
    topic.url: topic
    for topic in (
        Topic(
            url=f"{BASE}/encounter-start",
            title="A visit has begun: the patient is being roomed",
            happens={"Encounter": _became("in-progress")},
            filters={"Encounter": _VISIT},
        ),
        Topic(
            url=f"{BASE}/encounter-end",
            title="A visit is over",
            happens={"Encounter": _became("finished")},
            filters={"Encounter": _VISIT},
        ),
        Topic(
            url=f"{BASE}/new-result",
            title="A result has come, or says something else than before",
            happens={"DiagnosticReport": _reports, "Observation": _is_result},
            filters={"DiagnosticReport": _RESULT, "Observation": _RESULT},
        ),
        Topic(
            url=f"{BASE}/task-change",
            title="A task is new or has changed",
            happens={"Task": _always},
            filters={"Task": _TASK},
        ),
    )
}
