"""The demonstration stands where its script says, and everything derived from its charts equals a rebuild."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from carewright.core.audit.verify import verify
from carewright.core.clock import wall_now
from carewright.core.store import reindex
from carewright.project import demonstration, wiring
from carewright.project.demonstration import AnotherDemonstration, State
from carewright.project.simulator import board
from tests.demonstration import Demonstration
from tests.proofs.books import Books

BEFORE_ARRIVAL = {"booked": "booked", "cancelled": "cancelled", "noshow": "no-show"}


def rows(demonstrated: Demonstration, projection: str) -> list[dict[str, object]]:
    access = wiring.operator_access(demonstrated.state.practice)
    with demonstrated.store.reader(access, reason="test.rows") as reader:
        return reader.rows(projection, where={})


def test_the_product_stands_where_the_script_stands(demonstrated: Demonstration) -> None:
    plan = demonstrated.plan
    expected = board.replay(plan.practice, plan.appointments, plan.steps)
    began = plan.opens_at - timedelta(hours=12)
    today = [row for row in rows(demonstrated, "visit") if row["appointment"] and row["started_at"] >= began]  # type: ignore[operator] # an instant
    shown = Counter(str(row["status"]) for row in today)
    appointments = Counter(str(row["status"]) for row in rows(demonstrated, "appointment"))
    shown.update({words: appointments[status] for status, words in BEFORE_ARRIVAL.items()})
    assert +shown == Counter(state for state in expected.states.values() if state != "unknown")
    assert Counter(row["room"] for row in today if row["room"]).total() == len(expected.in_room)
    dirty = {str(row["id"]) for row in rows(demonstrated, "room") if row["state"] == "dirty"}
    assert dirty == {room for room, state in expected.rooms.items() if state == "dirty"}


@pytest.mark.parametrize("name", [reindex.SEARCH, *sorted(wiring.registry().projections)])
def test_what_is_derived_equals_its_rebuild(demonstrated: Demonstration, name: str) -> None:
    assert list(reindex.differences(demonstrated.store, demonstrated.state.practice, name)) == []


def test_every_task_of_a_group_is_at_a_site_where_people_work(demonstrated: Demonstration) -> None:
    """A site that is none of the practice's is nobody's: its tasks stand on no list."""
    sites = {str(site.id) for site in demonstrated.plan.practice.sites}
    astray = {(row["code"], row["site"]) for row in rows(demonstrated, "task") if row["site"] and not row["owner"]}
    assert {site for _, site in astray} <= sites, astray


def test_every_step_was_taken_by_a_person_of_the_practice(demonstrated: Demonstration) -> None:
    staff = {f"Practitioner/{member.id}" for member in demonstrated.plan.practice.staff}
    access = wiring.operator_access(demonstrated.state.practice)
    with demonstrated.store.reader(access, reason="test.history") as reader:
        (first, *_) = (row for row in reader.rows("visit", where={"status": "done"}) if row["appointment"])
        from carewright.core.store.model import Ref
        from carewright.core.store.search.parse import parse

        query = parse("Provenance", [("target", str(Ref("Encounter", str(first["id"]))))])
        authors = {p["agent"][0]["who"]["reference"] for p in reader.resources(query)}
    assert authors
    assert authors <= staff


def test_the_audit_of_the_morning_is_whole(demonstrated: Demonstration) -> None:
    assert verify(demonstrated.store, demonstrated.state.practice).finding is None


def test_the_clock_stands_still_while_nobody_runs_it(demonstrated: Demonstration) -> None:
    stopped = demonstrated.state
    last = demonstrated.store.last_written_at(stopped.practice)
    assert last is not None
    offset = demonstration.resumed(stopped, demonstrated.store)
    shown = wall_now() + offset
    assert abs(shown - (last + stopped.offset + timedelta(minutes=1))) < timedelta(seconds=5)


def test_a_folder_shows_one_day_and_one_seed(tmp_path: Path) -> None:
    state = State(practice="riverbend", seed=1, day="2026-11-23", offset_seconds=0.0)
    demonstration.write_state(tmp_path, state)
    assert demonstration.read_state(tmp_path) == state
    demonstration.check_same(state, seed=None, day=None)
    with pytest.raises(AnotherDemonstration, match="--data-dir"):
        demonstration.check_same(state, seed=2, day=None)


@pytest.mark.parametrize(
    "projection", ["phone_call", "paper", "message_thread", "referral", "care_order", "result", "refill"]
)
def test_something_of_every_kind_waits_for_somebody(demonstrated: Demonstration, projection: str) -> None:
    assert [row for row in rows(demonstrated, projection) if row.get("is_open", 1)]


def test_nothing_that_waits_is_nobodys(demonstrated: Demonstration) -> None:
    books = Books.read(demonstrated.store, demonstrated.state.practice)
    assert books.open_by_type()["Task"] > 20
    assert (books.nobodys(), books.unattended()) == ([], [])
