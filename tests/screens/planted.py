"""A page with a form, as skills have them, for what the shell promises to every form."""

from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.template import engines
from django.urls import path

from carewright.shell import drafts
from carewright.shell.forms import ContextForm, PatientContext, WrongPatient
from carewright.shell.permissions import CareRequest, signed_in

PAGE = """{% extends "shell/base.html" %}{% block title %}Weight{% endblock %}{% block main %}
<h1>Weight of {{ patient }}</h1>{% include "shell/components/draft_offer.html" %}
<form id="weigh" method="post" data-draft="{% url 'draft' 'weigh' %}">{% csrf_token %}
{{ form.care_context }}{{ form.care_key }}{% field form.weight %}
<span data-draft-status="weigh" role="status"></span><button class="button primary">Save</button></form>
{% endblock %}"""


class WeightForm(ContextForm):
    weight = forms.CharField(label="Weight")


@signed_in
def weigh(request: CareRequest, patient: str) -> HttpResponse:
    """The weight of a patient; what was saved is answered as text."""
    now = request.store.clock.wall()
    here = PatientContext(
        practice=request.access.practice, patient=patient, user=request.access.actor.reference,
        expires_at=now + timedelta(hours=12), versions={},
    )  # fmt: skip
    offer = drafts.offer(request, form="weigh", patient=patient)
    data = request.POST if request.method == "POST" else None
    form = WeightForm(data, here=here, now=now, initial=drafts.resumed(request, offer))
    if data is not None and form.is_valid():
        drafts.done(request, form="weigh", patient=patient)
        return HttpResponse(f"Saved {form.cleaned_data['weight']} for {patient}")
    if isinstance(form.problem, WrongPatient) and form.problem.opened_for is not None:
        right = f"/planted/weigh/{form.problem.opened_for.patient}"
        return drafts.wrong_patient(request, form, name="weigh", right_url=right)
    values = {"form": form, "offer": offer, "patient": patient}
    return HttpResponse(engines["django"].from_string(PAGE).render(values, request))


patterns = [path("planted/weigh/<str:patient>", weigh)]
