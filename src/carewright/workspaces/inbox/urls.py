"""Addresses of messages between staff, below `messages/`."""

from django.urls import path

from carewright.workspaces.inbox import beginning, steps, templates_page, views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("list", views.listed, name="inbox-list"),
    path("unread", views.unread, name="inbox-unread"),
    path("new", beginning.begin, name="inbox-new"),
    path("templates", templates_page.templates, name="inbox-templates"),
    path("file/<str:message_id>/<int:number>", views.file, name="inbox-file"),
    path("thread/<str:thread_id>", views.thread, name="inbox-thread"),
    path("thread/<str:thread_id>/words", views.words, name="inbox-words"),
    path("thread/<str:thread_id>/see", steps.see, name="inbox-see"),
    path("thread/<str:thread_id>/answer", steps.answer, name="inbox-answer"),
    path("thread/<str:thread_id>/give", steps.give, name="inbox-give"),
    path("thread/<str:thread_id>/close", steps.close, name="inbox-close"),
]
