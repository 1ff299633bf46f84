import json
from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZipFile

import lucide
import pytest
from django import forms
from django.http import HttpResponse
from django.template import engines
from django.test import Client, RequestFactory

from carewright.shell.banner import Allergy, AllergyKnowledge, PatientBanner
from carewright.shell.care import Care
from carewright.shell.components import FieldState, Level, Notice, NoticeAction, toast
from carewright.shell.context import Links
from carewright.shell.messages import messages_in
from carewright.shell.printing.sheets import LETTER, Label, render_labels
from carewright.shell.templatetags import shell as tags

SHELL = Path(__file__).parents[1]


def render(source: str, **values: object) -> str:
    return str(engines["django"].from_string(source).render(values, RequestFactory().get("/")))


def banner(
    *, knowledge: AllergyKnowledge, allergies: tuple[Allergy, ...] = (), name: str = "Okafor, Jonas"
) -> PatientBanner:
    return PatientBanner(
        name=name,
        born="2025-08-21",
        gender="male",
        mrn="004 218 77",
        today=date(2026, 11, 23),
        allergy_knowledge=knowledge,
        allergies=allergies,
    )


def test_an_icon_is_small_markup_and_hidden_unless_it_has_a_label() -> None:
    plain = tags.icon("thermometer")
    assert plain.startswith('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path ')
    assert "stroke" not in plain
    assert "\n" not in plain
    assert 'role="img" aria-label="a &lt;b&gt;"' in tags.icon("thermometer", "a <b>")


def test_an_icon_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(lucide.IconDoesNotExist):
        tags.icon("no-such-icon")


def test_every_icon_named_in_a_template_exists() -> None:
    import re

    with ZipFile(Path(lucide.__file__).with_name("lucide.zip")) as archive:
        there = {name.removesuffix(".svg") for name in archive.namelist()}
    named = {
        name
        for path in SHELL.rglob("*.html")
        for name in re.findall(r'\{% (?:icon|pill|empty) "([a-z0-9-]+)"', path.read_text())
    }
    assert named
    assert named <= there


def test_text_in_a_pill_is_escaped() -> None:
    assert "&lt;b&gt;" in tags.pill("check", "<b>", "ok")


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(ValueError, match="purple"):
        tags.pill("check", "Clean", "purple")


def test_lateness_is_an_icon_a_word_and_a_style() -> None:
    late = tags.wait(84, "critical")
    assert "1 h 24 min" in late
    assert "waiting too long" in late
    assert "<svg" in late
    assert "<svg" not in tags.wait(4)


@pytest.mark.parametrize(
    ("knowledge", "allergies", "words"),
    [
        (AllergyKnowledge.NOT_ASKED, (), "Allergies: not asked yet"),
        (AllergyKnowledge.NONE_KNOWN, (), "No known allergies"),
        (AllergyKnowledge.LISTED, (Allergy(substance="latex"),), "Allergy: latex"),
        (
            AllergyKnowledge.LISTED,
            (Allergy(substance="latex", reaction="hives", severe=True),),
            "Severe allergy: latex (hives)",
        ),
    ],
)
def test_the_banner_always_says_what_is_known_of_allergies(
    knowledge: AllergyKnowledge, allergies: tuple[Allergy, ...], words: str
) -> None:
    html = render("{% patient_banner banner %}", banner=banner(knowledge=knowledge, allergies=allergies))
    assert words in html
    assert "15 mo, male" in html
    assert "08/21/2025" in html


@pytest.mark.parametrize(
    ("knowledge", "allergies"),
    [(AllergyKnowledge.LISTED, ()), (AllergyKnowledge.NONE_KNOWN, (Allergy(substance="latex"),))],
)
def test_a_banner_that_contradicts_itself_is_refused(
    knowledge: AllergyKnowledge, allergies: tuple[Allergy, ...]
) -> None:
    with pytest.raises(ValueError, match="Allergies"):
        banner(knowledge=knowledge, allergies=allergies)


