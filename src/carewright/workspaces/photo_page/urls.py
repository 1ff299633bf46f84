"""Addresses of the photo page and of the photo."""

from django.urls import path

from carewright.workspaces.photo_page import views

urlpatterns = [
    path("<str:patient_id>", views.photo, name="photo"),
    path("<str:patient_id>/take", views.take, name="photo-take"),
    path("<str:patient_id>/remove", views.remove, name="photo-remove"),
    path("<str:patient_id>/picture", views.picture, name="photo-picture"),
]
