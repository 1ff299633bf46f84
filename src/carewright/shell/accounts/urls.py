"""Sign-in and what belongs to one's own account. Of allauth's pages only those that are used here have an address."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import URLPattern, URLResolver, path

from carewright.shell.accounts import views
from carewright.shell.permissions import public, signed_in

sign_in = public(views.SignInView.as_view())

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", sign_in, name="sign-in"),
    path("sign-in", sign_in, name="account_login"),
    path("sign-in/code", public(mfa.authenticate), name="mfa_authenticate"),
    path("sign-in/cancel", public(account.logout), name="account_logout"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("account/site", views.choose_site, name="choose-site"),
    path("account/pin", views.change_pin, name="change-pin"),
    path("account/password", signed_in(views.ChangePasswordView.as_view()), name="account_change_password"),
    path("account/confirm", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("account/confirm/code", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("account/two-steps", signed_in(mfa.index), name="mfa_index"),
    path("account/two-steps/on", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("account/two-steps/off", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/codes", signed_in(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/codes/new", signed_in(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/codes/file", signed_in(codes.download_recovery_codes), name="mfa_download_recovery_codes"),
]
