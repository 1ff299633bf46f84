"""Django's view of the workspace; the skill of the same name has the plain label."""

from django.apps import AppConfig


class CheckoutPageConfig(AppConfig):
    name = "carewright.workspaces.checkout"
    label = "checkout_page"
