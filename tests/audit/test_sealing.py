"""The chain of the audit: sealed in order, by one process at a time, and every change of it is named."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from carewright.core.audit import sealer as sealing
from carewright.core.audit.anchors import Anchor, Anchors, BadAnchor
from carewright.core.audit.records import row_digest
from carewright.core.audit.sealer import Sealer, genesis, link
from carewright.core.audit.verify import Verification, Wrong, verify
from carewright.core.clock import wall_now
from carewright.core.store import chain, leases
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.audit.conftest import Tamper
from tests.store.people import everything, patient

ROWS = 6


def write(store: Store, practice: str, count: int = ROWS) -> None:
    writer = Writer(store, everything(practice))
    for number in range(count):
        with writer.transaction(reason=f"test.write-{number}") as tx:
            tx.create(patient())
    wait_until_sealable(store, practice)


def wait_until_sealable(store: Store, practice: str) -> None:
    """A transaction that is open anywhere in the cluster, another test's for instance, holds new rows back."""
    dialect = store.driver.dialect
    behind = Sql("SELECT count(*) FROM audit a WHERE a.practice = ? AND NOT (", (practice,))
    for _ in range(2_000):
        with store.driver.reading(practice) as connection:
            if connection.rows(behind + dialect.feed_horizon("a") + Sql(")"))[0][0] == 0:
                return
        time.sleep(0.01)
    raise TimeoutError("The cluster holds a transaction open.")


def sealed_ids(store: Store, practice: str) -> list[str]:
    with store.driver.reading(practice) as connection:
        return [seal.audit_id for seal in chain.Trail(connection, practice).seals()]


@pytest.fixture
def anchors(tmp_path: Path) -> Anchors:
    return Anchors(tmp_path / "anchors")


@pytest.fixture
def sealer(store: Store, practice: str, anchors: Anchors) -> Sealer:
    return Sealer(store, practice, holder="test", anchors=anchors)


@pytest.fixture
def sealed(store: Store, practice: str, sealer: Sealer) -> list[str]:
    """The ids of the sealed rows, in order."""
    write(store, practice)
    assert sealer.step() == ROWS
    return sealed_ids(store, practice)


def check(store: Store, practice: str, anchors: Anchors) -> Verification:
    return verify(store, practice, anchors=anchors.of(practice))


def found(store: Store, practice: str, anchors: Anchors) -> tuple[Wrong, str]:
    finding = check(store, practice, anchors).finding
    assert finding is not None
    return finding.wrong, finding.audit_id


def test_a_sealed_audit_is_whole(store: Store, practice: str, sealed: list[str], anchors: Anchors) -> None:
    outcome = check(store, practice, anchors)
    assert outcome.whole
    assert (outcome.sealed, outcome.tail, outcome.anchors) == (ROWS, 0, 1)


def test_each_link_follows_from_the_one_before(store: Store, practice: str, sealed: list[str]) -> None:
    previous = genesis(practice)
    with store.driver.reading(practice) as connection:
        for seal in chain.Trail(connection, practice).seals():
            previous = link(previous, seal.digest)
            assert seal.chain == previous


def test_sealing_goes_on_where_it_stopped(store: Store, practice: str, sealer: Sealer, sealed: list[str]) -> None:
    assert sealer.step() == 0
    write(store, practice, 2)
    assert sealer.step() == 2
    assert sealed_ids(store, practice)[:ROWS] == sealed


def test_more_rows_than_a_batch_are_sealed_in_one_step(
    store: Store, practice: str, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "BATCH", 4)
    monkeypatch.setattr(chain.Trail.unsealed, "__kwdefaults__", {"limit": 4, "sealable": True})
    write(store, practice, 11)
    assert sealer.step() == 11
    assert verify(store, practice).whole


def test_the_tail_is_reported_with_its_age(store: Store, practice: str, sealed: list[str], anchors: Anchors) -> None:
    write(store, practice, 3)
    outcome = check(store, practice, anchors)
    assert outcome.whole
    assert outcome.tail == 3
    assert timedelta(0) <= outcome.tail_age < timedelta(minutes=1)


def test_a_deleted_row_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    tamper("DELETE FROM audit WHERE practice = ? AND id = ?", practice, sealed[2])
    assert found(store, practice, anchors) == (Wrong.DELETED, sealed[2])


def test_a_patient_taken_off_a_row_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    tamper("DELETE FROM audit_patient WHERE practice = ? AND audit_id = ?", practice, sealed[1])
    assert found(store, practice, anchors) == (Wrong.CHANGED, sealed[1])


@pytest.mark.parametrize("column", ["actor", "reason", "detail", "outcome", "session", "purpose"])
def test_a_changed_field_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper, column: str
) -> None:
    tamper(f"UPDATE audit SET {column} = 'x' WHERE practice = ? AND id = ?", practice, sealed[3])  # noqa: S608 - the table is named here, not asked for
    assert found(store, practice, anchors) == (Wrong.CHANGED, sealed[3])


def test_a_changed_time_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    tamper("UPDATE audit SET at = ? WHERE practice = ? AND id = ?", wall_now(), practice, sealed[0])
    assert found(store, practice, anchors) == (Wrong.CHANGED, sealed[0])


def test_a_changed_row_with_a_fitting_digest_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    tamper("UPDATE audit SET actor = 'x' WHERE practice = ? AND id = ?", practice, sealed[3])
    with store.driver.reading(practice) as connection:
        row = chain.Trail(connection, practice).row_by_id(sealed[3])
    assert row is not None
    digest = row_digest(row.fields)
    tamper("UPDATE audit SET digest = ? WHERE practice = ? AND id = ?", digest, practice, sealed[3])
    assert found(store, practice, anchors) == (Wrong.CHANGED, sealed[3])


