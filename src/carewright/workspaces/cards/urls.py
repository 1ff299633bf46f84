"""Addresses of the cards."""

from django.urls import path

from carewright.workspaces.cards import accepting, views

urlpatterns = [
    path("patient/<str:patient_id>", views.of_patient, name="cards"),
    path("order/<str:request_id>", views.of_order, name="cards-order"),
    path("suggestion/<str:patient_id>", accepting.look, name="cards-suggestion"),
    path("accept/<str:patient_id>", accepting.accept, name="cards-accept"),
    path("put-away/<str:patient_id>", views.put_away, name="cards-put-away"),
]
