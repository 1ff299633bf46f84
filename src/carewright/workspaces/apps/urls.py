"""Addresses of apps: those that an app sends people to, those of a chart, and those of the manager."""

from django.urls import path

from carewright.workspaces.apps import authorizing, registering, starting

urlpatterns = [
    path("p/<str:practice>/authorize", authorizing.asked, name="app-authorize"),
    path("p/<str:practice>/authorize/<str:ticket>", authorizing.consent, name="app-consent"),
    path("apps", registering.listed, name="apps-registered"),
    path("apps/new", registering.register, name="apps-new"),
    path("apps/<str:client_id>/disable", registering.disable, name="apps-disable"),
    path("apps/of/<str:patient_id>", starting.of_chart, name="apps-of"),
    path("apps/of/<str:patient_id>/<str:client_id>", starting.start, name="apps-start"),
]
