"""Addresses of the flow board, below `board/`."""

from django.urls import path

from carewright.workspaces.board import steps, views

urlpatterns = [
    path("", views.board, name="board"),
    path("changes", views.changes, name="board-changes"),
    path("rail", views.rail, name="board-rail"),
    path("visit/<str:visit_id>", views.visit, name="board-visit"),
    path("visit/<str:visit_id>/changes", views.visit_changes, name="board-visit-changes"),
    path("visit/<str:visit_id>/room", views.choose_room, name="board-choose-room"),
    path("visit/<str:visit_id>/step", steps.step, name="board-step"),
    path("visit/<str:visit_id>/move", steps.move, name="board-move"),
    path("visit/<str:visit_id>/take", steps.take, name="board-take"),
    path("visit/<str:visit_id>/wait", steps.start_wait, name="board-start-wait"),
    path("wait/<str:wait_id>/end", steps.end_wait, name="board-end-wait"),
    path("room/<str:room_id>", views.room, name="board-room"),
    path("room/<str:room_id>/step", steps.room_step, name="board-room-step"),
]
