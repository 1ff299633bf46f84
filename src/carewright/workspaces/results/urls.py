"""Addresses of the orders and results, below `results/`."""

from django.urls import path

from carewright.workspaces.results import order_steps, result_steps, views

urlpatterns = [
    path("", views.results, name="results"),
    path("list", views.listed, name="results-list"),
    path("patient/<str:patient_id>", views.of_patient, name="results-patient"),
    path("new/<str:patient_id>", order_steps.new, name="order-new"),
    path("order/<str:request_id>", views.order, name="order"),
    path("order/<str:request_id>/step", order_steps.step, name="order-step"),
    path("order/<str:request_id>/could-not", order_steps.could_not, name="order-could-not"),
    path("order/<str:request_id>/ask", order_steps.ask, name="order-ask"),
    path("order/<str:request_id>/again", order_steps.again, name="order-again"),
    path("order/<str:request_id>/paper", order_steps.paper, name="order-paper"),
    path("order/<str:request_id>/end", order_steps.end, name="order-end"),
    path("<str:result_id>", views.result, name="result"),
    path("<str:result_id>/review", result_steps.review, name="result-review"),
    path("<str:result_id>/told", result_steps.told, name="result-told"),
    path("<str:result_id>/tried", result_steps.tried, name="result-tried"),
]
