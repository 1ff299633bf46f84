"""Sessions and tokens: the secret is not kept, an ended one opens nothing, and a token has no more than its scopes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carewright.core.access.labels import ACT_CODE, BITS, CONFIDENTIALITY, EVERYTHING, OTHER, mask
from carewright.core.access.model import AccessDenied, Interaction, Purpose, Role
from carewright.core.access.scopes import ScopeError
from carewright.core.access.sensitivity import SEEN_BY, sensitive_for
from carewright.core.access.sessions import (
    SessionKind,
    access_of,
    authenticate,
    authenticate_async,
    hash_of,
    load_data,
    lock,
    open_guest,
    open_session,
    purge,
    revoke,
    revoke_all,
    save_data,
    sessions_of,
    token_async,
    touch,
    unlock,
)
from carewright.core.clock import Clock
from carewright.core.registry import Manifest, Permission, Registry
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.core.terminology.coding import OWN_LABELS
from tests import loops

START = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
REGISTRY = Registry((
    Manifest(
        name="vitals",
        doc="Enough permissions to tell roles apart.",
        permissions=(
            Permission(
                action="vitals.record",
                roles=frozenset({Role.MA, Role.NURSE}),
                doc="Record vital signs.",
                grants={
                    "Observation": frozenset({Interaction.CREATE, Interaction.READ, Interaction.SEARCH}),
                    "Patient": frozenset({Interaction.READ, Interaction.SEARCH}),
                },
            ),
            Permission(
                action="patient.register",
                roles=frozenset({Role.FRONT_DESK}),
                doc="Register a patient.",
                grants={"Patient": frozenset(Interaction)},
            ),
            Permission(action="board.see", roles=frozenset({Role.MA, Role.FRONT_DESK}), doc="See the board."),
        ),
    ),
))  # fmt: skip


class WallClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def wall() -> WallClock:
    return WallClock()


@pytest.fixture
def timed(store: Store, wall: WallClock) -> Store:
    """The store with a wall clock that the test moves."""
    return replace(store, clock=Clock(wall=wall))


def open_one(store: Store, practice: str, **changes: Any) -> str:
    fields: dict[str, Any] = {
        "practice": practice, "actor": "Practitioner/maria", "display": "Maria Silva", "user_name": "maria",
        "roles": [Role.MA], "site": "main", "expires_at": store.clock.wall() + timedelta(hours=12),
    }  # fmt: skip
    return open_session(store, **{**fields, **changes})


def found(store: Store, secret: str) -> Any:
    session = authenticate(store, secret)
    assert session is not None
    return session


def test_the_secret_leads_back_to_who_it_was_given_to(timed: Store, practice: str) -> None:
    session = found(timed, open_one(timed, practice, data={"next": "/board"}))
    assert (session.practice, session.actor, session.display, session.user_name) == (
        practice, "Practitioner/maria", "Maria Silva", "maria",
    )  # fmt: skip
    assert (session.roles, session.site, session.kind) == (frozenset({Role.MA}), "main", SessionKind.SCREEN)
    assert (session.created_at, session.expires_at) == (START, START + timedelta(hours=12))
    assert session.data == {"next": "/board"}
    assert not session.locked


def test_the_same_answer_comes_from_the_asynchronous_look_up(store: Store, practice: str) -> None:
    secret = open_one(store, practice)

    async def look_up() -> tuple[Any, Any]:
        return await authenticate_async(store, secret), await authenticate_async(store, "guessed")

    known, unknown = loops.run(look_up(), reads=store.driver)
    assert known == authenticate(store, secret)
    assert unknown is None


def token_after(store: Store, secret: str, change: Callable[[], None]) -> tuple[Any, Any]:
    """What a program's token is before and after a change, asked in one go."""

    async def ask() -> tuple[Any, Any]:
        before = await token_async(store, secret)
        change()
        return before, await token_async(store, secret)

    known, then = loops.run(ask(), reads=store.driver)
    assert known is not None
    assert known.access == access_of(known.session, store.registry)
    return known, then


def test_a_token_that_is_revoked_in_this_process_is_refused_at_once(timed: Store, practice: str) -> None:
    secret = open_one(timed, practice, kind=SessionKind.TOKEN, scopes="user/*.rs")
    assert token_after(timed, secret, lambda: revoke(timed, found(timed, secret)))[1] is None


def test_a_token_that_another_process_revoked_is_refused_when_a_second_is_over(timed: Store, practice: str) -> None:
    secret = open_one(timed, practice, kind=SessionKind.TOKEN, scopes="user/*.rs")
    elsewhere = replace(timed)
    timed.recent_tokens.seconds = 3600
    known, then = token_after(timed, secret, lambda: revoke(elsewhere, found(elsewhere, secret)))
    assert then is known
    timed.recent_tokens.seconds = 0
    assert loops.run(token_async(timed, secret), reads=timed.driver) is None


