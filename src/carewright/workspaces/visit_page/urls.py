"""Addresses of the provider's visit page."""

from django.urls import path

from carewright.workspaces.visit_page import views

urlpatterns = [
    path("<str:encounter_id>", views.visit, name="visit"),
    path("<str:encounter_id>/recorded", views.recorded, name="visit-recorded"),
    path("<str:encounter_id>/take", views.take, name="visit-take"),
    path("<str:encounter_id>/messages", views.send, name="visit-message"),
    path("<str:encounter_id>/messages/<str:message_id>", views.seen_to, name="visit-seen-to"),
]
