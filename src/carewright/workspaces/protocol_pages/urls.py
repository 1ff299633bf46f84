"""Addresses of the protocols, below `protocols/`."""

from django.urls import path

from carewright.workspaces.protocol_pages import beginning, choosing, editing, views

urlpatterns = [
    path("", views.protocols, name="protocols"),
    path("bring-in", views.bring_in, name="protocols-bring-in"),
    path("new", beginning.new, name="protocol-new"),
    path("visit/<str:encounter_id>", choosing.choose, name="protocol-choose"),
    path("<str:protocol_name>", views.protocol, name="protocol"),
    path("<str:protocol_name>/edit", editing.edit, name="protocol-edit"),
    path("<str:protocol_name>/versions/<int:number>", views.compare, name="protocol-version"),
    path("<str:protocol_name>/back", views.back, name="protocol-back"),
    path("<str:protocol_name>/use", views.use, name="protocol-use"),
]
