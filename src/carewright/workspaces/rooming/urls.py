"""Addresses of the rooming page. The visit's id is the only thing about a patient that stands in one."""

from django.urls import path

from carewright.workspaces.rooming import bringing, telling, views, vitals

urlpatterns = [
    path("<str:encounter_id>/", views.rooming, name="rooming"),
    path("<str:encounter_id>/take", views.take, name="rooming-take"),
    path("<str:encounter_id>/name-and-birth-date", views.identity, name="rooming-identity"),
    path("<str:encounter_id>/tick/<slug:key>", views.tick, name="rooming-tick"),
    path("<str:encounter_id>/brought/<str:task_id>", bringing.step, name="rooming-brought"),
    path("<str:encounter_id>/messages/<str:message_id>", views.seen_to, name="rooming-seen-to"),
    path("<str:encounter_id>/reason/save", telling.reason, name="rooming-reason"),
    path("<str:encounter_id>/reason/check", telling.check_reason, name="rooming-reason-check"),
    path("<str:encounter_id>/allergies/add", telling.add_allergy, name="rooming-allergy-add"),
    path("<str:encounter_id>/allergies/asked", telling.asked, name="rooming-allergies-asked"),
    path("<str:encounter_id>/allergies/<str:allergy_id>/mistake", telling.allergy_by_mistake,
         name="rooming-allergy-mistake"),
    path("<str:encounter_id>/vitals/save", vitals.save, name="vitals-save"),
    path("<str:encounter_id>/vitals/tell", vitals.tell, name="vitals-tell"),
    path("<str:encounter_id>/vitals/check/<slug:kind>", vitals.check, name="vitals-check"),
    path("<str:encounter_id>/vitals/<str:observation_id>/change", vitals.change, name="vitals-change"),
    path("<str:encounter_id>/vitals/<str:observation_id>/mistake", vitals.mistake, name="vitals-mistake"),
    path("<str:encounter_id>/<slug:key>", views.step, name="rooming-step"),
]  # fmt: skip
