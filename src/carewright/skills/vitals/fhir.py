"""Readings as US Core vital-sign Observations, and back.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-vital-signs (6.1.0) and the profiles under it.
The value is stored once, exactly as typed. lb + oz and ft + in have no UCUM code that the profiles allow, so their
total is stored in lb or inches with the typed parts beside it (extension `as-entered`); if somebody else changes the
number, it wins over the typed words.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import UCUM, Coding
from carewright.skills.vitals import codes
from carewright.skills.vitals.codes import FT_IN, LB_OZ, Unit
from carewright.skills.vitals.model import DEFINITIONS, CouldNot, Kind, Measured, Reading

ABSENT: dict[CouldNot, Coding] = {
    CouldNot.REFUSED: codes.ASKED_DECLINED,
    CouldNot.CRYING: codes.NOT_PERFORMED,
    CouldNot.EQUIPMENT: codes.DEVICE_ERROR,
    CouldNot.OTHER: codes.NOT_PERFORMED,
}
_TYPED_PARTS = re.compile(r"(-?\d+) (lb|ft) (\d+(?:\.\d+)?) (oz|in)", re.ASCII)


def to_fhir(reading: Reading, *, derived_from: Iterable[str] = ()) -> Resource:
    """The Observation. `derived_from` are the Observations a BMI was computed from."""
    observation: Resource = {"resourceType": "Observation"}
    if reading.id:
        observation["id"] = reading.id
    observation |= {
        "status": reading.status,
        "category": [codes.VITAL_SIGNS.concept()],
        "code": _concept(DEFINITIONS[reading.kind].codings, DEFINITIONS[reading.kind].words),
        "subject": {"reference": reading.patient},
    }
    if reading.encounter:
        observation["encounter"] = {"reference": reading.encounter}
    observation["effectiveDateTime"] = reading.at.isoformat()
    if reading.performer:
        observation["performer"] = [{"reference": reading.performer}]
    pressure = reading.kind is Kind.BLOOD_PRESSURE
    if reading.value is not None and not pressure:
        observation["valueQuantity"] = _quantity(reading.value)
    if reading.could_not is not None:
        observation["dataAbsentReason"] = _absent(reading.could_not, reading.could_not_words)
    if reading.site:
        observation["bodySite"] = {"text": reading.site}
    if reading.method:
        observation["method"] = {"text": reading.method}
    if reading.looked_again:
        observation["note"] = [{"text": codes.LOOKED_AGAIN}]
    if derived := [{"reference": reference} for reference in derived_from]:
        observation["derivedFrom"] = derived
    if pressure:
        observation["component"] = _components(reading)
    return observation


def from_fhir(observation: Resource) -> Reading | None:
    """The reading of an Observation, ours or from elsewhere; None if it is no vital sign we show or has no time."""
    kind = _kind(observation)
    at = observation.get("effectiveDateTime") or observation.get("effectivePeriod", {}).get("start")
    if kind is None or at is None:
        return None
    value, diastolic = _values(observation, kind)
    could_not, words = (None, "") if value is not None else _could_not(observation)
    return Reading(
        id=observation.get("id", ""),
        kind=kind,
        at=interval(at)[0],
        patient=observation["subject"]["reference"],
        value=value,
        diastolic=diastolic,
        could_not=could_not,
        could_not_words=words,
        encounter=observation.get("encounter", {}).get("reference"),
        performer=next((p.get("reference") for p in observation.get("performer", ())), None),
        site=observation.get("bodySite", {}).get("text", ""),
        method=observation.get("method", {}).get("text", ""),
        looked_again=any(note.get("text") == codes.LOOKED_AGAIN for note in observation.get("note", ())),
        status=observation["status"],
    )


def by_mistake(observation: Resource) -> Resource:
    """The same Observation charted by mistake: the value stays readable. Measuring again needs no such mark."""
    return {**observation, "status": "entered-in-error"}


def told_to_fhir(entry: Resource, *, patient: str, encounter: str | None, sender: str, whom: str, at: str) -> Resource:
    """Somebody was told of a critical vital sign: a Communication about the Observation. `at` is a FHIR dateTime.

    `entry` is the input of the task that asked for it (rules.critical): the sign, the Observation, its words.
    """
    reading, codings = entry["valueReference"], entry["type"].get("coding")
    communication: Resource = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [codes.CRITICAL_VITAL.concept()],
        "subject": {"reference": patient},
        "about": [{"reference": reading["reference"]}],
        "sent": at,
        "recipient": [{"reference": whom}],
        "sender": {"reference": sender},
        "payload": [{"contentString": reading.get("display", "")}],
    }
    if codings:
        communication["topic"] = {"coding": codings}
    if encounter:
        communication["encounter"] = {"reference": encounter}
    return communication


def _concept(codings: tuple[Coding, ...], text: str) -> Resource:
    return {"coding": [coding.to_fhir() for coding in codings], "text": text}


def _quantity(measured: Measured) -> Resource:
    quantity: Resource = {}
    if measured.minor is not None:
        quantity["extension"] = [{"url": codes.AS_ENTERED_EXTENSION, "valueString": measured.shown}]
    unit = measured.unit
    return quantity | {"value": measured.total, "unit": unit.total_words, "system": UCUM, "code": unit.ucum}


def _absent(could_not: CouldNot, words: str) -> Resource:
    return ABSENT[could_not].concept(f"{could_not}: {words}" if words else could_not.value)


def _components(reading: Reading) -> list[Resource]:
    parts: list[Resource] = []
    for coding, measured in ((codes.SYSTOLIC, reading.value), (codes.DIASTOLIC, reading.diastolic)):
        part: Resource = {"code": coding.concept()}
        if measured is not None:
            part["valueQuantity"] = _quantity(measured)
        elif reading.could_not is not None:
            part["dataAbsentReason"] = _absent(reading.could_not, reading.could_not_words)
        else:
            part["dataAbsentReason"] = codes.NOT_PERFORMED.concept("not heard; felt at the wrist")
        parts.append(part)
    return parts


_KINDS: tuple[tuple[Coding, Kind], ...] = (
    (codes.LENGTH, Kind.LENGTH), (codes.BP_PANEL_OLD, Kind.BLOOD_PRESSURE),
    *((coding, kind) for kind, known in DEFINITIONS.items() for coding in known.codings),
)  # fmt: skip
"""Codes and what they are of; of a reading with several, the first here counts."""
_PLACES: dict[Coding, int] = {coding: place for place, (coding, _) in reversed(list(enumerate(_KINDS)))}


def _kind(observation: Resource) -> Kind | None:
    listed = observation.get("code", {}).get("coding", ())
    places = [_PLACES.get(Coding(c.get("system", ""), c["code"])) for c in listed if c.get("code")]
    first = min((place for place in places if place is not None), default=None)
    return None if first is None else _KINDS[first][1]


def _values(observation: Resource, kind: Kind) -> tuple[Measured | None, Measured | None]:
    if kind is not Kind.BLOOD_PRESSURE:
        return _measured(observation.get("valueQuantity")), None
    found: dict[str, Measured | None] = {}
    for part in observation.get("component", ()):
        for coding in (codes.SYSTOLIC, codes.DIASTOLIC):
            if coding.matches(part.get("code")):
                found[coding.code] = _measured(part.get("valueQuantity"))
    systolic, diastolic = found.get(codes.SYSTOLIC.code), found.get(codes.DIASTOLIC.code)
    return systolic, diastolic if systolic is not None else None


def _measured(quantity: Resource | None) -> Measured | None:
    if not quantity or "value" not in quantity:
        return None
    total = Decimal(quantity["value"])
    typed = _typed_parts(quantity)
    if typed is not None and typed.total == total and typed.unit.ucum == quantity.get("code"):
        return typed
    ucum: str = quantity.get("code", "")
    unit = codes.SIMPLE_UNITS.get(ucum) or Unit(ucum, str(quantity.get("unit", ucum)))
    return Measured(amount=total, unit=unit)


def _typed_parts(quantity: Resource) -> Measured | None:
    for extension in quantity.get("extension", ()):
        found = _TYPED_PARTS.fullmatch(extension.get("valueString", ""))
        if extension["url"] == codes.AS_ENTERED_EXTENSION and found:
            unit = {("lb", "oz"): LB_OZ, ("ft", "in"): FT_IN}.get((found[2], found[4]))
            return Measured(amount=Decimal(found[1]), unit=unit, minor=Decimal(found[3])) if unit else None
    return None


def _could_not(observation: Resource) -> tuple[CouldNot, str]:
    text: str = observation.get("dataAbsentReason", {}).get("text", "")
    head, _, words = text.partition(": ")
    if head in set(CouldNot):
        return CouldNot(head), words
    return CouldNot.OTHER, text or "no value was recorded"
