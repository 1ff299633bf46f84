"""Addresses of check-out."""

from django.urls import path

from carewright.workspaces.checkout import papers, views

urlpatterns = [
    path("<str:encounter_id>", views.checkout, name="checkout"),
    path("<str:encounter_id>/next-visit", views.next_visit, name="checkout-next-visit"),
    path("<str:encounter_id>/done", views.done, name="checkout-done"),
    path("<str:encounter_id>/summary", papers.summary, name="checkout-summary"),
    path("<str:encounter_id>/summary/given", papers.summary_given, name="checkout-summary-given"),
    path("<str:encounter_id>/note", papers.note, name="checkout-note"),
    path("<str:encounter_id>/note/<str:document_id>", papers.note_print, name="checkout-note-print"),
]
