"""Reads of what booked patients need: each projection once for all patients, filtered in the query."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from carewright.core.access.model import Interaction
from carewright.core.store.reader import Reader
from carewright.core.work.whom import Facts
from carewright.skills.previsit import codes
from carewright.skills.previsit.model import Booked, Chart, Cover, Order, Reading
from carewright.skills.previsit.rules import months_after
from carewright.skills.previsit.visit_needs import CONSENTS

Row = dict[str, object]
CHART_TYPES = ("Condition", "DiagnosticReport", "Observation", "QuestionnaireResponse", "ServiceRequest")
OURS = frozenset({code.code for code in (*codes.CLINICAL_TASKS, *codes.DESK_TASKS, *codes.OFFERS)})


@dataclass(frozen=True, kw_only=True)
class Person:
    """What the booking and the projection `patient` know of a booked patient. `flags` are the codes of their flags."""

    id: str
    visit_type: str
    born: date | None
    gender: str
    interpreter: str = ""
    is_new: bool = False
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was read for some patients: each as the rules want them, and the plan of the last visit in words."""

    booked: Mapping[str, Booked]
    plans: Mapping[str, str] = field(default_factory=dict)


def sees_chart(reader: Reader) -> bool:
    """Whether this person may see what a care gap follows from. Without one of these a gap would be guessed."""
    return all(reader.access.may(Interaction.SEARCH, name) for name in CHART_TYPES)


def read(reader: Reader, people: Sequence[Person], *, on: date, until: datetime) -> Found:
    """What stands in the charts of these patients, for visits `on` a day that ends at `until`."""
    ids = tuple(sorted({person.id for person in people}))
    if not ids:
        return Found(booked={})
    covers, consents = _by_patient(reader, "prep_cover", ids), _by_patient(reader, "prep_consent", ids)
    sees_covers, sees_consents = (reader.access.may(Interaction.SEARCH, name) for name in ("Coverage", "Consent"))
    tasks = _tasks(reader, ids, until=until)
    charts = _charts(reader, people, ids) if sees_chart(reader) else {}
    booked = {
        person.id: Booked(
            visit_type=person.visit_type,
            chart=charts.get(person.id),
            born=person.born,
            covers=tuple(_cover(row) for row in covers[person.id]) if sees_covers else None,
            consents=_signed(consents[person.id], on) if sees_consents else None,
            interpreter=person.interpreter,
            needs_ride=codes.NEEDS_RIDE in person.flags,
            tasks=tasks.get(person.id, ()),
        )
        for person in people
    }
    return Found(booked=booked, plans=_plans(reader, ids))


def _charts(reader: Reader, people: Sequence[Person], ids: tuple[str, ...]) -> dict[str, Chart]:
    problems, orders = _by_patient(reader, "prep_problem", ids), _by_patient(reader, "prep_order", ids)
    reports, measures = _by_patient(reader, "prep_report", ids), _measures(reader, ids)
    forms = _by_patient(reader, "prep_form", ids)
    found = {}
    for person in people:
        key = person.id
        facts = Facts(
            born=person.born,
            sex=person.gender,
            problems=frozenset(str(row["code"]) for row in problems[key]),
            is_new=person.is_new,
        )
        found[key] = Chart(
            facts=facts,
            done=_latest([*measures[key], *(r for r in reports[key] if r["is_final"])], "token", "done_on"),
            orders=_outstanding(orders[key], reports[key]),
            pressure=_pressure(measures[key]),
            forms=_latest(forms[key], "form", "filled_on"),
        )
    return found


