"""carewright serve"""

import argparse
from contextlib import AbstractContextManager, nullcontext

from carewright.project import serving
from carewright.project.cli.options import add_data_dir, opened, say
from carewright.project.environment import Environment
from carewright.project.server import HOST, PORT, serve

HELP = """\
Serve the pages, the FHIR API and the live feed until told to stop (SIGTERM, Ctrl-C).

Run `carewright migrate` before the first start and after every upgrade, and `carewright worker` beside it. On
PostgreSQL, --workers N starts N processes on one port; SQLite serves from one, and a second server on the same data
folder is refused.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default {HOST})")
    parser.add_argument("--port", type=int, default=PORT, metavar="P", help=f"port to listen on (default {PORT})")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (PostgreSQL only; default 1)")


def run(options: argparse.Namespace) -> int:
    with opened(options) as (found, store):
        problem = store.driver.durability().get("problem")
    if problem:
        say(f"Warning: {problem}")
    address = f"http://{options.host}:{options.port}/"
    with _alone(found, address):
        serve(
            found,
            host=options.host,
            port=options.port,
            workers=options.workers,
            ready=lambda: say(f"Serving {address}"),
        )
    return 0


def _alone(found: Environment, address: str) -> AbstractContextManager[object]:
    """On SQLite the only server of its data folder; PostgreSQL is served by as many as one likes."""
    if found.database_url:
        return nullcontext()
    return serving.hold(found.data_dir, doing="a server", address=address)
