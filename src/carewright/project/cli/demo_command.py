"""carewright demo"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

from carewright.core.store.store import Store
from carewright.project import demonstration, simulator, wiring
from carewright.project.cli.options import Failure, add_data_dir, environment, migrate, opened, progress, say
from carewright.project.cli.pages import with_pages
from carewright.project.environment import Environment
from carewright.project.server import HOST, PORT, serve, worker_process

HELP = """\
Start the demonstration: a made-up practice with a made-up day, on SQLite.

It makes its data folder at the first start (./data unless told otherwise), then serves until you press Ctrl-C. The
worker (audit sealer, reactions) runs beside it and ends with it. The board opens at 10:40 with today's patients; the
other charts are written behind it. Nothing in it is real.
"""
FIRST_RECORDS = 600
"""About how many steps the first start takes, for its progress bar."""
LOW_PRIORITY = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default {HOST})")
    parser.add_argument("--port", type=int, default=PORT, metavar="P", help=f"port to listen on (default {PORT})")
    parser.add_argument("--seed", type=int, metavar="N", help="another number, other people (default 1)")
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="the day that is shown (default: today)")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)  # the process that writes the rest


def run(options: argparse.Namespace) -> int:
    os.environ["CARE_DEMO"] = "1"
    found = environment(options)
    if options.fill:
        return _fill(options)
    state = _ready(found, options)
    _set_clock(state.offset)
    users = _make_users(options, state)
    with worker_process(), _filling(found, complete=state.complete):
        serve(
            environment(options),
            host=options.host,
            port=options.port,
            ready=lambda: _greet(options, users),
        )
    return 0


def _ready(found: Environment, options: argparse.Namespace) -> demonstration.State:
    """The demonstration of the data folder, made if it is not there."""
    state = demonstration.read_state(found.data_dir)
    if state is not None:
        try:
            demonstration.check_same(state, seed=options.seed, day=options.day)
        except demonstration.AnotherDemonstration as other:
            raise Failure(str(other)) from other
        migrate(found)
        store = wiring.open_store(found)
        try:
            state = replace(state, offset_seconds=demonstration.resumed(state, store).total_seconds())
        finally:
            store.close()
        demonstration.write_state(found.data_dir, state)
        return state
    _clear_what_was_not_finished(found)
    migrate(found)
    store = wiring.open_store(found)
    try:
        return _make(found, store, options)
    finally:
        store.close()


def _make(found: Environment, store: Store, options: argparse.Namespace) -> demonstration.State:
    seed = demonstration.SEED if options.seed is None else options.seed
    day = options.day or date.today()  # noqa: DTZ011 - the day on the wall of whoever starts it
    practice = simulator.practice(seed).key
    if others := [name for name in store.practices() if name != practice]:
        raise Failure(f"This database holds the practice '{others[0]}'. Give the demo one of its own: --data-dir.")
    say("Making the demonstration practice and its morning (once)…")
    with progress(FIRST_RECORDS, unit="steps") as told:
        state = demonstration.prepare(store, wiring.operator_access, seed=seed, day=day, told=told)
    demonstration.write_state(found.data_dir, state)
    return state


def _clear_what_was_not_finished(found: Environment) -> None:
    """A first start that was broken off begins again: its file holds the made-up practice alone."""
    file = found.data_dir / "care.sqlite3"
    if found.database_url or not file.exists():
        return
    store = wiring.open_store(found)
    try:
        practices = store.practices()
    finally:
        store.close()
    if set(practices) <= {simulator.practice(demonstration.SEED).key}:
        for part in found.data_dir.glob("care.sqlite3*"):
            part.unlink()


def _make_users(options: argparse.Namespace, state: demonstration.State) -> list[str]:
    """The people who may sign in, each linked to a Practitioner of the made-up practice."""
    with_pages(options)
    from django.conf import settings

    from carewright.shell.accounts.models import User
    from carewright.shell.accounts.services import create_user

    users = simulator.practice(state.seed).users
    known = set(User.objects.filter(practice=state.practice).values_list("username", flat=True))
    for user in users:
        if user.username not in known:
            create_user(
                username=user.username,
                practice=state.practice,
                practitioner=user.practitioner,
                display=user.display,
                password=settings.CARE_DEMO_PASSWORD,
                pin=settings.CARE_DEMO_PIN,
                check=False,
            )
    return [f"{user.username:<10} {user.display} ({', '.join(user.roles)})" for user in users]


def _greet(options: argparse.Namespace, users: list[str]) -> None:
    from django.conf import settings

    say(f"\nCarewright demo: http://{options.host}:{options.port}/   (Ctrl-C ends it)\n")
    say(f"Sign in as (password {settings.CARE_DEMO_PASSWORD}, PIN {settings.CARE_DEMO_PIN}):")
    for line in users:
        say(f"  {line}")


def _set_clock(offset: timedelta) -> None:
    """In the environment, so that the server and the worker show the same time."""
    os.environ["CARE_CLOCK_OFFSET"] = str(offset.total_seconds())


@contextmanager
def _filling(found: Environment, *, complete: bool) -> Iterator[None]:
    """The process that writes everybody else's charts, ended with this one; it goes on at the next start."""
    if complete:
        yield
        return
    child = subprocess.Popen(
        [sys.executable, "-m", "carewright.project.cli", "demo", "--fill"],
        env={**os.environ, "CARE_DATA_DIR": str(found.data_dir)},
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: os.nice(LOW_PRIORITY),
    )
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def _fill(options: argparse.Namespace) -> int:
    with opened(options) as (found, store):
        state = demonstration.read_state(found.data_dir)
        if state is None:
            raise Failure(f"There is no demonstration in {found.data_dir}.")
        with progress(demonstration.COUNT, unit="charts") as told:
            demonstration.fill(store, wiring.operator_access, state=state, told=told)
        latest = demonstration.read_state(found.data_dir) or state
        demonstration.write_state(found.data_dir, replace(latest, complete=True))
        say(f"The demonstration's {demonstration.COUNT} charts are all there.")
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day; write it like 2026-11-23") from None
