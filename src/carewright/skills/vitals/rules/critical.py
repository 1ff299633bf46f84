"""The task that a critical reading leaves: its inputs are the readings, its outputs say of which somebody was told.

Pure: Tasks in, Tasks out. One task for each visit, so that a guard knows where to look.
"""

from collections.abc import Mapping
from datetime import datetime

from carewright.core.fhir.model import Resource
from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding
from carewright.core.work.tasks import reading_words

CRITICAL = "Critical vital sign"
TOLD = "Told"


def with_reading(task: Resource, *, observation: str, sign: Coding) -> Resource:
    """The task with one more reading to tell of, by its `sign`. Its number stands in the Observation alone."""
    others = [entry for entry in task.get("input", ()) if entry["valueReference"]["reference"] != observation]
    entry = {
        "type": sign.concept(CRITICAL),
        "valueReference": {"reference": observation, "display": sign.display},
    }
    return {**task, "input": [*others, entry], "output": _outputs_without(task, observation)}


def without_reading(task: Resource, *, observation: str) -> Resource:
    """The task without a reading that was charted by mistake or corrected to a harmless number."""
    others = [entry for entry in task.get("input", ()) if entry["valueReference"]["reference"] != observation]
    return {**task, "input": others, "output": _outputs_without(task, observation)}


def untold(task: Resource) -> list[Resource]:
    """The inputs (type and reference with its words) whose readings nobody was told of."""
    done = {entry["valueReference"]["reference"] for entry in task.get("output", ())}
    inputs: list[Resource] = [*task.get("input", ())]
    return [entry for entry in inputs if entry["valueReference"]["reference"] not in done]


def in_words(entry: Resource, *, shown: Mapping[str, str]) -> Sentence:
    """What an input of the task says: "Pulse 190 /min". `shown` gives the numbers, by the Observation's reference."""
    reading = entry["valueReference"]
    words = str(reading.get("display", ""))
    return reading_words(entry.get("type"), words, shown=shown.get(reading["reference"], ""))


def told(task: Resource, *, name: str, at: datetime) -> Resource:
    """The task after `name` was told of everything still untold."""
    words = f"{TOLD} {name}, {at.isoformat(timespec='minutes')}"
    outputs = [
        {
            "type": {"text": TOLD},
            "valueReference": {"reference": entry["valueReference"]["reference"], "display": words},
        }
        for entry in untold(task)
    ]
    return {**task, "output": [*task.get("output", ()), *outputs]}


def _outputs_without(task: Resource, observation: str) -> list[Resource]:
    return [entry for entry in task.get("output", ()) if entry["valueReference"]["reference"] != observation]
