"""The vitals panel as values: what each row shows beside its field, what is saved already, who was told.

Words of the findings come from the rules; the buttons get their addresses here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.forms import BoundField
from django.urls import reverse
from django.utils.translation import gettext

from carewright.core.sentences import Sentence
from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.core.work.tasks import CRITICAL_VITAL_TOLD, of_visit
from carewright.shell.components import FieldState, Level, Notice, NoticeAction
from carewright.shell.people import names_of
from carewright.shell.saying import say, term_words
from carewright.shell.times import SiteClock
from carewright.skills.vitals import queries
from carewright.skills.vitals.forms import UNIT_KEYS, VitalsForm, how_words, kind_words
from carewright.skills.vitals.model import DEFINITIONS, Finding, Kind, Reading, Subject, Suggestion
from carewright.skills.vitals.model import Level as FindingLevel
from carewright.skills.vitals.queries import Recorded, Told
from carewright.skills.vitals.rules import critical, findings
from carewright.skills.vitals.rules.typed import in_other_unit, reading_words

_LEVELS = {
    FindingLevel.WARN: Level.WARN,
    FindingLevel.CRITICAL: Level.CRITICAL,
    FindingLevel.IMPOSSIBLE: Level.CRITICAL,
}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A reading in the chart as a line under its field."""

    id: str
    version: int
    shown: str
    other: str
    where: str
    at: datetime
    who: str
    level: str = ""
    mistake: bool = False
    corrected: bool = False
    looked_again: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One sign: its inputs, what stands beside them, what is saved."""

    kind: Kind
    label: str
    main: BoundField
    unit_words: str
    extra: Mapping[str, BoundField] = field(default_factory=dict)
    state: FieldState = field(default_factory=FieldState)
    saved: tuple[Saved, ...] = ()

    @property
    def key(self) -> str:
        return self.kind.value


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What the panel read: whom the ranges are for, the last readings before this visit, those of this visit."""

    subject: Subject | None
    last: Mapping[Kind, Reading]
    saved: tuple[Recorded, ...]
    names: Mapping[str, str]
    untold: tuple[Sentence, ...] = ()
    told: tuple[Told, ...] = ()

    @property
    def versions(self) -> dict[str, int]:
        return {str(entry.ref): entry.version for entry in self.saved}

    def last_of(self, kind: Kind) -> Reading | None:
        """The last reading to compare with; a length stands for a height and the other way round."""
        twin = {Kind.HEIGHT: Kind.LENGTH, Kind.LENGTH: Kind.HEIGHT}.get(kind)
        return self.last.get(kind) or (self.last.get(twin) if twin else None)


def read_chart(reader: Reader, *, patient: Resource, encounter_id: str, before: datetime) -> Chart:
    """Everything the panel needs, for a visit that began at `before`."""
    saved = tuple(queries.of_visit(reader, encounter_id))
    task = reader.resource_or_none(of_visit(encounter_id, CRITICAL_VITAL_TOLD))
    shown = {str(entry.ref): entry.reading.shown for entry in saved}
    told = queries.told(reader, encounter_id, shown=shown)
    people = [*(entry.reading.performer for entry in saved), *(who for t in told for who in (t.by, t.whom))]
    return Chart(
        subject=queries.subject_of(patient),
        last=queries.last_before(reader, patient["id"], at=before),
        saved=saved,
        names=names_of(reader, people),
        untold=tuple(critical.in_words(entry, shown=shown) for entry in critical.untold(task)) if task else (),
        told=told,
    )


def rows_of(form: VitalsForm, chart: Chart, *, encounter_id: str, clock: SiteClock) -> list[Row]:
    """The rows of the panel, in the order of the form."""
    return [
        Row(
            kind=kind,
            label=kind_words(kind),
            main=form[kind.value],
            unit_words="" if f"{kind}-unit" in form.fields else DEFINITIONS[kind].units[0].words,
            extra={part: form[f"{kind}-{part}"] for part in _PARTS if f"{kind}-{part}" in form.fields},
            state=state_of(form, kind, chart, encounter_id=encounter_id, clock=clock),
            saved=saved_of(chart, kind),
        )
        for kind in form.kinds
    ]


def saved_of(chart: Chart, kind: Kind) -> tuple[Saved, ...]:
    """The readings of one sign at this visit, the earliest first; those charted by mistake among them."""
    return tuple(_saved(entry, chart) for entry in chart.saved if entry.reading.kind is kind)


_PARTS = ("minor", "lower", "unit", "arm", "how", "why", "right")


