"""The record of a call as values, and as a Task."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.validation import validate
from carewright.skills.emergency.codes import JOBS
from carewright.skills.emergency.fhir import from_fhir, to_fhir
from carewright.skills.emergency.model import Call, Event, Line
from carewright.skills.emergency.rules import added
from carewright.skills.emergency.views import job_words
from tests.pages import start_django

START = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)


def line(event: Event, *, minutes: int = 0, who: str = "dana", words: str = "") -> Line:
    return Line(
        event=event, at=START + timedelta(minutes=minutes), by=f"Practitioner/{who}", who=who.title(), words=words
    )


CALL = Call(
    id="c1", site="main-st", room="room-4", room_name="Room 4", job="emergency-aed", lines=(line(Event.CALLED),)
)
words = st.text(alphabet="aZ09 .,;'’ñé–%<>&", min_size=1, max_size=40).filter(lambda text: text == text.strip())
lines = st.builds(
    lambda event, minutes, who, said: line(event, minutes=minutes, who=who, words=said if event is Event.NOTED else ""),
    st.sampled_from([Event.COMING, Event.NOTED, Event.OVER]), st.integers(0, 90), st.sampled_from(["dana", "lena"]),
    words,
)  # fmt: skip


@given(st.lists(lines, max_size=8))
def test_a_record_survives_its_task_and_the_task_is_valid(more: list[Line]) -> None:
    call = CALL
    for entry in more:
        call = added(call, entry)
    task = to_fhir(call)
    assert from_fhir(task) == call
    assert [issue for issue in validate(task) if issue.severity in ("error", "fatal")] == []
    assert "for" not in task
    assert task["priority"] == "stat"


@given(st.lists(lines, max_size=8))
def test_notes_are_always_taken_and_a_call_is_over_once(more: list[Line]) -> None:
    call = CALL
    for entry in more:
        call = added(call, entry)
    events = [entry.event for entry in call.lines]
    assert events.count(Event.NOTED) == sum(entry.event is Event.NOTED for entry in more)
    assert events.count(Event.OVER) == min(1, sum(entry.event is Event.OVER for entry in more))
    assert len(call.coming) == len({entry.by for entry in more if entry.event is Event.COMING})


def test_the_status_of_the_task_follows_the_record() -> None:
    coming = added(CALL, line(Event.COMING, minutes=1, who="lena"))
    over = added(coming, line(Event.OVER, minutes=9))
    assert [to_fhir(call)["status"] for call in (CALL, coming, over)] == ["requested", "in-progress", "completed"]
    assert to_fhir(over)["executionPeriod"] == {
        "start": "2026-11-23T15:40:00+00:00", "end": "2026-11-23T15:49:00+00:00",
    }  # fmt: skip


def test_a_record_begins_with_the_call_and_has_aware_times() -> None:
    with pytest.raises(ValueError, match="begins with the call"):
        replace(CALL, lines=(line(Event.OVER),))
    with pytest.raises(ValueError, match="zone"):
        replace(CALL, lines=(replace(line(Event.CALLED), at=datetime(2026, 11, 23)),))  # noqa: DTZ001  # that is the point


@pytest.mark.parametrize("lost", ["location", "extension", "note", "code"])
def test_a_task_of_something_else_is_no_call(lost: str) -> None:
    task = to_fhir(CALL)
    del task[lost]
    assert from_fhir(task) is None


def test_the_words_of_the_jobs_are_those_of_their_codes() -> None:
    start_django()
    assert {job.code: job.display for job in JOBS} == job_words()
