"""What a kind of visit needs: supplies and the room, forms, consents. By the code of the visit type.

These are a starting point of our own, not a rule from elsewhere; what a procedure needs, its protocol says.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from carewright.core.sentences import term
from carewright.core.terminology.coding import Coding
from carewright.core.work.whom import EVERYBODY, Age, Whom
from carewright.skills.previsit import codes

FOR_GOOD = 12_000
"""Months: what is signed once and stands until it is withdrawn."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form that a visit asks for, unless it was filled in within `months`."""

    key: str
    words: str
    months: int
    whom: Whom = EVERYBODY


@dataclass(frozen=True, kw_only=True)
class ConsentAsked:
    """A signature that every visit asks for."""

    key: str
    coding: Coding
    words: str
    months: int
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class VisitNeeds:
    """What one kind of visit needs. `room` says what to set out, in an MA's words; empty: nothing out of the usual."""

    room: str = ""
    forms: tuple[Form, ...] = ()


HISTORY = Form(key="history", words=term("Health history form"), months=12)
NEW_HISTORY = Form(key="history", words=term("Health history form"), months=FOR_GOOD)
DEVELOPMENT = Form(
    key="development", words=term("Development form"), months=3, whom=Whom(age_below=Age.read("6 years"))
)
TEEN = Form(
    key="teen", words=term("Teen questionnaire"), months=12,
    whom=Whom(age_from=Age.read("11 years"), age_below=Age.read("18 years")),
)  # fmt: skip

NEEDS: Mapping[str, VisitNeeds] = {
    "well-child": VisitNeeds(room=term("Growth scale, eye chart, vaccines for the age"), forms=(DEVELOPMENT, TEEN)),
    "physical": VisitNeeds(room=term("Gown and drape, EKG machine near"), forms=(HISTORY,)),
    "sick": VisitNeeds(),
    "follow-up": VisitNeeds(),
    "new-patient": VisitNeeds(room=term("Long room time, both blood pressure cuffs"), forms=(NEW_HISTORY,)),
    "nurse-visit": VisitNeeds(),
    "procedure": VisitNeeds(room=term("Procedure room and tray")),
    "telehealth": VisitNeeds(room=term("Camera tested, quiet room")),
}

CONSENTS = (
    ConsentAsked(
        key="treatment", coding=codes.TREATMENT_CONSENT, words=term("Consent to treatment"), months=12
    ),
    ConsentAsked(
        key="privacy", coding=codes.PRIVACY_NOTICE, words=term("Privacy notice"), months=FOR_GOOD,
        source="https://www.ecfr.gov/current/title-45/section-164.520",
    ),
)  # fmt: skip
