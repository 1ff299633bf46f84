"""Addresses of the huddle, below `huddle/`."""

from django.urls import path

from carewright.workspaces.huddle import packet, steps, views

urlpatterns = [
    path("", views.huddle, name="huddle"),
    path("changes", views.changes, name="huddle-changes"),
    path("print", packet.print_packet, name="huddle-print"),
    path("line/<str:appointment_id>", views.line, name="huddle-line"),
    path("line/<str:appointment_id>/step", steps.step, name="huddle-step"),
]