def _measures(reader: Reader, ids: tuple[str, ...]) -> dict[str, list[Row]]:
    """The last measurement of each kind: a chart holds years of them."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in reader.latest("prep_measure", where={"patient": ids}, by=("patient", "token"), column=("done_on", "at")):
        found[str(row["patient"])].append(row)
    return found


def _outstanding(orders: Iterable[Row], reports: Sequence[Row]) -> tuple[Order, ...]:
    """The orders without a final report, and the reports without an order that are not final."""
    answered = {str(row["answers"]) for row in reports if row["is_final"] and row["answers"]}
    waiting = [
        Order(id=str(row["id"]), words=str(row["words"]), is_referral=bool(row["is_referral"]))
        for row in orders
        if row["id"] not in answered
    ]
    known = answered | {order.id for order in waiting}
    loose = {str(row["id"]): row for row in reports if not row["is_final"] and row["answers"] not in known}
    found = [*waiting, *(Order(id=key, words=str(row["words"])) for key, row in loose.items())]
    return tuple(sorted(found, key=lambda order: (order.is_referral, order.words, order.id)))


def _pressure(measures: Iterable[Row]) -> Reading | None:
    whole = [
        row
        for row in measures
        if row["token"] == codes.BP_PANEL.token
        and row["systolic_mmhg"] is not None
        and row["diastolic_mmhg"] is not None
    ]
    if not whole:
        return None
    last = max(whole, key=lambda row: (str(row["done_on"]), str(row["at"])))
    return Reading(
        systolic_mmhg=cast(int, last["systolic_mmhg"]),
        diastolic_mmhg=cast(int, last["diastolic_mmhg"]),
        on=date.fromisoformat(str(last["done_on"])),
    )


def _tasks(reader: Reader, ids: tuple[str, ...], *, until: datetime) -> dict[str, tuple[tuple[str, str], ...]]:
    """What is open for each patient and is about no visit, no order and no visit's preparation, and has begun by then.

    Who may not see charts is told of what is theirs to do alone.
    """
    clinical = sees_chart(reader)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in reader.rows("task", where={"patient": ids, "is_open": 1}, order=("due_at", "id")):
        begins = cast(datetime | None, row["not_before"])
        elsewhere = row["encounter"] or str(row["focus"]).startswith(("ServiceRequest/", "DiagnosticReport/"))
        if row["code"] in OURS or elsewhere or (begins is not None and begins >= until):
            continue
        if clinical or row["pool_role"] in ("front-desk", "anyone") or row["kind"] == "clerical":
            found[str(row["patient"])].append((str(row["id"]), str(row["words"])))
    return {patient: tuple(tasks) for patient, tasks in found.items()}


def seen_to(reader: Reader, task_ids: Iterable[str]) -> dict[str, Row]:
    """The tasks of needs that exist, by id: whose they are, and whether they are done."""
    ids = tuple(sorted(set(task_ids)))
    return {str(row["id"]): row for row in reader.rows("task", where={"id": ids})} if ids else {}


def _plans(reader: Reader, ids: tuple[str, ...]) -> dict[str, str]:
    rows = reader.rows("prep_plan", where={"patient": ids}, order=("made_on",))
    return {str(row["patient"]): str(row["words"]) for row in rows}


def _signed(rows: Iterable[Row], on: date) -> frozenset[str]:
    months = {asked.key: asked.months for asked in CONSENTS}
    return frozenset(
        str(row["consent"])
        for row in rows
        if not row["signed_on"]
        or on < months_after(date.fromisoformat(str(row["signed_on"])), months[str(row["consent"])])
    )


def _cover(row: Row) -> Cover:
    starts, ends = (str(row[name] or "") for name in ("starts_on", "ends_on"))
    return Cover(
        payer=str(row["payer"]),
        starts=date.fromisoformat(starts) if starts else None,
        ends=date.fromisoformat(ends) if ends else None,
    )


def _latest(rows: Iterable[Row], name: str, day: str) -> dict[str, date]:
    found: dict[str, date] = {}
    for row in rows:
        if row[name] and row[day]:
            on = date.fromisoformat(str(row[day]))
            found[str(row[name])] = max(on, found.get(str(row[name]), on))
    return found


def _by_patient(reader: Reader, projection: str, ids: tuple[str, ...]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in reader.rows(projection, where={"patient": ids}):
        found[str(row["patient"])].append(row)
    return found
