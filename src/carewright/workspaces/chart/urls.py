"""Addresses of the chart."""

from django.urls import path

from carewright.workspaces.chart import views

urlpatterns = [
    path("<str:patient_id>", views.chart, name="chart"),
    path("<str:patient_id>/<slug:part>", views.part, name="chart-part"),
]
