"""Addresses of merging charts."""

from django.urls import path

from carewright.workspaces.merge_charts import views

urlpatterns = [
    path("", views.pairs, name="merge-charts"),
    path("find", views.find, name="merge-find"),
    path("done/<str:patient_id>", views.done, name="merge-done"),
    path("done/<str:patient_id>/undo", views.undo, name="merge-undo"),
    path("<str:patient_id>/<str:other_id>", views.compare, name="merge-compare"),
    path("<str:patient_id>/<str:other_id>/merge", views.merge, name="merge-do"),
    path("<str:patient_id>/<str:other_id>/apart", views.apart, name="merge-apart"),
    path("<str:patient_id>/<str:other_id>/apart/back", views.apart_back, name="merge-apart-back"),
]