def test_a_token_that_is_remembered_ends_when_it_ends(timed: Store, practice: str, wall: WallClock) -> None:
    secret = open_one(timed, practice, kind=SessionKind.TOKEN, scopes="user/*.rs")
    timed.recent_tokens.seconds = 3600
    assert token_after(timed, secret, lambda: wall.advance(hours=13))[1] is None


def test_a_persons_session_is_no_token(timed: Store, practice: str) -> None:
    assert loops.run(token_async(timed, open_one(timed, practice)), reads=timed.driver) is None


def test_the_secret_itself_is_nowhere_in_the_database(timed: Store, practice: str) -> None:
    secret = open_one(timed, practice)
    with timed.driver.reading(practice) as connection:
        rows = connection.rows(Sql("SELECT * FROM session WHERE practice = ?", (practice,)))
        audit = connection.rows(Sql("SELECT * FROM audit WHERE practice = ?", (practice,)))
    assert hash_of(secret) in [timed.driver.dialect.bytes_(row[0]) for row in rows]
    assert secret not in str(rows) + str(audit)
    assert len(secret) >= 43  # 256 bits in base64


def test_two_secrets_differ_and_a_wrong_one_opens_nothing(timed: Store, practice: str) -> None:
    first, second = open_one(timed, practice), open_one(timed, practice)
    assert first != second
    assert authenticate(timed, first + "x") is None
    assert authenticate(timed, "") is None


def test_a_session_ends_at_its_time_and_not_before(timed: Store, practice: str, wall: WallClock) -> None:
    secret = open_one(timed, practice)
    wall.now = START + timedelta(hours=12) - timedelta(microseconds=1)
    assert authenticate(timed, secret) is not None
    wall.now = START + timedelta(hours=12)
    assert authenticate(timed, secret) is None


def test_a_revoked_session_is_over_and_its_data_gone(timed: Store, practice: str) -> None:
    secret = open_one(timed, practice, data={"a": 1})
    revoke(timed, found(timed, secret))
    assert authenticate(timed, secret) is None
    assert load_data(timed, secret) == {}
    (row,) = sessions_of(timed, practice=practice, actor="Practitioner/maria")
    assert row.revoked_at == START
    assert row.data == {}


def test_a_locked_session_is_known_and_may_nothing_until_it_is_unlocked(timed: Store, practice: str) -> None:
    secret = open_one(timed, practice)
    lock(timed, found(timed, secret))
    assert found(timed, secret).locked
    with pytest.raises(AccessDenied, match="Unlock"):
        access_of(found(timed, secret), REGISTRY)
    unlock(timed, found(timed, secret))
    assert access_of(found(timed, secret), REGISTRY).may(Interaction.CREATE, "Observation")


def test_use_is_noted_at_most_once_a_minute(timed: Store, practice: str, wall: WallClock) -> None:
    secret = open_one(timed, practice)
    wall.advance(seconds=59)
    assert not touch(timed, found(timed, secret))
    wall.advance(seconds=1)
    assert touch(timed, found(timed, secret), expires_at=wall.now + timedelta(hours=1))
    assert not touch(timed, found(timed, secret))
    assert found(timed, secret).seen_at == wall.now
    assert found(timed, secret).expires_at == wall.now + timedelta(hours=1)


def test_data_is_kept_as_json(timed: Store, practice: str) -> None:
    secret = open_one(timed, practice)
    save_data(timed, found(timed, secret), {"_auth_user_id": "7", "list": [1, None, "é"]})
    assert load_data(timed, secret) == {"_auth_user_id": "7", "list": [1, None, "é"]}


def test_a_guest_keeps_data_and_may_nothing(timed: Store) -> None:
    secret = open_guest(timed, expires_at=START + timedelta(hours=1), data={"csrf": "x"})
    session = found(timed, secret)
    assert session.data == {"csrf": "x"}
    save_data(timed, session, {"csrf": "y"})
    assert load_data(timed, secret) == {"csrf": "y"}
    with pytest.raises(AccessDenied):
        access_of(session, REGISTRY)


def test_all_sessions_of_somebody_are_ended_together_and_nobody_elses(timed: Store, practice: str) -> None:
    secrets = [open_one(timed, practice) for _ in range(2)]
    token = open_one(timed, practice, kind=SessionKind.TOKEN, scopes="user/*.rs")
    other = open_one(timed, practice, actor="Practitioner/james")
    assert revoke_all(timed, practice=practice, actor="Practitioner/maria") == 3
    assert [authenticate(timed, s) for s in (*secrets, token)] == [None] * 3
    assert authenticate(timed, other) is not None


def test_another_practice_does_not_see_the_sessions(timed: Store, practice: str) -> None:
    open_one(timed, practice)
    timed.ensure_practice("elsewhere", "Another practice")
    assert sessions_of(timed, practice="elsewhere", actor="Practitioner/maria") == []


def test_only_long_ended_sessions_are_purged(timed: Store, practice: str, wall: WallClock) -> None:
    old = open_one(timed, practice, expires_at=START + timedelta(minutes=1))
    wall.advance(days=31)
    young = open_one(timed, practice)
    assert purge(timed) >= 1
    assert [s.secret_hash for s in sessions_of(timed, practice=practice, actor="Practitioner/maria")] == [
        hash_of(young)
    ]
    assert authenticate(timed, old) is None


