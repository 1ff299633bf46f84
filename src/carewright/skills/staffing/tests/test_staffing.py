"""Who is here, with whom, who covers: on both engines, and the rules of standing in for somebody."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import AccessDenied, Role
from carewright.core.fhir.validation import validate
from carewright.core.settings import values
from carewright.core.store.model import Ref
from carewright.skills.staffing import actions, fhir, queries, rules
from carewright.skills.staffing.model import Absence, Presence, Team, Why
from carewright.skills.staffing.rules import Candidate, NotPossible, Waiting
from carewright.skills.staffing.settings import COVERING_PROVIDER
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import OTHER_SITE, SITE, open_pages

MONDAY = date(2026, 11, 23)
DANA, LENA, LIND, NORA = (f"Practitioner/{name}" for name in ("dana", "lena", "lind", "nora"))
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture
def day(clinic: Clinic) -> Clinic:
    """The people of `tests.clinic`, all at one site, and a second provider there."""
    open_pages(clinic)
    clinic.have(
        {"resourceType": "Practitioner", "id": "rao", "name": [{"family": "Rao"}]},
        {"resourceType": "PractitionerRole", "id": "role-rao", "practitioner": {"reference": "Practitioner/rao"},
         "code": [{"coding": [{"system": ROLE_SYSTEM, "code": "provider"}]}],
         "location": [{"reference": f"Location/{SITE}"}], "period": {"end": "2026-11-24"}},
    )  # fmt: skip
    return clinic


def team(clinic: Clinic, on: date = MONDAY, site: str = SITE) -> Team:
    with clinic.store.reader(clinic.access("lena"), reason="test.team") as reader:
        return queries.team(reader, site, on)[0]


def covering(clinic: Clinic, at: datetime = TEN_FORTY, site: str = SITE) -> str:
    with clinic.store.reader(clinic.access("dana"), reason="test.covering") as reader:
        return queries.covering(reader, site, at)


def test_everybody_with_a_role_at_the_site_is_here_unless_somebody_says_otherwise(day: Clinic) -> None:
    here = {one.practitioner: one.role for one in team(day).here}
    assert here[DANA] is Role.MA
    assert here["Practitioner/rao"] is Role.PROVIDER
    assert "Practitioner/audra" not in here  # the auditor is nobody's colleague on the floor
    assert team(day, site=OTHER_SITE).here == ()
    assert "Practitioner/rao" not in {one.practitioner for one in team(day, MONDAY + timedelta(days=2)).here}


def test_a_sick_call_ends_the_pairs_and_the_cover_and_can_be_taken_back(day: Clinic) -> None:
    lead = day.writer("lena")
    actions.pair(lead, site=SITE, day=MONDAY, ma=DANA, provider=LIND)
    actions.set_covering(lead, site=SITE, day=MONDAY, provider=LIND)
    actions.set_pod(lead, site=SITE, day=MONDAY, practitioner=DANA, pod=" A ")
    actions.set_lunch(lead, site=SITE, day=MONDAY, practitioner=DANA, starts_at=NOON,
                      ends_at=NOON + timedelta(minutes=30))  # fmt: skip
    assert [(pair.ma, pair.provider) for pair in team(day).pairs] == [(DANA, LIND)]
    assert covering(day) == LIND
    dana = team(day).person(DANA)
    assert dana is not None
    assert (dana.pod, dana.at_lunch(NOON), dana.at_lunch(NOON + timedelta(minutes=30))) == ("A", True, False)
    absence = Absence(practitioner=LIND, first=MONDAY, last=MONDAY + timedelta(days=1), why=Why.SICK)
    actions.mark_absent(lead, site=SITE, absence=absence)
    assert team(day).pairs == ()
    assert covering(day) == "Practitioner/rao"
    assert covering(day, TEN_FORTY + timedelta(days=1)) == "Practitioner/rao"
    assert covering(day, TEN_FORTY + timedelta(days=2)) == LIND
    assert LIND not in {one.practitioner for one in team(day, MONDAY + timedelta(days=1)).here}
    actions.back(day.writer("mona"), site=SITE, day=MONDAY, practitioner=LIND)
    assert LIND in {one.practitioner for one in team(day).here}
    rows = day.rows("presence", place=SITE, day="2026-11-23")
    assert {(row["practitioner"], row["away"]) for row in rows} == {(DANA, "")}


def test_the_setting_names_who_covers_on_other_days_and_somebody_always_does(day: Clinic) -> None:
    assert covering(day) == LIND  # the first by reference
    values.change(day.store, COVERING_PROVIDER, day.access("mona"), scope=values.practice_scope(),
                  value="Practitioner/rao")  # fmt: skip
    assert covering(day) == "Practitioner/rao"
    assert covering(day, TEN_FORTY + timedelta(days=2)) == LIND  # whose role has ended covers nobody
    assert covering(day, site=OTHER_SITE) == ""


def test_the_day_of_the_cover_is_the_sites(day: Clinic) -> None:
    actions.set_covering(day.writer("lena"), site=SITE, day=MONDAY, provider="Practitioner/rao")
    assert covering(day, datetime(2026, 11, 24, 4, 59, tzinfo=UTC)) == "Practitioner/rao"  # 11:59 PM in New York
    assert covering(day, datetime(2026, 11, 24, 5, 0, tzinfo=UTC)) == LIND


@pytest.mark.parametrize("name", ["dana", "fay", "nora", "lind", "bill", "priya", "audra"])
def test_only_the_lead_and_the_manager_say_who_is_here(day: Clinic, name: str) -> None:
    with pytest.raises(AccessDenied):
        actions.pair(day.writer(name), site=SITE, day=MONDAY, ma=DANA, provider=LIND)


def test_what_cannot_be_is_refused_and_writes_nothing(day: Clinic) -> None:
    lead = day.writer("lena")
    wrong = [
        lambda: actions.pair(lead, site=SITE, day=MONDAY, ma=NORA, provider=LIND),
        lambda: actions.pair(lead, site=SITE, day=MONDAY, ma=DANA, provider=NORA),
        lambda: actions.set_covering(lead, site=SITE, day=MONDAY, provider=DANA),
        lambda: actions.set_lunch(lead, site=SITE, day=MONDAY, practitioner=DANA, starts_at=NOON, ends_at=NOON),
        lambda: actions.set_pod(lead, site=SITE, day=MONDAY, practitioner=DANA, pod="x" * 41),
        lambda: actions.back(lead, site=OTHER_SITE, day=MONDAY, practitioner=DANA),
        lambda: actions.mark_absent(
            lead, site=SITE, absence=Absence(practitioner=DANA, first=MONDAY, last=date(2026, 12, 31), why=Why.LEAVE)
        ),
    ]
    for attempt in wrong:
        with pytest.raises(NotPossible):
            attempt()
    assert day.rows("presence") == []


def test_two_leads_who_change_the_day_at_once_lose_nothing(day: Clinic) -> None:
    lead, manager = day.writer("lena"), day.writer("mona")
    works = [
        lambda: actions.pair(lead, site=SITE, day=MONDAY, ma=DANA, provider=LIND),
        lambda: actions.set_pod(manager, site=SITE, day=MONDAY, practitioner=LENA, pod="B"),
        lambda: actions.set_covering(manager, site=SITE, day=MONDAY, provider="Practitioner/rao"),
    ]
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()
    found = team(day)
    lena = found.person(LENA)
    assert lena is not None
    assert (len(found.pairs), lena.pod, found.covering) == (1, "B", "Practitioner/rao")


def test_what_others_wrote_into_the_care_team_is_kept(day: Clinic) -> None:
    actions.set_pod(day.writer("lena"), site=SITE, day=MONDAY, practitioner=DANA, pod="A")
    ref = Ref("CareTeam", fhir.team_id(SITE, MONDAY))
    stored = day.resource(ref, name="lena")
    assert [issue for issue in validate(stored) if issue.severity in ("error", "fatal")] == []
    stored["note"] = [{"text": "Fire drill at 2"}]
    with day.writer("mona").transaction(reason="test.note") as tx:
        tx.update(stored, version=1)
    actions.set_covering(day.writer("lena"), site=SITE, day=MONDAY, provider=LIND)
    assert day.resource(ref, name="lena")["note"] == [{"text": "Fire drill at 2"}]
    assert fhir.from_fhir({"resourceType": "CareTeam", "id": "x", "status": "active"}) is None


presences = st.builds(
    Presence,
    practitioner=st.integers(0, 40).map(lambda n: f"Practitioner/p{n}"),
    role=st.sampled_from(Role),
    site=st.just("main"),
    lunch_from=st.just(NOON),
    lunch_until=st.just(NOON + timedelta(minutes=45)),
    pod=st.sampled_from(("", "A", "Östra flügeln")),
    works_with=st.sampled_from(("", LIND)),
    away=st.sampled_from((None, *Why)),
)


@given(st.lists(presences, unique_by=lambda one: one.practitioner), st.sampled_from(("", LIND)))
def test_a_team_comes_back_from_fhir_as_it_was(people: list[Presence], covers: str) -> None:
    made = Team(site="main", day=MONDAY, people=tuple(people), covering=covers)
    assert fhir.from_fhir(fhir.to_fhir(made)) == made
    assert len(fhir.team_id("x" * 64, MONDAY)) <= 64


PEOPLE = [f"Practitioner/{letter}" for letter in "abcde"]
candidates = st.lists(
    st.builds(
        Candidate, practitioner=st.sampled_from(PEOPLE), role=st.just(Role.MA), pod=st.sampled_from(("", "A", "B")),
        load=st.integers(0, 9),
    ),
    unique_by=lambda one: one.practitioner,
)  # fmt: skip
waits = st.lists(
    st.builds(Waiting, id=st.uuids().map(str), allowed=st.frozensets(st.sampled_from(PEOPLE))), max_size=30
)


@given(waits, candidates, st.sampled_from(("", "A")))
def test_nobody_gets_what_they_may_not_do_and_all_that_can_be_taken_is(
    waiting: list[Waiting], people: list[Candidate], pod: str
) -> None:
    taken = rules.propose(waiting, people, pod=pod)
    names = {one.practitioner for one in people}
    for item in waiting:
        able = names & item.allowed
        assert (taken[item.id] in able) if able else (item.id not in taken)


@given(st.integers(0, 40), candidates)
def test_the_load_is_shared_evenly(number: int, people: list[Candidate]) -> None:
    people = [replace(one, load=0, pod="") for one in people]
    everybody = frozenset(PEOPLE)
    taken = rules.propose([Waiting(id=str(n), allowed=everybody) for n in range(number)], people, pod="")
    shares = [list(taken.values()).count(one.practitioner) for one in people]
    assert not shares or max(shares) - min(shares) <= 1


def test_the_same_pod_comes_first_and_a_provider_is_covered_by_a_provider() -> None:
    people = (
        Presence(practitioner="Practitioner/a", role=Role.MA, site="main", pod="A"),
        Presence(practitioner="Practitioner/b", role=Role.MA, site="main", pod="B"),
        Presence(practitioner="Practitioner/c", role=Role.PROVIDER, site="main"),
        Presence(practitioner="Practitioner/d", role=Role.PROVIDER, site="main", away=Why.SICK),
        Presence(practitioner="Practitioner/e", role=Role.MA, site="main", pod="A", away=Why.SICK),
    )
    day = Team(site="main", day=MONDAY, people=people)
    able = rules.candidates(day, people[4], {"Practitioner/a": 2})
    assert [one.practitioner for one in able] == ["Practitioner/a", "Practitioner/b"]
    everybody = frozenset(one.practitioner for one in able)
    assert rules.propose([Waiting(id="t", allowed=everybody)], able, pod="A") == {"t": "Practitioner/a"}
    assert rules.propose([Waiting(id="t", allowed=everybody)], able, pod="") == {"t": "Practitioner/b"}
    busy = rules.candidates(day, people[4], {"Practitioner/a": 9})
    assert rules.propose([Waiting(id="t", allowed=everybody)], busy, pod="A") == {"t": "Practitioner/b"}
    both = [Waiting(id=str(n), allowed=everybody, together="Ada") for n in range(5)]
    assert set(rules.propose(both, able, pod="").values()) == {"Practitioner/b"}
    alone = [*both, Waiting(id="x", allowed=frozenset({"Practitioner/a"}), together="Ada")]
    assert rules.propose(alone, able, pod="")["x"] == "Practitioner/a"
    assert [one.practitioner for one in rules.candidates(day, people[3], {})] == ["Practitioner/c"]


def test_times_of_a_presence_are_aware_and_in_order() -> None:
    with pytest.raises(ValueError, match="zone"):
        Presence(practitioner=DANA, role=Role.MA, site="main", lunch_from=datetime(2026, 11, 23, 12))  # noqa: DTZ001 - a bound, taken without a zone
    with pytest.raises(ValueError, match="before it begins"):
        Presence(practitioner=DANA, role=Role.MA, site="main", here_from=NOON, here_until=NOON)
