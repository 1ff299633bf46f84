"""Form fields for measured values, typed the way people type them (see `numbers.py`)."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from carewright.shell.numbers import BadNumber, NumberFault, Typed, parse_decimal, parse_quantity


def number_fault_words(bad: BadNumber) -> str:
    """What is wrong with the number and what to write instead."""
    match bad.fault:
        case NumberFault.TWO_MEANINGS:
            whole, _, rest = bad.detail.partition(",")
            return gettext("%(typed)s can mean two things. Write %(whole)s.%(rest)s or %(whole)s%(rest)s.") % {
                "typed": bad.detail,
                "whole": whole,
                "rest": rest,
            }
        case NumberFault.UNKNOWN_UNIT:
            return gettext("“%(unit)s” is not a unit for this value.") % {"unit": bad.detail}
        case NumberFault.TOO_MANY_INCHES:
            return gettext("Twelve inches make a foot: write the inches as 0 to 11.")
        case NumberFault.TOO_LONG:
            return gettext("This number has too many digits.")
        case _:
            return gettext("Write a number, like 37.2.")


class _NumberField(forms.Field):
    """A text input with a numeric keypad; the text is shown back as it was typed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 8}))
        super().__init__(**options)


class DecimalField(_NumberField):
    """A number without a unit; cleans to an exact `Decimal`, or None where left empty."""

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            return parse_decimal(str(value))
        except BadNumber as bad:
            raise ValidationError(number_fault_words(bad), code=bad.fault.value) from bad


class QuantityField(_NumberField):
    """A number that may carry its unit; cleans to `Typed`, or None where left empty.

    `units` maps a unit's key to its spellings, `default` is the key meant where none is typed.
    """

    def __init__(self, *, units: Mapping[str, Collection[str]], default: str, **options: Any) -> None:
        super().__init__(**options)
        self.units, self.default = units, default

    def to_python(self, value: Any) -> Typed | None:
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            return parse_quantity(str(value), units=self.units, default=self.default)
        except BadNumber as bad:
            raise ValidationError(number_fault_words(bad), code=bad.fault.value) from bad
