"""Addresses of the standing orders, below `standing-orders/`."""

from django.urls import path

from carewright.workspaces.standing_order_pages import views

urlpatterns = [
    path("", views.standing_orders, name="standing-orders"),
    path("new", views.draft, name="standing-order-draft"),
    path("<str:order_id>", views.standing_order, name="standing-order"),
    path("<str:order_id>/sign", views.sign, name="standing-order-sign"),
    path("<str:order_id>/retire", views.retire, name="standing-order-retire"),
]
