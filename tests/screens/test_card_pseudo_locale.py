"""Cards in a language that nobody speaks: no English is left but what the service says and what FHIR calls things."""

import pytest

from carewright.core.cds.settings import ON_PATIENT_VIEW
from carewright.core.outward import Outward
from carewright.core.settings import values
from carewright.workspaces.cards import asking
from tests.cds.other_side import other_side
from tests.cds.test_accepting import ALLERGY
from tests.screens.filled import form_at
from tests.screens.test_pseudo_locale_pages import Day, day, english, pseudo_locale

__all__ = ["day", "pseudo_locale"]
pytestmark = [pytest.mark.parametrize("clinic", ["sqlite"], indirect=True), pytest.mark.usefixtures("pseudo_locale")]
NAMES = {
    "AllergyIntolerance", "Patient", "patient", "reference", "code", "text", "clinical", "status", "coding", "system",
    "active", "http", "terminology", "hl", "org", "CodeSystem", "allergyintolerance",
}  # fmt: skip
"""The elements of the record, and its values."""


def test_what_is_suggested_and_why_not_is_said_in_every_language(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic, patient = day.pages.clinic, day.visits["waiting"].patient
    resource = {**ALLERGY, "patient": {"reference": f"Patient/{patient}"}, "code": {"text": "Πενικιλλίνη"}}
    card = {
        "uuid": "4", "summary": "Αλλεργία", "source": {"label": "Μητρώο"},
        "overrideReasons": [{"code": "4", "system": "urn:4", "display": "Έγινε"}],
        "suggestions": [
            {"uuid": "1", "label": "Ναι", "actions": [{"type": "create", "description": "Α", "resource": resource}]},
            {"uuid": "2", "label": "Όχι", "actions": [{"type": "delete"}]},
        ],
    }  # fmt: skip
    with other_side() as other:
        other.answer = {"cards": [card]}
        monkeypatch.setattr(clinic.store, "outward", Outward(frozenset({other.url})))
        value = (f"{other.url}/cds-services/4",)
        values.change(clinic.store, ON_PATIENT_VIEW, clinic.access("mona"), scope=values.practice_scope(), value=value)
        asking._resting.clear()
        client = day.client("dana")
        listed = client.get(f"/cards/patient/{patient}")
        assert english(listed) == set()
        page = client.post(f"/cards/suggestion/{patient}", form_at(listed, f"/cards/suggestion/{patient}"))
        found = english(page)
        assert {word for word in found if word.lower() not in patient} <= NAMES, found
        assert "⟦Wríté ít" in page.content.decode()
