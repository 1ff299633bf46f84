"""Addresses of the phone: a call, the list of calls, whom may I tell; below `phone/`."""

from django.urls import path

from carewright.workspaces.phone import call_page, contacts, taking, views

urlpatterns = [
    path("", taking.phone, name="phone"),
    path("keep", taking.keep, name="phone-keep"),
    path("emergency", taking.emergency, name="phone-emergency"),
    path("find", taking.find, name="phone-find"),
    path("identify", taking.identify, name="phone-identify"),
    path("caller", taking.caller, name="phone-caller"),
    path("finish", taking.finish, name="phone-finish"),
    path("calls", views.calls, name="phone-calls"),
    path("list", views.listed, name="phone-list"),
    path("whom/<str:patient_id>", contacts.contacts, name="phone-contacts"),
    path("whom/<str:patient_id>/save", contacts.save, name="phone-contacts-save"),
    path("call/<str:phone_id>", call_page.call, name="phone-call"),
    path("call/<str:phone_id>/nurse", taking.nurse, name="phone-nurse"),
    path("call/<str:phone_id>/go-on", taking.go_on, name="phone-go-on"),
    path("call/<str:phone_id>/take-over", call_page.take_over, name="phone-take-over"),
    path("call/<str:phone_id>/pick-up", call_page.pick_up, name="phone-pick-up"),
    path("call/<str:phone_id>/attempt", call_page.attempt, name="phone-attempt"),
    path("call/<str:phone_id>/step", call_page.step, name="phone-step"),
]
