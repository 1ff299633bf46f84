"""Which orders a result answers: those in `basedOn`, and those whose number, given by us, it carries back.

An order of ours bears its own id as its placer's number; a laboratory sends that number back, where it sends no
reference. Plain Python. https://hl7.org/fhir/R4/servicerequest-definitions.html#ServiceRequest.identifier
"""

from collections.abc import Iterator

from carewright.core.fhir.model import Resource
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import own_system

PLACER = own_system("order-number")
"""The system of the numbers of our orders; the value is the order's id."""


def number_of(order_id: str) -> Resource:
    """The Identifier that an order of ours bears."""
    return {"use": "official", "system": PLACER, "value": order_id}


def orders_named(result: Resource) -> list[Ref]:
    """The orders (`ServiceRequest/…`) that a DiagnosticReport, an Observation or a Specimen names, each once."""
    return list(dict.fromkeys(_named(result)))


def _named(result: Resource) -> Iterator[Ref]:
    named = [*result.get("basedOn", ()), *result.get("request", ())]
    for one in named:
        ref = Ref.local(str(one.get("reference", "")))
        if ref is not None and ref.type == "ServiceRequest":
            yield ref
    numbers = [*result.get("identifier", ()), *(one.get("identifier", {}) for one in named)]
    for number in numbers:
        if number.get("system") == PLACER and number.get("value"):
            yield Ref("ServiceRequest", str(number["value"]))
