"""Addresses of the emergency skill."""

from django.urls import path

from carewright.skills.emergency import views

urlpatterns = [
    path("", views.call, name="emergency"),
    path("open", views.open_calls, name="emergency-open"),
    path("<str:call_id>", views.record, name="emergency-record"),
    path("<str:call_id>/coming", views.coming, name="emergency-coming"),
    path("<str:call_id>/note", views.note, name="emergency-note"),
    path("<str:call_id>/over", views.over, name="emergency-over"),
]
