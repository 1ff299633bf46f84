"""What a rooming consists of, by kind of visit: our own table, read from top to bottom or in any other order.

The three safety items are part of every list and have their own records; every other line is a plain task that
somebody ticks. No line ever locks another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carewright.core.sentences import term
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import TASK_CODE
from carewright.core.work.tasks import ALLERGIES_ASKED, NAME_AND_BIRTH_DATE


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: the end of its address, its words, and the task that it closes (None: it has records of its own).

    `hint` says what the MA does; `panel` is the part of the page that does it ("tick" for a plain task).
    """

    key: str
    words: str | Promise
    panel: str
    task: Coding | None = None
    hint: str | Promise = ""


def _tick(key: str, display: str, words: str | Promise, hint: str | Promise) -> Line:
    return Line(key=key, words=words, panel="tick", task=Coding(TASK_CODE, f"rooming-{key}", display), hint=hint)


IDENTITY = Line(key="identity", words=_("Name and birth date"), panel="identity", task=NAME_AND_BIRTH_DATE)
REASON = Line(key="reason", words=_("Reason"), panel="reason")
MEDICINES = _tick(
    "medicines",
    term("Go over medicines"),
    _("Go over medicines"),
    _("Read each medicine aloud and ask whether, and how, it is taken. What is not taken is recorded, never changed."),
)
ALLERGIES = Line(key="allergies", words=_("Allergies"), panel="allergies", task=ALLERGIES_ASKED)
VITALS = Line(key="vitals", words=_("Vitals"), panel="vitals")
WHO_CAME = _tick(
    "who-came",
    term("Who came with the child"),
    _("Who came along"),
    _("Write down who came with the child, and whether they may consent."),
)
SCREENING = _tick(
    "screening",
    term("Screening forms"),
    _("Screening forms"),
    _("Give the forms for this age, and take them back filled in."),
)
SHOTS = _tick(
    "shots-due", term("Vaccines due, information given"), _("Vaccines due"),
    _("Look at what is due, and give the vaccine information statements to read now."),
)  # fmt: skip
UNDRESS = _tick("gown", term("Gown and drape"), _("Gown and drape"), _("Offer a gown, and say what comes off."))
VISION = _tick(
    "vision-hearing", term("Vision and hearing"), _("Vision and hearing"), _("Test both eyes and both ears.")
)
SETUP = _tick(
    "set-up",
    term("Tray and consent form"),
    _("Tray and consent form"),
    _("Lay out the tray, and have the consent form ready for the provider."),
)

_HEAD = (IDENTITY, REASON, MEDICINES, ALLERGIES, VITALS)
_BY_TYPE: Mapping[str, tuple[Line, ...]] = {
    "well-child": (IDENTITY, WHO_CAME, REASON, MEDICINES, ALLERGIES, VITALS, SCREENING, SHOTS),
    "physical": (*_HEAD, VISION, UNDRESS, SHOTS),
    "new-patient": (*_HEAD, UNDRESS, SCREENING),
    "nurse-visit": (IDENTITY, REASON, ALLERGIES, VITALS),
    "procedure": (*_HEAD, SETUP),
    "telehealth": (IDENTITY, REASON, MEDICINES, ALLERGIES),
}


def lines_for(type_code: str) -> tuple[Line, ...]:
    """The checklist of a kind of visit (a code of the schedule); the short one for any other."""
    return _BY_TYPE.get(type_code, _HEAD)


def line_of(type_code: str, key: str) -> Line | None:
    """The line with that key; None where this kind of visit has none."""
    return next((line for line in lines_for(type_code) if line.key == key), None)