def test_what_happens_to_a_session_is_audited(timed: Store, practice: str) -> None:
    session = found(timed, open_one(timed, practice))
    lock(timed, session)
    unlock(timed, session)
    revoke(timed, session)
    with timed.driver.reading(practice) as connection:
        rows = connection.rows(Sql("SELECT reason, session FROM audit WHERE practice = ? ORDER BY seq", (practice,)))
    assert [row[0] for row in rows] == ["session.open", "session.lock", "session.unlock", "session.revoke"]
    assert {row[1] for row in rows} == {session.id}


def test_a_persons_access_is_what_the_roles_hold(timed: Store, practice: str) -> None:
    access = access_of(found(timed, open_one(timed, practice, roles=[Role.MA, Role.FRONT_DESK])), REGISTRY)
    assert access.grants["Patient"] == frozenset(Interaction)
    assert access.grants["Observation"] == {Interaction.CREATE, Interaction.READ, Interaction.SEARCH}
    assert access.actions == {"vitals.record", "patient.register", "board.see"}
    assert (access.practice, access.site, access.actor.display) == (practice, "main", "Maria Silva")


def test_a_role_without_permissions_may_nothing(timed: Store, practice: str) -> None:
    access = access_of(found(timed, open_one(timed, practice, roles=[Role.BILLER])), REGISTRY)
    assert (access.grants, access.actions, access.sensitive) == (
        {},
        frozenset(),
        sensitive_for([Role.BILLER], Purpose.TREATMENT),
    )


@pytest.mark.parametrize(
    ("scopes", "grants", "actions"),
    [
        ("system/*.cruds", {"Observation": "crs", "Patient": "rs"}, {"vitals.record"}),
        ("user/Observation.rs", {"Observation": "rs"}, set()),
        ("user/Observation.cud", {"Observation": "c"}, set()),
        ("user/Location.rs", {}, set()),
        ("user/Observation.r user/Patient.s", {"Observation": "r", "Patient": "s"}, set()),
    ],
)
def test_a_token_has_what_roles_and_scopes_both_allow(
    timed: Store, practice: str, scopes: str, grants: dict[str, str], actions: set[str]
) -> None:
    access = access_of(found(timed, open_one(timed, practice, kind=SessionKind.TOKEN, scopes=scopes)), REGISTRY)
    assert {t: "".join(sorted(i.value for i in allowed)) for t, allowed in access.grants.items()} == grants
    assert access.actions == actions


def test_a_patient_scope_confines_the_whole_token_to_that_patient(timed: Store, practice: str) -> None:
    secret = open_one(timed, practice, kind=SessionKind.TOKEN, scopes="patient/Observation.rs", patient="ada")
    access = access_of(found(timed, secret), REGISTRY)
    assert access.patient == "ada"
    assert access.predicate().patient == "ada"


@pytest.mark.parametrize("scopes", ["", "openid", "patient/*.rs", "user/Observation.rs?colour=1"])
def test_a_token_is_not_made_with_scopes_that_cannot_be_kept_to(timed: Store, practice: str, scopes: str) -> None:
    with pytest.raises(ScopeError):
        open_one(timed, practice, kind=SessionKind.TOKEN, scopes=scopes)


def test_every_role_stands_in_the_table_of_sensitivity() -> None:
    assert set(SEEN_BY) == set(Role)


def test_who_treats_sees_labelled_records_except_very_restricted_ones_until_an_emergency() -> None:
    very_restricted = BITS[CONFIDENTIALITY, "V"]
    usual = sensitive_for([Role.MA], Purpose.TREATMENT)
    assert usual & BITS[CONFIDENTIALITY, "R"]
    assert not usual & very_restricted
    assert not usual & OTHER
    assert sensitive_for([Role.MA], Purpose.EMERGENCY) == EVERYTHING
    assert sensitive_for([Role.BILLER], Purpose.EMERGENCY) == sensitive_for([Role.BILLER], Purpose.TREATMENT)
    assert sensitive_for([Role.BILLER, Role.NURSE], Purpose.TREATMENT) == usual


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.BILLER, Role.MANAGER])
def test_who_does_not_treat_sees_labels_of_the_person_and_none_of_the_matter(role: Role) -> None:
    seen = sensitive_for([role], Purpose.TREATMENT)
    sorts_papers = [] if role is Role.BILLER else [(OWN_LABELS, "unsorted")]
    assert seen == mask([(ACT_CODE, "EMP"), (ACT_CODE, "CEL"), *sorts_papers])
    assert not seen & mask([(ACT_CODE, "PSY"), (ACT_CODE, "HIV"), (ACT_CODE, "PDS"), (CONFIDENTIALITY, "R")])
    assert sensitive_for([Role.AUDITOR], Purpose.TREATMENT) == 0
