"""The one shape of a decoded FHIR resource, shared by everything that handles one."""

from typing import Any

Resource = dict[str, Any]
"""A decoded FHIR resource or element: JSON objects as dicts in their order, decimals as `decimal.Decimal`."""
