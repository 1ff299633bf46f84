"""Tokens that are remembered for a second: what is forgotten at once, and what counts when the second is over."""

from typing import cast

from carewright.core.access.recent import MOST, Known, RecentTokens
from tests import loops

KNOWN = cast(Known, object())


async def found() -> Known | None:
    return KNOWN


async def nothing() -> Known | None:
    return None


def test_it_is_looked_up_once_a_second() -> None:
    recent = RecentTokens(seconds=60)
    assert loops.run(recent.get(b"a", found)) is KNOWN
    assert loops.run(recent.get(b"a", nothing)) is KNOWN
    assert loops.run(recent.get(b"b", nothing)) is None
    assert loops.run(RecentTokens(seconds=0).get(b"a", nothing)) is None


def test_what_is_refused_is_looked_up_each_time() -> None:
    recent = RecentTokens(seconds=60)
    assert loops.run(recent.get(b"a", nothing)) is None
    assert loops.run(recent.get(b"a", found)) is KNOWN


def test_what_is_changed_is_forgotten_and_what_was_read_before_is_not_remembered() -> None:
    recent = RecentTokens(seconds=60)
    loops.run(recent.get(b"a", found))
    recent.forget(b"a")
    assert loops.run(recent.get(b"a", nothing)) is None

    async def changed_meanwhile() -> Known | None:
        recent.forget(b"a")
        return KNOWN

    assert loops.run(recent.get(b"a", changed_meanwhile)) is KNOWN
    assert loops.run(recent.get(b"a", nothing)) is None


def test_no_more_are_remembered_than_there_is_room_for() -> None:
    recent = RecentTokens(seconds=60)
    for number in range(MOST + 1):
        loops.run(recent.get(str(number).encode(), found))
    assert len(recent._known) == 1
