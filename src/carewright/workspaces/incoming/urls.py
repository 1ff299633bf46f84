"""Addresses of the papers that came in, below `incoming/`."""

from django.urls import path

from carewright.workspaces.incoming import matching, steps, views

urlpatterns = [
    path("", views.papers, name="incoming"),
    path("list", views.listed, name="incoming-list"),
    path("upload", steps.upload, name="incoming-upload"),
    path("patient/<str:patient_id>", views.of_patient, name="incoming-patient"),
    path("<str:paper_id>", views.paper, name="incoming-paper"),
    path("<str:paper_id>/file", views.file, name="incoming-file"),
    path("<str:paper_id>/find", matching.find, name="incoming-find"),
    path("<str:paper_id>/match/<str:patient_id>", matching.match, name="incoming-match"),
    path("<str:paper_id>/route", steps.route, name="incoming-route"),
    path("<str:paper_id>/finish", steps.finish, name="incoming-finish"),
    path("<str:paper_id>/unmatch", steps.unmatch, name="incoming-unmatch"),
    path("<str:paper_id>/drop", steps.drop, name="incoming-drop"),
]
