"""Django for the commands that need its tables: the people who may sign in."""

import argparse
import os

from carewright.core.store.store import Store
from carewright.project import wiring
from carewright.project.cli.options import opened


def with_pages(options: argparse.Namespace) -> Store:
    """Set Django up on the data folder of `options`; the store of this process. Failure if there is no database."""
    with opened(options):
        pass
    set_up_pages()
    return wiring.store()


def set_up_pages() -> None:
    """Set Django up on the data folder that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carewright.project.settings")
    import django

    from carewright.shell import runtime

    django.setup()
    runtime.use(wiring.store, blobs=wiring.blobs)
