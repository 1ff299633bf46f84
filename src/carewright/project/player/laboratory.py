"""The laboratory elsewhere: gets what was sent, and writes its reports through the FHIR API, as an interface does.

A report goes out as one transaction of PUTs under ids of the laboratory's own, so that what is sent again after a
broken line is the same report. Some are preliminary first, some values are critical, some reports are corrected.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from random import Random
from typing import Any

from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import LOINC, UCUM, Coding
from carewright.project.player.browser import Browser
from carewright.project.player.world import World
from carewright.project.simulator.seeds import stream
from carewright.skills.orders.catalog import test_of

SHARE_PRELIMINARY, SHARE_CORRECTED, SHARE_CRITICAL, SHARE_HIGH = 0.2, 0.15, 0.05, 0.2
SOONEST, LATEST = timedelta(minutes=40), timedelta(hours=5)
LATER = timedelta(minutes=30)
NAMESPACE = uuid.UUID("6b6f6d70-6c65-4c61-8a62-6f7261746f72")
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
FLAG = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
SCOPES = "user/DiagnosticReport.cruds user/Observation.cruds user/ServiceRequest.rs user/Patient.rs"


@dataclass(frozen=True, kw_only=True, order=True)
class Message:
    """One report that goes out at `at`: the `number`-th about an order."""

    at: datetime
    order: str
    number: int
    status: str


@dataclass
class Laboratory:
    """`token` is the bearer token of the interface; "" for a practice that has none."""

    world: World
    browser: Browser
    token: str
    rng: Random
    _waiting: list[Message] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def work(self) -> int:
        """Take in what was sent, and send what is ready. How many reports the practice has accepted. GivenUp."""
        for order in set(self.world.sent_out()) - self._known:
            self._known.add(order)
            self._waiting += self._planned(order)
        due = sorted(message for message in self._waiting if message.at <= self.world.now() or self.world.is_ending)
        for message in due:
            self._waiting.remove(message)
        return sum(self._send(message) for message in due)

    def _planned(self, order: str) -> Iterator[Message]:
        at = self.world.now() + self.rng.uniform(0, 1) * (LATEST - SOONEST) + SOONEST
        statuses = ["preliminary"] if self.rng.random() < SHARE_PRELIMINARY else []
        statuses += ["final", *(["corrected"] if self.rng.random() < SHARE_CORRECTED else [])]
        for number, status in enumerate(statuses):
            yield Message(at=at + number * LATER, order=order, number=number, status=status)

    def _send(self, message: Message) -> bool:
        order = self._get(f"/fhir/ServiceRequest/{message.order}")
        if order is None or (order.get("status") != "active" and message.number == 0):
            return False  # it will not be done any more: the practice has ended it
        resources = report(order, message, now=self.world.now())
        key = str(resources[-1]["id"])
        self.world.ledger.sent("result", key)
        entries = [
            {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": one,
             "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
            for one in resources
        ]  # fmt: skip
        body = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
        answer = self.browser.send("POST", "/fhir/", body, self._headers())
        if answer.status != HTTPStatus.OK:
            self.world.told[f"refused: report {answer.status}"] += 1
            return False
        self.world.ledger.promised("result", key, resource_id=key)
        return True

    def _get(self, path: str) -> Resource | None:
        answer = self.browser.send("GET", path, b"", self._headers())
        found: Resource | None = json.loads(answer.text) if answer.status == HTTPStatus.OK else None
        return found

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json"}


def report(order: Resource, message: Message, *, now: datetime) -> list[Resource]:
    """The observations of a report, and the report last; the same ids and values for the same message."""
    rng = stream(0, message.order, message.number)
    codings = order.get("code", {}).get("coding", [])
    asked = Coding(LOINC, str(codings[0]["code"])) if codings else None
    test = test_of(asked)
    at = now.isoformat(timespec="seconds")
    shared: dict[str, Any] = {"subject": order["subject"], "basedOn": [{"reference": f"ServiceRequest/{order['id']}"}]}
    status = {"corrected": "corrected", "preliminary": "preliminary"}.get(message.status, "final")
    made: list[Resource] = []
    for coding, unit in test.measures if test else ():
        made.append({
            "resourceType": "Observation", "id": _id(message.order, coding.code), "status": status, **shared,
            "category": [Coding(CATEGORY, "laboratory").concept()], "code": coding.concept(),
            "effectiveDateTime": at, "valueQuantity": _quantity(rng, unit),
            **_flag(rng),
        })  # fmt: skip
    final: Resource = {
        "resourceType": "DiagnosticReport", "id": _id(message.order, "report"), "status": status, **shared,
        "category": [Coding(SECTION, "LAB").concept()], "code": order["code"], "issued": at, "effectiveDateTime": at,
        "conclusion": f"Report {message.number + 1}",
    }  # fmt: skip
    if made:
        final["result"] = [{"reference": f"Observation/{one['id']}"} for one in made]
    return [*made, final]


def _id(order: str, what: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{order}/{what}"))


def _quantity(rng: Random, unit: str) -> Resource:
    return {"value": round(rng.uniform(1, 150), 1), "unit": unit, "system": UCUM, "code": unit}


def _flag(rng: Random) -> dict[str, Any]:
    draw = rng.random()
    code = "HH" if draw < SHARE_CRITICAL else "H" if draw < SHARE_HIGH else ""
    return {"interpretation": [Coding(FLAG, code).concept()]} if code else {}