def test_a_name_in_the_banner_is_escaped() -> None:
    html = render("{% patient_banner banner %}", banner=banner(knowledge=AllergyKnowledge.NOT_ASKED, name="<script>"))
    assert "<script>" not in html


class OneField(forms.Form):
    weight = forms.CharField(label="Weight", help_text="In light clothes")


def test_a_field_ties_its_control_to_unit_help_and_notices() -> None:
    state = FieldState(
        notices=(Notice(text="Measure again", actions=(NoticeAction(label="It is right", name="right", value="1"),)),)
    )
    html = render('{% field form.weight unit="kg" state=state %}', form=OneField(), state=state)
    assert 'aria-describedby="id_weight-unit id_weight-help id_weight-state"' in html
    for part in (
        'id="id_weight-unit"',
        'id="id_weight-help"',
        'id="id_weight-state"',
        '<label class="field-label" for="id_weight"',
    ):
        assert part in html
    assert 'name="right" value="1"' in html
    assert "is-warn" in html


def test_an_error_keeps_what_was_typed_and_outranks_a_warning() -> None:
    html = render("{% field form.weight %}{% form_errors form %}", form=OneField({"weight": ""}))
    assert "is-critical" in html
    assert 'aria-invalid="true"' in html
    assert '<a href="#id_weight">Weight</a>' in html


def test_an_action_with_attributes_does_not_submit_the_form() -> None:
    action = NoticeAction(label="Use it", attributes={"hx-post": "/x"})
    html = render("{% notice notice %}", notice=Notice(text="t", actions=(action,)))
    assert '<button class="button small" type="button" hx-post="/x">Use it</button>' in html


def test_a_toast_travels_in_a_header() -> None:
    response = toast(HttpResponse(), "Saved – “ok”", level=Level.OK)
    assert json.loads(response["HX-Trigger"]) == {"care:toast": {"text": "Saved – “ok”", "level": "ok"}}
    assert response["HX-Trigger"].isascii()


def test_nobody_signed_in_sees_no_menu_and_no_emergency_button() -> None:
    html = render('{% extends "shell/base.html" %}', care=None, links=Links())
    assert "Sign out" not in html
    assert 'id="emergency"' not in html
    assert 'id="main"' in html


def test_parts_whose_address_is_not_wired_are_absent() -> None:
    care = Care(actor_name="Dana Cole", initials="DC", site_name="Main St", now=datetime(2026, 11, 23, 15, tzinfo=UTC))
    html = render('{% extends "shell/base.html" %}', care=care, links=dict.fromkeys(Links(), ""))
    assert "Dana Cole" in html
    for part in ('id="search"', 'id="emergency"', 'id="lock"', "Sign out", "data-live-state"):
        assert part not in html


def test_pages_hold_nothing_inline() -> None:
    for path in (SHELL / "templates").rglob("*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        assert "<style" not in text, path
        for script in text.split("<script")[1:]:
            assert script.split(">", 1)[1].startswith("</script>"), path


def test_a_label_is_not_printed_on_a_letter() -> None:
    with pytest.raises(ValueError, match="label"):
        render_labels(RequestFactory().get("/"), labels=[Label(name="a", born="b", sex="c", mrn="d")], size=LETTER)


def test_error_pages_repeat_nothing_of_the_request() -> None:
    from django.test import override_settings

    with override_settings(DEBUG=False):
        response = Client(raise_request_exception=False).get("/nothing/Okafor?q=Okafor")
    assert response.status_code == 404
    assert "Okafor" not in response.content.decode()
    assert "There is nothing here" in response.content.decode()


def test_messages_are_found_in_code_and_in_templates() -> None:
    found = messages_in(SHELL)
    assert {"Sign out", "sex\x04other", "%(count)d day\x00%(count)d days", "Born %(born)s"} <= found
