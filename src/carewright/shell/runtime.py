"""The store of this process, for the pages. `project` says how it is opened; the shell does not know.

runtime.use(wiring.store)   # in project/apps.py
runtime.store()             # anywhere in the shell
"""

from collections.abc import Callable

from carewright.core.store.store import Store

Provider = Callable[[], Store]


def _none() -> Store:
    raise RuntimeError("No store: the project calls carewright.shell.runtime.use() when Django starts.")


_provider: Provider = _none


def use(provider: Provider) -> None:
    """Say where the store comes from; `provider` is called at each use and gives the same store each time."""
    global _provider
    _provider = provider


def store() -> Store:
    """The store; RuntimeError before `use` was called."""
    return _provider()
