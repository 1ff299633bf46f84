"""FHIRPath, evaluated by `fhirpathpy` with R4's model. http://hl7.org/fhirpath/N1/"""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import fhirpathpy
from fhirpathpy import parser
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from carewright.core.fhir.model import Resource

R4 = models["r4"]
ONE_AT_A_TIME = threading.Lock()
"""The library keeps the model that it evaluates with in a place that all threads share."""
_node = cast(Callable[[object, str], Any], ResourceNode.create_node)
parse: Callable[[str], dict[str, Any]] = parser.parse


def holds(expression: str, value: object, *, of_type: str) -> bool | None:
    """Whether an invariant holds for a value of a type (`HumanName`, `Observation.component`); None where the library
    cannot say. Nothing at all holds: an invariant asks of what is there."""
    try:
        return _evaluated(expression, _node(value, of_type)) in ([], [True])
    except ValueError:
        return None


def found(expression: str, resource: Resource) -> list[Any]:
    """What an expression of our own or of a standard finds in a resource. ValueError where it cannot be evaluated."""
    return _evaluated(expression, resource)


def _evaluated(expression: str, node: Any) -> list[Any]:
    with ONE_AT_A_TIME:
        try:
            return _compiled(expression)(node, {})
        except Exception as error:
            raise ValueError(f"{expression} cannot be evaluated.") from error


@cache
def _compiled(expression: str) -> Callable[[Any, dict[str, Any]], list[Any]]:
    """Only for expressions of our own definitions: what is compiled is kept."""
    return fhirpathpy.compile(expression, model=R4)
