"""The demonstration's team: who works with whom and who covers, as the lead said before the doors opened."""

from datetime import timedelta

from carewright.project import wiring
from carewright.project.simulator.roster import rosters
from carewright.skills.staffing import queries
from tests.demonstration import Demonstration


def test_the_made_up_day_has_pairs_and_somebody_who_covers(demonstrated: Demonstration) -> None:
    planned = rosters(demonstrated.plan)
    assert {roster.site.key for roster in planned} == {"main", "lakeview"}
    access = wiring.operator_access(demonstrated.state.practice)
    with demonstrated.store.reader(access, reason="test.roster") as reader:
        for roster in planned:
            team, stored = queries.team(reader, roster.site.id, demonstrated.plan.day)
            assert {(pair.ma, pair.provider) for pair in team.pairs} == {
                (f"Practitioner/{ma.id}", f"Practitioner/{provider.id}") for ma, provider, _, _ in roster.pairs
            }
            at = demonstrated.plan.opens_at
            assert queries.covering(reader, roster.site.id, at) == f"Practitioner/{roster.covering.id}"
            lunches = [one.lunch_from for one in team.people if one.lunch_from]
            assert len(lunches) == len(set(lunches)) == len(roster.pairs)
            assert all(at < lunch < at + timedelta(hours=3) for lunch in lunches)
            assert stored is not None
            assert stored["meta"]["lastUpdated"]
