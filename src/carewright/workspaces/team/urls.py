"""Addresses of the pages of the team."""

from django.urls import path

from carewright.workspaces.team import views

urlpatterns = [
    path("", views.team, name="team"),
    path("day", views.day, name="team-day"),
    path("person/<str:practitioner_id>", views.person, name="team-person"),
    path("back/<str:practitioner_id>", views.back, name="team-back"),
    path("covering", views.covering, name="team-covering"),
    path("cover/<str:practitioner_id>", views.cover, name="team-cover"),
    path("short", views.short, name="team-short"),
    path("add", views.add, name="team-add"),
]
