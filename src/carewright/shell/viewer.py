"""Who looks at tasks: their roles, the pod they work in today, what they speak and what they are signed off for."""

from datetime import datetime, time, timedelta

from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.core.work.model import with_what_they_lead
from carewright.core.work.priority import Viewer
from carewright.shell.people import PRACTITIONER
from carewright.shell.permissions import CareRequest


def viewer_of(request: CareRequest, reader: Reader) -> Viewer:
    """Who looks, with the pod they work in today, the languages they speak and what they are signed off for."""
    me = request.access.actor.reference
    today = request.care.now_local.date()
    person = {"practitioner": me.removeprefix(PRACTITIONER)}
    pods = reader.rows("presence", where={"practitioner": me, "day": today.isoformat()})
    held = reader.rows("credential", where=person)
    day = today.isoformat()
    card = reader.resource_or_none(Ref("Practitioner", me.removeprefix(PRACTITIONER))) or {}
    spoken = [coding for language in card.get("communication", ()) for coding in language.get("coding", ())]
    return Viewer(
        reference=me,
        roles=with_what_they_lead(request.access.roles),
        languages=frozenset(str(coding["code"]) for coding in spoken if "code" in coding),
        end_of_day=datetime.combine(today + timedelta(days=1), time(0), tzinfo=request.care.clock.zone),
        pods=frozenset(str(row["pod"]) for row in pods if row["pod"]),
        competencies=frozenset(
            str(row["code"])
            for row in held
            if str(row["starts_on"] or "") <= day and (not row["ends_on"] or str(row["ends_on"]) >= day)
        ),
        site=request.access.site or "",
    )
