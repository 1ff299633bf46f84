"""Addresses of asks, below `ask/`."""

from django.urls import path

from carewright.workspaces.asking import views

urlpatterns = [
    path("mine", views.mine, name="asks-mine"),
    path("visit/<str:encounter_id>", views.asks, name="asks"),
    path("visit/<str:encounter_id>/ask", views.ask, name="asks-ask"),
    path("task/<str:task_id>/on-it", views.on_it, name="asks-on-it"),
    path("task/<str:task_id>/cannot", views.cannot, name="asks-cannot"),
]
