"""Addresses of the worklist, below `worklist/`."""

from django.urls import path

from carewright.workspaces.worklist import adding, one, stat, views

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("list", views.listed, name="worklist-list"),
    path("add", adding.add, name="worklist-add"),
    path("stat", stat.calls, name="worklist-stat"),
    path("task/<str:task_id>", one.task, name="worklist-task"),
    path("task/<str:task_id>/step", views.step, name="worklist-step"),
    path("task/<str:task_id>/answer", stat.answer, name="worklist-answer"),
    path("task/<str:task_id>/change/<slug:change>", one.change, name="worklist-change"),
    path("task/<str:task_id>/place", one.place, name="worklist-place"),
]
