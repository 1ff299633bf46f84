"""Addresses of the strip of critical calls."""

from django.urls import path

from carewright.workspaces.critical_strip import views

urlpatterns = [
    path("mine", views.mine, name="critical-mine"),
    path("<str:ringing_id>/read-back", views.read_back, name="critical-read-back"),
]
