"""What an ask keeps on its Task beside what every task has: who could not, and when somebody answered. Pure."""

from datetime import datetime

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.skills.asks.codes import ANSWERED_AT, DECLINED, JOBS


def is_ask(resource: Resource) -> bool:
    """Whether a Task is an ask of ours."""
    return any(job.matches(resource.get("code", {})) for job in JOBS)


def declined_by(resource: Resource) -> tuple[str, ...]:
    """Who could not do it (`Practitioner/…`), the first one first."""
    found = (one.get("valueReference", {}) for one in resource.get("extension", ()) if one.get("url") == DECLINED)
    return tuple(str(reference.get("reference", "")) for reference in found)


def answered_at(resource: Resource) -> datetime | None:
    """When somebody said that they are on it; None while nobody has."""
    found = (one.get("valueDateTime") for one in resource.get("extension", ()) if one.get("url") == ANSWERED_AT)
    return next((interval(str(value))[0] for value in found if value), None)


def declined(resource: Resource, *, by: str) -> Resource:
    """The Task with one more who could not."""
    if by in declined_by(resource):
        return resource
    return _with(resource, {"url": DECLINED, "valueReference": {"reference": by}})


def answered(resource: Resource, *, at: datetime) -> Resource:
    """The Task with the time of the answer."""
    return _with(resource, {"url": ANSWERED_AT, "valueDateTime": at.isoformat(timespec="seconds")})


def anew(resource: Resource) -> Resource:
    """The Task as asked for again: nobody has answered or declined it yet."""
    kept = [one for one in resource.get("extension", ()) if one.get("url") not in (DECLINED, ANSWERED_AT)]
    bare = {name: value for name, value in resource.items() if name != "extension"}
    return {**bare, "extension": kept} if kept else bare


def _with(resource: Resource, extension: Resource) -> Resource:
    return {**resource, "extension": [*resource.get("extension", ()), extension]}
