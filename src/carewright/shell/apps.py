"""The Django app of the shell: on start it makes the message catalogues ready."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

PACKAGE = Path(__file__).parents[1]


class ShellConfig(AppConfig):
    name = "carewright.shell"
    label = "shell"

    def ready(self) -> None:
        from carewright.shell.catalogs import compile_catalogs, owners

        compile_catalogs(sources=owners(PACKAGE), target=settings.CARE_DATA_DIR / "locale")
