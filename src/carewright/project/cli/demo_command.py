"""carewright demo"""

import argparse
import os
from datetime import date
from pathlib import Path

from carewright.project import demonstration, wiring
from carewright.project.cli.options import Failure, add_data_dir, environment, migrate, progress, say
from carewright.project.server import HOST, PORT, serve, worker_process

HELP = """\
Start the demonstration: a made-up practice with a made-up day, on SQLite.

It makes its data folder at the first start (./data unless told otherwise), then serves until you press Ctrl-C. The
worker (audit sealer, reactions) runs beside it and ends with it. Nothing in it is real.
"""
FOLDER = Path("data")


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default {HOST})")
    parser.add_argument("--port", type=int, default=PORT, metavar="P", help=f"port to listen on (default {PORT})")
    parser.add_argument(
        "--seed", type=int, default=demonstration.SEED, metavar="N", help="another number, other people"
    )
    parser.add_argument(
        "--day", type=_day, default=demonstration.DAY, metavar="YYYY-MM-DD",
        help=f"the day that is shown (default {demonstration.DAY.isoformat()})",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    # The clock is set in the environment, so that the server and the worker show the same time.
    os.environ["CARE_CLOCK_OFFSET"] = str(demonstration.clock_offset(options.day).total_seconds())
    os.environ["CARE_DEMO"] = "1"
    found = environment(options)
    migrate(found)
    store = wiring.open_store(found)
    try:
        if others := [name for name in store.practices() if name != demonstration.PRACTICE]:
            raise Failure(
                f"{found.data_dir} holds the practice '{others[0]}'. Give the demo a folder of its own: --data-dir."
            )
        with progress(None, unit="records") as told:
            demonstration.prepare(store, seed=options.seed, day=options.day, told=told)
    finally:
        store.close()
    address = f"http://{options.host}:{options.port}/"
    with worker_process():
        serve(
            found,
            host=options.host,
            port=options.port,
            ready=lambda: say(f"Carewright demo: {address}  (Ctrl-C ends it)"),
        )
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day; write it like 2026-11-23") from None
