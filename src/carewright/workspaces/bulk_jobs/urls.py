"""Addresses of exports and imports, below `exports/`."""

from django.urls import path

from carewright.workspaces.bulk_jobs import views

urlpatterns = [
    path("", views.page, name="bulk-jobs"),
    path("list", views.listed, name="bulk-jobs-list"),
    path("<str:job_id>/end", views.end, name="bulk-job-end"),
]
