"""carewright migrate"""

import argparse

from carewright.core.store import consumers
from carewright.core.store.store import Store
from carewright.project import serving, wiring
from carewright.project.cli.options import Failure, add_data_dir, environment, migrate, say
from carewright.project.environment import STORE_FILE, Environment
from carewright.project.reactions import consumer_of
from carewright.project.schema_state import pages_behind, store_behind

HELP = """\
Bring the database to this version; nothing happens if it is. Back up first.

On PostgreSQL it works as CARE_DATABASE_OWNER_URL, the role that owns the tables, and gives CARE_DATABASE_URL, the
role that the product runs as, its rights. With --practice it also makes a practice.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--practice", metavar="KEY", help="make this practice if it is not there (a short word)")
    parser.add_argument("--name", metavar="NAME", help="the practice's name, with --practice")


def run(options: argparse.Namespace) -> int:
    found = environment(options)
    if options.name is not None and options.practice is None:
        raise Failure("--name is the name of a practice: say which one with --practice KEY.")
    if options.practice is not None and not _is_key(options.practice):
        raise Failure("A practice's key is a short word of letters, digits and hyphens.")
    _require_nobody_served(found)
    for line in migrate(found) or ["nothing to do"]:
        say(line)
    store = wiring.open_store(found)
    try:
        _register(store)
        if options.practice is not None:
            store.ensure_practice(options.practice, options.name or options.practice)
    finally:
        store.close()
    return 0


def _require_nobody_served(found: Environment) -> None:
    """Tables are not changed under a running server on SQLite; where nothing is to be done it does not matter."""
    holder = None if found.database_url else serving.holder(found.data_dir)
    if holder is None or not (found.data_dir / STORE_FILE).exists():
        return
    store = wiring.open_store(found)
    try:
        if store_behind(store) or pages_behind(found, store):
            raise Failure(f"{found.data_dir} is in use: {holder}. Stop that first; then migrate, then start it again.")
    finally:
        store.close()


def _register(store: Store) -> None:
    """Reactions that this version adds start at the end of the feed of the practices that are there."""
    names = [consumer_of(reaction) for manifest in store.registry.manifests for reaction in manifest.reactions]
    for practice in store.practices():
        with store.driver.writing(practice) as connection:
            for name in consumers.register(connection, practice, names):
                say(f"{name} starts now in {practice}")


def _is_key(text: str) -> bool:
    return 0 < len(text) <= 40 and text.isascii() and text.replace("-", "").isalnum()
