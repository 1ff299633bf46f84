"""Addresses of apps: those that an app sends people to, those of a chart, and those of the manager."""

from django.urls import path

from carewright.workspaces.apps import authorizing, registering, starting, subscribed

urlpatterns = [
    path("p/<str:practice>/authorize", authorizing.asked, name="app-authorize"),
    path("p/<str:practice>/authorize/<str:ticket>", authorizing.consent, name="app-consent"),
    path("apps", registering.listed, name="apps-registered"),
    path("apps/new", registering.register, name="apps-new"),
    path("apps/<str:client_id>/disable", registering.disable, name="apps-disable"),
    path("apps/subscriptions/<str:subscription_id>", subscribed.page, name="apps-subscription"),
    path("apps/subscriptions/<str:subscription_id>/again", subscribed.try_again, name="apps-subscription-again"),
    path("apps/subscriptions/<str:subscription_id>/remove", subscribed.remove, name="apps-subscription-remove"),
    path("apps/of/<str:patient_id>", starting.of_chart, name="apps-of"),
    path("apps/of/<str:patient_id>/<str:client_id>", starting.start, name="apps-start"),
]
