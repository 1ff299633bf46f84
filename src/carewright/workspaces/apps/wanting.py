"""What an app wants, a sentence for each scope, and what of it may be taken off."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carewright.core.access.model import Interaction
from carewright.core.access.scopes import EVERY_TYPE, Scope
from carewright.core.smart import requested

SEES = frozenset({Interaction.READ, Interaction.SEARCH})
CHANGES = frozenset({Interaction.CREATE, Interaction.UPDATE})
KINDS = {
    EVERY_TYPE: _("everything in the chart"),
    "AllergyIntolerance": _("allergies"),
    "Appointment": _("appointments"),
    "AuditEvent": _("who opened and changed charts"),
    "CarePlan": _("care plans"),
    "CareTeam": _("care teams"),
    "Communication": _("messages and phone calls"),
    "Condition": _("problems and diagnoses"),
    "Consent": _("whom we may tell"),
    "Coverage": _("insurance"),
    "Device": _("devices"),
    "DiagnosticReport": _("reports of results"),
    "DocumentReference": _("papers and notes"),
    "Encounter": _("visits"),
    "Flag": _("flags"),
    "Goal": _("goals"),
    "Group": _("families"),
    "Immunization": _("vaccines"),
    "List": _("lists of what was asked"),
    "Location": _("sites and rooms"),
    "Medication": _("medicines by name"),
    "MedicationDispense": _("medicines given out"),
    "MedicationRequest": _("medicines and refills"),
    "MedicationStatement": _("medicines taken"),
    "Observation": _("vital signs and results"),
    "Organization": _("organizations"),
    "Patient": _("name, birth date and contact details"),
    "Practitioner": _("staff"),
    "PractitionerRole": _("roles of staff"),
    "Procedure": _("procedures"),
    "Provenance": _("who wrote which record"),
    "QuestionnaireResponse": _("answers to questionnaires"),
    "RelatedPerson": _("family members and contacts"),
    "Schedule": _("schedules"),
    "ServiceRequest": _("orders and referrals"),
    "Slot": _("times that can be booked"),
    "Specimen": _("specimens"),
    "Task": _("tasks"),
}
"""A type in a person's words; another one is shown by its FHIR name."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that an app wants. `only` is the search behind a scope, as it was written."""

    scope: str
    words: str
    only: str = ""
    fixed: bool = False
    kept: bool = True


def lines(scopes: Iterable[str], *, kept: Iterable[str] | None = None) -> list[Line]:
    """The scopes in words. `kept` are those that somebody has left ticked; all, at the first look."""
    left = None if kept is None else set(kept)
    found = []
    for word in scopes:
        fixed = word in (requested.LAUNCH, requested.LAUNCH_PATIENT)
        ticked = fixed or left is None or word in left
        if word in requested.OF_THE_LAUNCH:
            found.append(Line(scope=word, words=_of_the_launch(word), fixed=fixed, kept=ticked))
        else:
            (scope,) = requested.of_records([word])
            found.append(Line(scope=word, words=_of_records(scope), only=scope.query, kept=ticked))
    return found


def kept(scopes: Iterable[str], ticked: Iterable[str]) -> list[str]:
    """The scopes without those that were taken off."""
    return [line.scope for line in lines(scopes, kept=ticked) if line.kept]


def opens_something(scopes: Iterable[str]) -> bool:
    return bool(requested.of_token(scopes, practitioner=requested.SOMEBODY))


def _of_the_launch(word: str) -> str:
    return {
        requested.LAUNCH: gettext("Know from which chart it was started"),
        requested.LAUNCH_PATIENT: gettext("Know whose chart this is about"),
        requested.OPENID: gettext("Know that it is you"),
        requested.FHIR_USER: gettext("See your name and your entry among the staff"),
        requested.OFFLINE: gettext("Go on for 90 days, also while you are not signed in"),
        requested.ONLINE: gettext("Go on while you are signed in"),
    }[word]


def _of_records(scope: Scope) -> str:
    what = str(KINDS.get(scope.type, scope.type))
    if scope.level == "patient":
        return _doing(scope.interactions) % {"what": what, "whose": gettext("of this patient")}
    return _doing(scope.interactions) % {"what": what, "whose": gettext("of every patient whom you may see")}


def _doing(interactions: frozenset[Interaction]) -> str:
    sees, changes = bool(interactions & SEES), bool(interactions & CHANGES)
    if Interaction.DELETE in interactions:
        return gettext("See, add, change and delete: %(what)s, %(whose)s")
    if sees and changes:
        return gettext("See, add and change: %(what)s, %(whose)s")
    return gettext("See: %(what)s, %(whose)s") if sees else gettext("Add and change: %(what)s, %(whose)s")
