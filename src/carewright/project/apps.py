"""Django's view of the project: when it starts, the shell learns where the store and the files are."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "carewright.project"
    label = "project"

    def ready(self) -> None:
        from carewright.project import wiring
        from carewright.project.environment import Environment
        from carewright.shell import runtime

        runtime.use(wiring.store, blobs=wiring.blobs, bulk=lambda: wiring.bulk_files(Environment.read()))
