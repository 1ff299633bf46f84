"""The store and the files of this process, for the pages. `project` says how they are opened; the shell does not know.

runtime.use(wiring.store, blobs=wiring.blobs, bulk=…)   # in project/apps.py
runtime.store(), runtime.blobs()                        # anywhere in the pages
"""

from collections.abc import Callable

from carewright.core.blobs.blobs import Blobs
from carewright.core.bulk.files import BulkFiles
from carewright.core.store.store import Store

Provider = Callable[[], Store]
Files = Callable[[], Blobs]
Exports = Callable[[], BulkFiles]


def _none() -> Store:
    raise RuntimeError("No store: the project calls carewright.shell.runtime.use() when Django starts.")


def _no_files() -> Blobs:
    raise RuntimeError("No files: the project calls carewright.shell.runtime.use() with `blobs` when Django starts.")


def _no_exports() -> BulkFiles:
    raise RuntimeError("No exports: the project calls carewright.shell.runtime.use() with `bulk` when Django starts.")


_provider: Provider = _none
_files: Files = _no_files
_exports: Exports = _no_exports


def use(provider: Provider, *, blobs: Files = _no_files, bulk: Exports = _no_exports) -> None:
    """Say where the store and the files come from; all are called at each use and give the same each time."""
    global _provider, _files, _exports
    _provider, _files, _exports = provider, blobs, bulk


def store() -> Store:
    """The store; RuntimeError before `use` was called."""
    return _provider()


def blobs() -> Blobs:
    """The files; RuntimeError before `use` was called with them."""
    return _files()


def bulk_files() -> BulkFiles:
    """The files of exports and imports; RuntimeError before `use` was called with them."""
    return _exports()
