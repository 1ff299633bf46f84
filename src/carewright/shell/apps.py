"""The Django app of the shell: on start it makes the message catalogues ready."""

from django.apps import AppConfig, apps
from django.conf import settings


class ShellConfig(AppConfig):
    name = "carewright.shell"
    label = "shell"

    def ready(self) -> None:
        from carewright.shell.catalogs import compile_catalogs

        compile_catalogs(
            sources=[app.path for app in apps.get_app_configs() if app.name.startswith("carewright.")],
            target=settings.CARE_DATA_DIR / "locale",
        )
