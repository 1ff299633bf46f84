"""The people who may sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "carewright.shell.accounts"
    label = "accounts"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from carewright.shell.accounts.workplace import begin_work

        user_logged_in.connect(begin_work, dispatch_uid="carewright.begin_work")
