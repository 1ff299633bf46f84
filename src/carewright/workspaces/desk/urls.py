"""Addresses of the front desk, below `desk/`."""

from django.urls import path

from carewright.workspaces.desk import booking, patients, steps, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("day", views.day, name="desk-day"),
    path("check-in", steps.check_in, name="desk-check-in"),
    path("appointment/<str:appointment_id>", views.appointment, name="desk-appointment"),
    path("appointment/<str:appointment_id>/move", steps.move, name="desk-move"),
    path("appointment/<str:appointment_id>/cancel", steps.cancel, name="desk-cancel"),
    path("appointment/<str:appointment_id>/step", steps.step, name="desk-step"),
    path("times", booking.times, name="desk-times"),
    path("find", patients.find, name="desk-find"),
    path("patient", patients.register, name="desk-register"),
    path("book/<str:patient_id>", booking.book, name="desk-book"),
]
