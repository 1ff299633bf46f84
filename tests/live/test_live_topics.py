"""Topics and event ids: what is understood, and that an id comes back as the position it was."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.registry import Manifest, Registry, Topic
from carewright.core.store.hooks import FeedEntry
from carewright.core.store.model import Change, Origin, Ref
from carewright.core.store.positions import event_id, position_of
from carewright.live.topics import MAX_TOPICS, TopicError, topics_of, wanted

NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)


@given(NUMBERS, NUMBERS)
def test_an_event_id_is_read_as_what_was_written(xid: int, seq: int) -> None:
    assert position_of(event_id((xid, seq))) == (xid, seq)


@given(st.text(max_size=30))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        found = position_of(text)
    except ValueError:
        return
    assert found is None or text == event_id(found) or int(text.split(".")[0]) == found[0]


@pytest.mark.parametrize("text", ["1", "1.", "-1.2", "1.2.3", "٣.١", f"{2**63}.1", "1e3.2"])
def test_what_is_no_event_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no event id"):
        position_of(text)


def test_topics_are_split_at_commas_and_spaces() -> None:
    listed = wanted(["board,rooms", "patient/a-1.b Encounter"]) or frozenset()
    assert sorted(listed) == ["Encounter", "board", "patient/a-1.b", "rooms"]
    assert wanted([]) is None
    assert wanted([" , "]) is None


def test_too_many_or_odd_topics_are_refused() -> None:
    assert len(wanted([",".join(f"patient/{n}" for n in range(MAX_TOPICS))]) or ()) == MAX_TOPICS
    with pytest.raises(TopicError, match="at most"):
        wanted([",".join(f"patient/{n}" for n in range(MAX_TOPICS + 1))])
    for odd in ("patient/", "/1", "a/b/c", "<b>", "1x"):
        with pytest.raises(TopicError, match="A topic is"):
            wanted([odd])


def test_a_change_is_told_under_its_type_its_patient_and_the_declared_topics() -> None:
    registry = Registry((
        Manifest(name="c", doc="", topics=(Topic(name="emergency", types=frozenset({"Task"}), of_nobody=True),)),
        Manifest(name="a", doc="", topics=(Topic(name="board", types=frozenset({"Encounter", "Task"})),)),
        Manifest(name="b", doc="", topics=(Topic(name="board", types=frozenset({"Encounter"})),
                                           Topic(name="rooms", types=frozenset({"Location"})))),
    ))  # fmt: skip

    def told(resource_type: str, patient: str | None) -> list[str]:
        entry = FeedEntry(
            position=(0, 1), ref=Ref(resource_type, "1"), version=1, change=Change.CREATE, patient=patient,
            origin=Origin.SCREEN, at=datetime(2026, 11, 23, tzinfo=UTC),
        )  # fmt: skip
        return list(topics_of(entry, registry))

    assert told("Encounter", "ada") == ["Encounter", "patient/ada", "board"]
    assert told("Location", None) == ["Location", "rooms"]
    assert told("Flag", None) == ["Flag"]
    assert told("Task", None) == ["Task", "emergency", "board"]
    assert told("Task", "ada") == ["Task", "patient/ada", "board"]
