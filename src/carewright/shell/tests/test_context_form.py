from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.core import signing
from django.http import QueryDict

from carewright.shell.fields import DecimalField, QuantityField
from carewright.shell.forms import (
    ContextForm,
    ContextProblem,
    Expired,
    NotOurs,
    OtherUser,
    PatientContext,
    WrongPatient,
)
from carewright.shell.numbers import Typed

NOW = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)
JONAS = PatientContext(
    practice="main-st",
    patient="jonas",
    user="Practitioner/dana",
    expires_at=NOW + timedelta(hours=12),
    versions={"Observation/w1": 3},
)


class WeightForm(ContextForm):
    weight = QuantityField(units={"kg": (), "lb": ("lbs",)}, default="kg")
    temperature = DecimalField(required=False)
    sites = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)


def sent(form: WeightForm, **typed: str) -> QueryDict:
    """What a browser sends back of `form`, as it was rendered."""
    data = QueryDict(mutable=True)
    for name in ("care_context", "care_key"):
        data[name] = str(form[name].value())
    data.update(typed)
    return data


def opened(context: PatientContext = JONAS) -> WeightForm:
    return WeightForm(here=context, now=NOW)


def test_a_form_sent_where_it_belongs_gives_values_versions_and_key() -> None:
    first = opened()
    form = WeightForm(sent(first, weight="150 lbs", temperature="38,4"), here=JONAS, now=NOW)
    assert form.is_valid()
    assert form.cleaned_data["weight"] == Typed(value=form.cleaned_data["weight"].value, unit="lb")
    assert str(form.cleaned_data["temperature"]) == "38.4"
    assert form.opened is not None
    assert form.opened.versions == {"Observation/w1": 3}
    assert form.idempotency_key == str(first["care_key"].value())


@pytest.mark.parametrize(
    ("here", "at", "problem"),
    [
        (replace(JONAS, patient="ada"), NOW, WrongPatient),
        (replace(JONAS, practice="elsewhere"), NOW, WrongPatient),
        (replace(JONAS, user="Practitioner/lee"), NOW, OtherUser),
        (JONAS, NOW + timedelta(hours=12), Expired),
        # Whose chart it is comes before who and when: it decides where the typed values may go.
        (replace(JONAS, patient="ada", user="Practitioner/lee"), NOW + timedelta(hours=13), WrongPatient),
    ],
)
def test_a_form_that_does_not_belong_here(here: PatientContext, at: datetime, problem: type[ContextProblem]) -> None:
    form = WeightForm(sent(opened(), weight="9.5"), here=here, now=at)
    assert not form.is_valid()
    assert type(form.problem) is problem
    assert form.problem is not None
    assert form.problem.opened_for == JONAS
    assert form.non_field_errors().as_data()[0].code == problem.code
    assert form.typed == {"weight": ["9.5"]}


def test_one_second_before_it_expires_it_is_good() -> None:
    at = JONAS.expires_at - timedelta(seconds=1)
    assert WeightForm(sent(opened(), weight="9.5"), here=JONAS, now=at).is_valid()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        JONAS.signed()[:-1],
        signing.dumps({"patient": "jonas"}, salt="carewright.patient-context"),
        signing.dumps({}),
    ],
    ids=["nothing", "text", "cut off", "not enough in it", "another purpose"],
)
def test_a_token_that_is_not_ours(token: str) -> None:
    data = sent(opened(), weight="9.5")
    data["care_context"] = token
    form = WeightForm(data, here=JONAS, now=NOW)
    assert not form.is_valid()
    assert type(form.problem) is NotOurs
    assert form.typed == {"weight": ["9.5"]}


def test_a_form_without_a_key_is_not_saved() -> None:
    data = sent(opened(), weight="9.5")
    del data["care_key"]
    assert not WeightForm(data, here=JONAS, now=NOW).is_valid()


def test_each_opened_form_has_a_key_of_its_own() -> None:
    assert opened()["care_key"].value() != opened()["care_key"].value()


def test_renewed_after_it_expired_it_can_be_sent_again() -> None:
    later = NOW + timedelta(hours=13)
    here = replace(JONAS, expires_at=later + timedelta(hours=12))
    form = WeightForm(sent(opened(), weight="9.5"), here=here, now=later)
    assert not form.is_valid()
    form.renew(versions={"Observation/w1": 4})
    again = WeightForm(sent(form, weight=str(form["weight"].value())), here=here, now=later)
    assert again.is_valid()
    assert again.opened is not None
    assert again.opened.versions == {"Observation/w1": 4}
    assert again.idempotency_key == str(form.data["care_key"])


def test_another_patients_form_never_gets_this_patients_context() -> None:
    form = WeightForm(sent(opened(), weight="9.5"), here=replace(JONAS, patient="ada"), now=NOW)
    assert not form.is_valid()
    with pytest.raises(ValueError, match="another patient"):
        form.renew()


def test_typed_values_are_kept_whole() -> None:
    data = sent(opened(), weight="ten", temperature=" ")
    data.setlist("sites", ["a", "b"])
    form = WeightForm(data, here=JONAS, now=NOW)
    assert not form.is_valid()
    assert form.problem is None
    assert form.typed == {"weight": ["ten"], "sites": ["a", "b"]}
    assert 'value="ten"' in str(form["weight"])


@pytest.mark.parametrize(
    ("typed", "part"),
    [("ten", "Write a number"), ("1,250", "1.250 or 1250"), ("9 stone", "stone"), ("1234567890123", "too many digits")],
)
def test_what_is_wrong_with_a_number_is_said(typed: str, part: str) -> None:
    form = WeightForm(sent(opened(), weight=typed), here=JONAS, now=NOW)
    assert part in str(form.errors["weight"])


def test_nothing_typed_is_none_where_it_may_be() -> None:
    form = WeightForm(sent(opened(), weight="9.5"), here=JONAS, now=NOW)
    assert form.is_valid()
    assert form.cleaned_data["temperature"] is None
