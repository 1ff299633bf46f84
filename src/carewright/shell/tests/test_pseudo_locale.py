"""Every visible string goes through gettext: seen by a pseudo-locale that puts each translated string in brackets.

The data of these pages has no letters ("§1"), so a letter outside brackets is a string that was never translated.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import trans_real

from carewright.shell.banner import Allergy, AllergyKnowledge, Flag, PatientBanner
from carewright.shell.care import Care, Choice, NavEntry
from carewright.shell.components import Chip, FieldState, Notice, NoticeAction, Step, StepState
from carewright.shell.context import LINKS
from carewright.shell.fields import number_fault_words
from carewright.shell.numbers import BadNumber, NumberFault
from carewright.shell.printing.sheets import SIZES, Label
from carewright.shell.times import SiteClock
from tests.pseudo_locale import LANGUAGE, PseudoTranslation, outside_brackets, pseudo, untranslated

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)


@pytest.fixture(autouse=True)
def pseudo_locale(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(vars(trans_real)["_translations"], LANGUAGE, PseudoTranslation())
    with translation.override(LANGUAGE):
        yield


def signed_in() -> Care:
    return Care(
        actor_name="§1",
        actor_role="§2",
        initials="§3",
        site_name="§4",
        now=NOW,
        clock=SiteClock(zone=ZONE, hours=24),
        nav=(NavEntry(label="§5", url="#", key="1", current=True),),
        rooms=(Choice(value="1", label="§6"),),
        here="1",
        emergency_jobs=(Choice(value="1", label="§7"),),
        live_url="/x",
    )


def render(source: str, **context: object) -> str:
    values = {"care": signed_in(), "links": dict.fromkeys((name.replace("-", "_") for name in LINKS), "/x"), **context}
    return str(engines["django"].from_string(source).render(values, RequestFactory().get("/")))


def banner(**changes: object) -> PatientBanner:
    values: dict[str, object] = {
        "name": "§1",
        "born": "2025-08-21",
        "gender": "male",
        "mrn": "§2",
        "today": date(2026, 11, 23),
        "allergy_knowledge": AllergyKnowledge.LISTED,
        "allergies": (Allergy(substance="§3", reaction="§4", severe=True), Allergy(substance="§5")),
        "preferred_name": "§6",
        "pronouns": "§7",
        "language": "§8",
        "interpreter": True,
        "with_whom": "§9",
        "flags": (Flag(words="§10", icon="hand"),),
        "context": ("§11", "§12"),
        **changes,
    }
    return PatientBanner(**values)  # type: ignore[arg-type]  # the fields' types differ; the dataclass is the check


BANNERS = [
    {},
    {"allergies": (), "allergy_knowledge": AllergyKnowledge.NOT_ASKED, "language": "", "born": "", "gender": "other"},
    {
        "allergies": (),
        "allergy_knowledge": AllergyKnowledge.NONE_KNOWN,
        "interpreter": False,
        "born": "2030",
        "gender": "",
    },
    {"born": "1961", "gender": "female"},
]


def test_the_base_of_every_page() -> None:
    html = render('{% extends "shell/base.html" %}')
    assert "⟦" in html
    assert untranslated(html) == []


@pytest.mark.parametrize("kind", ["bad_request", "forbidden", "not_found", "server_error", "stale_page"])
def test_error_pages(kind: str) -> None:
    assert untranslated(render(f'{{% include "shell/errors/{kind}.html" %}}')) == []


@pytest.mark.parametrize("changes", BANNERS)
def test_the_patient_banner(changes: dict[str, object]) -> None:
    assert untranslated(render("{% patient_banner banner %}", banner=banner(**changes))) == []


def test_components() -> None:
    state = FieldState(
        ok="§1", last_value="9.5", last_when="§2", notices=(Notice(text="§3", actions=(NoticeAction(label="§4"),)),)
    )
    steps = [Step(label="§5", url="#", state=state_) for state_ in StepState]
    html = render(
        '{% notice notice %}{% steps steps "§6" %}{% chips chips "§7" %}{% empty "inbox" "§8" "§9" %}'
        '{% wait 84 "critical" %}{% wait 4 %}{% include "shell/components/field_state.html" with name="n" %}',
        notice=state.notices[0],
        steps=steps,
        chips=[Chip(label="§10", url="#", count=3)],
        state=state,
    )
    assert untranslated(html) == []


def test_forms_and_what_is_kept_of_them() -> None:
    from django import forms

    from carewright.shell.forms import ContextForm, PatientContext

    class OneField(ContextForm):
        weight = forms.CharField(label="§1", error_messages={"required": "§2"})
        again = forms.CharField(label="§3")

    wall = datetime.now(UTC)
    here = PatientContext(practice="p", patient="1", user="u", expires_at=wall + timedelta(hours=1))
    others = [
        PatientContext(practice="p", patient=patient, user=user, expires_at=wall + timedelta(hours=hours)).signed()
        for patient, user, hours in (("2", "u", 1), ("1", "v", 1), ("1", "u", -1))
    ]
    for token in ("", *others):
        form = OneField({"again": "§4", "care_context": token}, here=here, now=wall)
        html = render(
            '{% form_errors form %}{% field form.weight unit="§" %}{% include "shell/components/kept.html" %}',
            right_url="/",
            right_words="§5",
            form=form,
        )
        assert form.problem is not None
        assert untranslated(html) == []


@pytest.mark.parametrize("fault", NumberFault)
def test_what_is_wrong_with_a_number(fault: NumberFault) -> None:
    assert re.findall(r"[^\W\d_]+", outside_brackets(number_fault_words(BadNumber(fault, "1,250")))) == []


@pytest.mark.parametrize("size", SIZES)
def test_labels(size: object) -> None:
    sheets = [Label(name="§1", born="§2", sex="§3", mrn="§4", lines=("§5",))]
    html = render('{% include "shell/print/label.html" %}', sheets=sheets, size=size, printed_at="§6", printed_by="§7")
    assert untranslated(html) == []


def test_a_string_that_was_forgotten_is_found() -> None:
    assert untranslated(render("<p>Forgotten</p>")) == ["Forgotten"]
    assert untranslated(render('<p aria-label="Forgotten"></p>')) == ["Forgotten"]


def test_the_pseudo_words_are_two_fifths_longer() -> None:
    assert len(pseudo("Keyboard shortcuts")) >= len("Keyboard shortcuts") * 1.4
    assert pseudo("Saved {time}") == "⟦Sávéd {time}~~~~⟧"
