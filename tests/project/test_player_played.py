"""A stretch of the demonstration's day, played at a real server: what was acknowledged is in the store."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from carewright.core.access.model import Interaction
from carewright.core.clock import Clock, wall_now
from carewright.core.fhir import us_core
from carewright.core.fhir.profile_checks import check
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.project import demonstration, wiring
from carewright.project.environment import Environment
from carewright.project.player.stage import staged, table
from tests.project.processes import command, environment, free_port, running, wait_for_health

PLAYED_SECONDS = 7.0
NOT_YET = {"CareTeam": "subject", "DocumentReference": "subject", "Specimen": "type"}
"""A team of a day, a paper that is in no chart yet, and a specimen that nobody has named: US Core is not about them."""
FROM_ELSEWHERE = {f"{us_core.BASE}diagnosticreport-lab", f"{us_core.BASE}observation-lab"}
"""The laboratory's: they say what it says."""
ID_OF = {"call": "Communication", "referral": "ServiceRequest", "paper": "DocumentReference"}


def test_what_was_acknowledged_is_in_the_store(tmp_path: Path) -> None:
    port, env = free_port(), environment(tmp_path)
    with running("demo", "--port", str(port), "--speed", "60", env=env) as process:
        wait_for_health(port, process)
        state = demonstration.read_state(tmp_path)
        assert state is not None
        assert state.rate == 60
        store = wiring.open_store(Environment.read(env))
        store.clock = state.clock
        assert store.clock.now() - Clock(offset=state.offset).now() > timedelta(seconds=1)
        access = wiring.operator_access(state.practice)
        play = staged(
            store, access, state=state, base=lambda: f"http://127.0.0.1:{port}/", password="demo-riverside", rate=40
        )  # fmt: skip
        play.begin()
        time.sleep(PLAYED_SECONDS)
        play.stop()
        play.close()
        promised = [
            Ref(ID_OF[kind], entry.id) for kind in ID_OF for entry in play.world.ledger.of(kind) if entry.is_promised
        ]
        with store.reader(access, reason="test") as reader:
            assert [ref for ref in promised if reader.resource_or_none(ref) is None] == []
            claiming, without = claims(reader)
        assert any(ref.type == "Communication" for ref in promised), table(play)
        assert without == []
        assert claiming >= {"Patient", "Encounter", "Observation", "Practitioner", "Location", "Coverage"}
        store.close()


def claims(reader: Reader) -> tuple[set[str], list[str]]:
    """The types that claim their profile of US Core, and what of the newest records does not, though it should."""
    claiming: set[str] = set()
    without = []
    for kind in sorted({*us_core.OF_TYPE, *(kind for kind, _ in us_core.OF_CATEGORY)}):
        newest = [("_sort", "-_lastUpdated"), ("_count", "300")]
        for one in reader.resources(parse(kind, newest)) if reader.access.may(Interaction.SEARCH, kind) else ():
            profile = us_core.profile_of(one)
            if profile is None or profile.url in FROM_ELSEWHERE or NOT_YET.get(kind, "id") not in one:
                continue
            if profile.url in one["meta"].get("profile", ()):
                claiming.add(kind)
            else:
                without.append(f"{kind} {[str(issue) for issue in check(one, profile)]}")
    return claiming, without


def test_a_demonstration_that_ran_faster_goes_on_where_it_was() -> None:
    since = wall_now() - timedelta(minutes=10)
    state = demonstration.State(
        practice="p", seed=1, day="2026-11-23", offset_seconds=0, rate=6, since=since.isoformat()
    )
    assert state.clock.at(since + timedelta(minutes=1)) == since + timedelta(minutes=6)
    assert replace(state, rate=1.0, since="").clock.rate == 1


def test_a_speed_and_a_rate_are_numbers_above_zero(tmp_path: Path) -> None:
    for option in ("--speed", "--rate"):
        told = command("demo", "--play", option, "0", env=environment(tmp_path), code=2)
        assert "not a number above 0" in told.stderr