def test_an_inserted_row_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    """Somebody takes a linked row out of the links and joins the ends: the row then stands among the linked ones."""
    with store.driver.reading(practice) as connection:
        seals = list(chain.Trail(connection, practice).seals())
    tamper("DELETE FROM audit_seal WHERE practice = ? AND position = 3", practice)
    for seal in seals[3:]:
        tamper(
            "UPDATE audit_seal SET position = ? WHERE practice = ? AND audit_id = ?",
            seal.position - 1, practice, seal.audit_id,
        )  # fmt: skip
    assert found(store, practice, anchors) == (Wrong.INSERTED, sealed[2])


def test_moved_rows_are_named(store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper) -> None:
    for old, new in ((sealed[1], "-"), (sealed[4], sealed[1]), ("-", sealed[4])):
        tamper("UPDATE audit_seal SET audit_id = ? WHERE practice = ? AND audit_id = ?", new, practice, old)
    assert found(store, practice, anchors) == (Wrong.REORDERED, sealed[4])


def test_a_changed_link_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    tamper("UPDATE audit_seal SET chain = ? WHERE practice = ? AND position = 2", b"\0" * 32, practice)
    assert found(store, practice, anchors) == (Wrong.SEAL_CHANGED, sealed[1])


def test_a_tail_cut_off_behind_an_anchor_is_noticed(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    for audit_id in sealed[-2:]:
        tamper("DELETE FROM audit WHERE practice = ? AND id = ?", practice, audit_id)
        tamper("DELETE FROM audit_seal WHERE practice = ? AND audit_id = ?", practice, audit_id)
    assert verify(store, practice).whole  # nothing inside the database tells
    finding = check(store, practice, anchors).finding
    assert finding is not None
    assert (finding.wrong, finding.position) == (Wrong.SEAL_MISSING, ROWS - 1)


def test_a_chain_rebuilt_after_a_deletion_differs_from_the_anchor(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    tamper("DELETE FROM audit WHERE practice = ? AND id = ?", practice, sealed[0])
    tamper("DELETE FROM audit_seal WHERE practice = ?", practice)
    write(store, practice, 1)
    Sealer(store, practice, holder="test").step()
    assert verify(store, practice).whole
    assert found(store, practice, anchors)[0] == Wrong.ANCHOR_DIFFERS


def test_a_change_in_the_tail_is_named(
    store: Store, practice: str, sealed: list[str], anchors: Anchors, tamper: Tamper
) -> None:
    write(store, practice, 1)
    with store.driver.reading(practice) as connection:
        (row,) = [r for r in chain.Trail(connection, practice).unsealed(after=(0, 0)) if r.id not in sealed]
    tamper("UPDATE audit SET actor = 'x' WHERE practice = ? AND id = ?", practice, row.id)
    assert found(store, practice, anchors) == (Wrong.CHANGED, row.id)


def test_one_process_at_a_time_seals(store: Store, practice: str, sealer: Sealer) -> None:
    write(store, practice)
    other = Sealer(store, practice, holder="other")
    assert sealer.step() == ROWS
    write(store, practice, 1)
    assert other.step() == 0
    assert sealer.step() == 1


def test_another_takes_over_when_the_holder_dies(
    store: Store, practice: str, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "LEASE_SECONDS", -1.0)  # it has run out as soon as it is taken
    write(store, practice, 2)
    assert sealer.step() == 2
    monkeypatch.undo()
    other = Sealer(store, practice, holder="other")
    write(store, practice, 2)
    assert other.step() == 2
    assert other.holding.lease is not None
    assert other.holding.lease.fence == 2


def test_a_holder_that_wakes_up_late_cannot_write(
    store: Store, practice: str, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "LEASE_SECONDS", -1.0)
    write(store, practice, 2)
    sealer.step()
    stale = sealer.holding.lease
    assert stale is not None
    monkeypatch.undo()
    write(store, practice, 2)
    assert Sealer(store, practice, holder="other").step() == 2
    with pytest.raises(leases.LeaseLost), store.driver.writing(practice) as connection:
        leases.require(connection, stale)
    assert sealer._seal_batch(stale) == 0
    assert verify(store, practice).whole


def test_a_closed_sealer_lets_the_next_one_in(store: Store, practice: str, sealer: Sealer) -> None:
    write(store, practice, 1)
    sealer.step()
    sealer.close()
    write(store, practice, 1)
    assert Sealer(store, practice, holder="other").step() == 1


def test_anchors_are_appended_not_more_often_than_needed(
    store: Store, practice: str, sealer: Sealer, anchors: Anchors
) -> None:
    for _ in range(3):
        write(store, practice, 1)
        sealer.step()
    assert [anchor.position for anchor in anchors.of(practice)] == [1]
    sealer.close()
    assert [anchor.position for anchor in anchors.of(practice)] == [1, 3]


def test_an_unreadable_anchor_is_said(tmp_path: Path) -> None:
    anchors = Anchors(tmp_path / "anchors")
    assert anchors.of("p") == []
    anchors.append(Anchor(practice="p", position=1, chain=b"x", at=wall_now()))
    with (tmp_path / "anchors").open("a") as file:
        file.write('{"practice": "p"}\n')
    with pytest.raises(BadAnchor, match="Line 2"):
        anchors.of("p")
