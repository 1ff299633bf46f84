"""The task that a critical reading leaves: its inputs are the readings, its outputs say of which somebody was told.

Pure: Tasks in, Tasks out. One task for each visit, so that a guard knows where to look.
"""

from datetime import datetime

from carewright.core.fhir.model import Resource

CRITICAL = "Critical vital sign"
TOLD = "Told"


def with_reading(task: Resource, *, observation: str, words: str) -> Resource:
    """The task with one more reading to tell of (a corrected one replaces its words)."""
    others = [entry for entry in task.get("input", ()) if entry["valueReference"]["reference"] != observation]
    entry = {"type": {"text": CRITICAL}, "valueReference": {"reference": observation, "display": words}}
    return {**task, "input": [*others, entry], "output": _outputs_without(task, observation)}


def without_reading(task: Resource, *, observation: str) -> Resource:
    """The task without a reading that was charted by mistake or corrected to a harmless number."""
    others = [entry for entry in task.get("input", ()) if entry["valueReference"]["reference"] != observation]
    return {**task, "input": others, "output": _outputs_without(task, observation)}


def untold(task: Resource) -> list[Resource]:
    """The readings (references with their words) of which nobody was told."""
    done = {entry["valueReference"]["reference"] for entry in task.get("output", ())}
    readings: list[Resource] = [entry["valueReference"] for entry in task.get("input", ())]
    return [reading for reading in readings if reading["reference"] not in done]


def told(task: Resource, *, name: str, at: datetime) -> Resource:
    """The task after `name` was told of everything still untold."""
    words = f"{TOLD} {name}, {at.isoformat(timespec='minutes')}"
    outputs = [
        {"type": {"text": TOLD}, "valueReference": {"reference": reading["reference"], "display": words}}
        for reading in untold(task)
    ]
    return {**task, "output": [*task.get("output", ()), *outputs]}


def _outputs_without(task: Resource, observation: str) -> list[Resource]:
    return [entry for entry in task.get("output", ()) if entry["valueReference"]["reference"] != observation]
