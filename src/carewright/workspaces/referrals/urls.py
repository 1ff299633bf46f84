"""Addresses of the referrals, below `referrals/`."""

from django.urls import path

from carewright.workspaces.referrals import steps, views

urlpatterns = [
    path("", views.referrals, name="referrals"),
    path("list", views.listed, name="referrals-list"),
    path("find", views.find, name="referrals-find"),
    path("new/<str:patient_id>", steps.new, name="referrals-new"),
    path("<str:referral_id>", views.referral, name="referral"),
    path("<str:referral_id>/step", steps.step, name="referral-step"),
    path("<str:referral_id>/barrier", steps.barrier, name="referral-barrier"),
    path("<str:referral_id>/help/<int:number>", steps.help_with, name="referral-help"),
    path("<str:referral_id>/end", steps.end, name="referral-end"),
]