def state_of(
    form: VitalsForm, kind: Kind, chart: Chart, *, encounter_id: str, clock: SiteClock, right: bool = False
) -> FieldState:
    """What stands beside a field: the findings about what is typed, and the last value. `right`: looked at again."""
    last = chart.last_of(kind)
    beside = FieldState(last_value=_shown(last), last_when=clock.date(last.at)) if last else FieldState()
    typed = next((r for r in form.readings if r.kind is kind), None) if form.is_bound else None
    if typed is None or typed.value is None or chart.subject is None:
        return beside
    comparable = last if last is not None and last.at <= typed.at else None
    found = findings.check(typed, subject=chart.subject, last=comparable)
    if findings.worst(found) is FindingLevel.IN_RANGE:
        return replace(beside, ok=gettext("In range") if found else "")
    if (right or typed.looked_again) and findings.worst(found) is FindingLevel.WARN:
        return replace(beside, ok=gettext("You looked again: it is right"))
    return replace(beside, notices=tuple(_notice(f, kind, encounter_id) for f in found))


def trend(readings: Iterable[Recorded], *, count: int = 4) -> list[tuple[str, list[tuple[str, datetime]]]]:
    """The latest readings of each kind that count, the newest first, with the name of the sign."""
    found: dict[Kind, list[Reading]] = {}
    for entry in readings:
        if entry.reading.status != "entered-in-error" and entry.reading.value is not None:
            listed = found.setdefault(entry.reading.kind, [])
            if len(listed) < count:
                listed.append(entry.reading)
    return [(kind_words(kind), [(_shown(r), r.at) for r in found[kind]]) for kind in Kind if kind in found]


def _shown(reading: Reading) -> str:
    if reading.value is None:
        return gettext("couldn't get it")
    return reading_words(reading)


def _saved(entry: Recorded, chart: Chart) -> Saved:
    reading = entry.reading
    mistake = reading.status == "entered-in-error"
    level = ""
    if chart.subject is not None and not mistake and reading.at.date() >= chart.subject.birth_date:
        last = chart.last_of(reading.kind)
        before = last if last is not None and last.at <= reading.at else None
        worst = findings.worst(findings.check(reading, subject=chart.subject, last=before))
        level = _LEVELS[worst].value if worst in _LEVELS else ""
    return Saved(
        id=reading.id,
        version=entry.version,
        shown=could_not_words(reading) if reading.value is None else _shown(reading),
        other=in_other_unit(reading.value) if reading.value and reading.kind is not Kind.BLOOD_PRESSURE else "",
        where=", ".join(filter(None, (term_words(reading.site), how_words(reading.method)))),
        at=reading.at,
        who=chart.names.get(reading.performer or "", ""),
        level=level,
        mistake=mistake,
        corrected=reading.status == "corrected",
        looked_again=reading.looked_again,
    )


def typed_words(reading: Reading) -> str:
    """A reading as it was typed, in the reader's language: "8 lb 3 oz", "Couldn't get it: crying"."""
    return could_not_words(reading) if reading.value is None else reading.shown


def could_not_words(reading: Reading) -> str:
    """ "Couldn't get it: crying"."""
    why = {"refused": gettext("refused"), "crying": gettext("crying"), "equipment": gettext("equipment")}
    words = reading.could_not_words or why.get(str(reading.could_not), str(reading.could_not))
    return gettext("Couldn't get it: %(why)s") % {"why": words}


def _notice(finding: Finding, kind: Kind, encounter_id: str) -> Notice:
    level = _LEVELS.get(finding.level, Level.WARN)
    impossible = finding.level is FindingLevel.IMPOSSIBLE
    actions = tuple(_action(s, kind, encounter_id, impossible=impossible) for s in finding.actions)
    return Notice(text=say(finding.text), level=level, actions=actions)


def _action(suggestion: Suggestion, kind: Kind, encounter_id: str, *, impossible: bool) -> NoticeAction:
    """A button. What cannot be saved as a number is typed anew; what can is kept, and measured again."""
    match suggestion.does:
        case "measure-again" if impossible:
            return NoticeAction(label=gettext("Measure again"), attributes={"data-retype": kind.value})
        case "measure-again":
            return NoticeAction(label=gettext("Measure again"), name="again", value=kind.value)
        case "tell":
            return NoticeAction(label=gettext("Tell the provider"), name="tell", value="1")
        case "it-is-right":
            check = reverse("vitals-check", args=[encounter_id, kind.value])
            attributes = {
                "hx-post": f"{check}?right=1",
                "hx-include": "closest .vital",
                "hx-target": f"#{kind.value}-state",
                "hx-swap": "outerHTML",
                "data-right": kind.value,
            }
            return NoticeAction(label=gettext("It is right"), attributes=attributes)
        case _:
            measured = suggestion.replacement
            pair = suggestion.replacement_diastolic
            values = {"data-use": kind.value}
            if measured is not None:
                values |= {"data-amount": f"{measured.amount:f}", "data-unit": UNIT_KEYS.get(measured.unit, "")}
            if pair is not None:
                values["data-lower"] = f"{pair.amount:f}"
            return NoticeAction(label=say(suggestion.words), attributes=values)
