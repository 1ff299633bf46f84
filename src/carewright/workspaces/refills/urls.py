"""Addresses of the refills, below `refills/`."""

from django.urls import path

from carewright.workspaces.refills import asking, steps, views

urlpatterns = [
    path("", views.refills, name="refills"),
    path("list", views.listed, name="refills-list"),
    path("new/<str:patient_id>", asking.new, name="refills-new"),
    path("<str:refill_id>", views.refill, name="refill"),
    path("<str:refill_id>/prepare", steps.prepare, name="refill-prepare"),
    path("<str:refill_id>/answer", steps.answer, name="refill-answer"),
    path("<str:refill_id>/tell", steps.tell, name="refill-tell"),
    path("<str:refill_id>/end", steps.end, name="refill-end"),
]
