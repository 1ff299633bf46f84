"""Addresses of the gallery; wired only where CARE_DEBUG is on."""

from django.urls import path

from carewright.shell.gallery import views

urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("room/", views.room, name="gallery-room"),
    path("print/", views.printed, name="gallery-print"),
    path("answer/", views.answer, name="gallery-answer"),
]
