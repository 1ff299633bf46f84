"""What the team page declares."""

from carewright.core.access.model import Role
from carewright.core.registry import Manifest, Nav, Permission, Topic, tasks_for
from carewright.core.sentences import term
from carewright.workspaces.team.codes import REBOOK

LEADS = frozenset({Role.LEAD_MA, Role.MANAGER})

MANIFEST = Manifest(
    name="team",
    doc="The day of the lead: who is here, with whom, how much each has; sick cover, a short day, a task with one key.",
    permissions=(Permission(action="team.see", roles=LEADS, doc="Lead the day: see the team and its load."),),
    topics=(
        Topic(
            name="team",
            types=frozenset({"CareTeam", "Encounter", "PractitionerRole", "Task"}),
            doc="Who is here and what each has may look different.",
        ),
    ),
    task_codes=tasks_for(frozenset({Role.FRONT_DESK}) | LEADS, REBOOK),
    nav=(Nav(label=term("Team"), url_name="team", permission="team.see", key="t"),),
    urls="carewright.workspaces.team.urls",
    url_prefix="team/",
)
