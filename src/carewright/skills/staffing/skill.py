"""What staffing declares: permissions, the row of each person on each day, and who covers by default."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import STAFF, Role
from carewright.core.registry import Manifest, may_see, may_write
from carewright.core.store.hooks import Projection, instants, texts
from carewright.core.store.model import Resource
from carewright.skills.staffing.fhir import from_fhir
from carewright.skills.staffing.settings import COVERING_PROVIDER

LEADS = frozenset({Role.LEAD_MA, Role.MANAGER})


def presence_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row for each person of whom something is said on a day."""
    team = from_fhir(resource)
    if team is None:
        return
    for one in team.people:
        yield {
            "place": team.site,
            "day": team.day.isoformat(),
            "practitioner": one.practitioner,
            "role": one.role.value,
            "pod": one.pod,
            "works_with": one.works_with,
            "away": one.away.value if one.away else "",
            "lunch_from": one.lunch_from,
            "lunch_until": one.lunch_until,
        }


MANIFEST = Manifest(
    name="staffing",
    doc="Who is here today and with whom: pairs, pods, lunch, who is away, which provider covers.",
    permissions=(
        may_see("staffing.see", STAFF, on=("CareTeam",), doc="See who is here today, and with whom."),
        may_write(
            "staffing.manage",
            LEADS,
            on=("CareTeam",),
            doc="Say who is here, who is away, who works with whom, who covers.",
        ),
    ),
    settings=(COVERING_PROVIDER,),
    projections=(
        Projection(
            name="presence",
            types=frozenset({"CareTeam"}),
            columns=(
                *texts("place", "day", "practitioner", "role", "pod", "works_with", "away"),
                *instants("lunch_from", "lunch_until"),
            ),
            rows=presence_rows,
            indexes=(("place", "day"), ("practitioner", "day")),
            doc="One row for each person of whom something is said on a day. `place` is the site's Location.",
        ),
    ),
)
