"""carewright demo"""

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from carewright.core.clock import wall_now
from carewright.core.store.store import Store
from carewright.project import demonstration, serving, simulator, unfinished, wiring
from carewright.project.cli.options import Failure, add_data_dir, environment, migrate, opened, progress, say
from carewright.project.cli.pages import with_pages
from carewright.project.environment import FASTEST, Environment
from carewright.project.player.stage import staged, table
from carewright.project.server import HOST, PORT, free_port, require_free, serve, worker_process

HELP = """\
Start the demonstration: a made-up practice with a made-up day.

It makes its data folder at the first start (./data unless told otherwise), then serves until you press Ctrl-C. The
worker (audit sealer, reactions) runs beside it and ends with it. The board opens at 10:40 with today's patients; the
other charts are written behind it. A first start that is broken off begins again. Nothing in it is real.

With CARE_DATABASE_URL it uses that PostgreSQL database, which must hold no other practice.
"""
FIRST_RECORDS = 600
"""About how many steps the first start takes, for its progress bar."""
LOW_PRIORITY = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default {HOST})")
    parser.add_argument(
        "--port", type=int, metavar="P", help=f"port to listen on (default {PORT}, or the next one that is free)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="another number, other people (default 1)")
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="the day that is shown (default: today)")
    parser.add_argument("--play", action="store_true", help="its people work through the day at the server's pages")
    parser.add_argument(
        "--speed", type=_positive, default=1.0, metavar="N", help="the day runs N times as fast (default 1)"
    )
    parser.add_argument(
        "--rate", type=_positive, default=1.0, metavar="N", help="with --play: N times a normal day's interruptions"
    )
    parser.add_argument("--playing", metavar="ADDRESS", help=argparse.SUPPRESS)  # the process that plays
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)  # the process that writes the rest


def run(options: argparse.Namespace) -> int:
    os.environ["CARE_DEMO"] = "1"
    found = environment(options)
    if options.fill:
        return _fill(options)
    if options.playing:
        return _play(options)
    with _only_one(found) as lock:
        _choose_port(options)  # before the practice is made, which takes a while
        lock.tell("the demonstration", address=_address(options))
        state = _at_speed(found, _ready(found, options), options.speed)
        _set_clock(state)
        users = _make_users(options, state)
        with worker_process(), _filling(found, complete=state.complete), _playing(found, options):
            serve(
                environment(options),
                host=options.host,
                port=options.port,
                ready=lambda: _greet(options, users),
            )
    return 0


@contextmanager
def _only_one(found: Environment) -> Iterator[serving.Lock]:
    """One demonstration for a data folder; the second one is told where the first is."""
    try:
        with serving.hold(found.data_dir, doing="the demonstration, which is being made") as lock:
            yield lock
    except serving.Held as held:
        if held.holder is None or not held.holder.address:
            raise
        raise Failure(
            f"It runs already: {held.holder.address} (process {held.holder.process}). Open that address; or start "
            "another one with a folder of its own: --data-dir DIR."
        ) from held


def _choose_port(options: argparse.Namespace) -> None:
    if options.port is not None:
        require_free(options.host, options.port)
        return
    options.port = free_port(options.host)
    if options.port != PORT:
        say(f"Port {PORT} is taken by another program; this is port {options.port}.")


def _address(options: argparse.Namespace) -> str:
    return f"http://{options.host}:{options.port}/"


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
        if state is not None and state.practice in store.practices():
            return _resumed(found, store, state)
        if _clear_what_was_not_finished(found, store):
            migrate(found)
            store = wiring.open_store(found)
        return _make(found, store, options)
    except KeyboardInterrupt:
        say("Broken off. The next start begins again.")
        raise
    finally:
        store.close()


def _resumed(found: Environment, store: Store, state: demonstration.State) -> demonstration.State:
    unfinished.finish(store, state.practice)
    state = replace(state, offset_seconds=demonstration.resumed(state, store).total_seconds())
    demonstration.write_state(found.data_dir, state)
    return state


def _make(found: Environment, store: Store, options: argparse.Namespace) -> demonstration.State:
    seed = demonstration.SEED if options.seed is None else options.seed
    day = options.day or date.today()  # noqa: DTZ011 - the day on the wall of whoever starts it
    if there := store.practices():
        raise Failure(
            f"This database holds the practice '{there[0]}', and the data folder knows of no demonstration in it. Give "
            "the demonstration a folder of its own (--data-dir), on PostgreSQL also a database."
        )
    say("Making the demonstration practice and its morning (once)…")
    with progress(FIRST_RECORDS, unit="steps") as told:
        state = demonstration.prepare(
            store, wiring.operator_access, seed=seed, day=day, told=told, blobs=wiring.open_blobs(store, found)
        )
    demonstration.write_state(found.data_dir, state)
    unfinished.finish(store, state.practice)
    return state


def _clear_what_was_not_finished(found: Environment, store: Store) -> bool:
    """Throw away what a broken-off first start has left; whether there was anything. It closes the store then."""
    for practice in store.practices():
        if unfinished.is_unfinished(store, practice):
            say("The last start was broken off; it begins again.")
            unfinished.clear(found, store, practice)
            return True
    return False


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

    say(f"\nCarewright demo: {_address(options)}   (Ctrl-C ends it)\n")
    say(f"Sign in as (password {settings.CARE_DEMO_PASSWORD}, PIN {settings.CARE_DEMO_PIN}):")
    for line in users:
        say(f"  {line}")


def _at_speed(found: Environment, state: demonstration.State, speed: float) -> demonstration.State:
    """The demonstration from now on at this speed; kept, so that it goes on at the right time."""
    state = replace(state, rate=speed, since=wall_now().isoformat() if speed != 1 else "")
    demonstration.write_state(found.data_dir, state)
    return state


def _set_clock(state: demonstration.State) -> None:
    """In the environment, so that the server and the worker show the same time."""
    os.environ["CARE_CLOCK_OFFSET"] = str(state.offset.total_seconds())
    os.environ["CARE_CLOCK_RATE"] = str(state.rate)
    os.environ["CARE_CLOCK_SINCE"] = state.since


@contextmanager
def _filling(found: Environment, *, complete: bool) -> Iterator[None]:
    """The process that writes everybody else's charts, ended with this one; it goes on at the next start."""
    if complete:
        yield
        return
    with _beside(found, "--fill"):
        yield


@contextmanager
def _playing(found: Environment, options: argparse.Namespace) -> Iterator[None]:
    """The process whose people work at the server's pages, ended with this one."""
    if not options.play:
        yield
        return
    with _beside(found, "--playing", _address(options), "--rate", str(options.rate)):
        yield


@contextmanager
def _beside(found: Environment, *arguments: str) -> Iterator[None]:
    """A further process of the demonstration."""
    child = subprocess.Popen(  # noqa: S603 - our own command, with our own arguments
        [sys.executable, "-m", "carewright.project.cli", "demo", *arguments],
        env={**os.environ, "CARE_DATA_DIR": str(found.data_dir)},
        stdin=subprocess.PIPE,
        preexec_fn=lambda: os.nice(LOW_PRIORITY),
    )
    try:
        yield
    finally:
        child.terminate()
        child.communicate()


def _end_with_parent() -> None:
    """The parent holds the other end of the pipe: it ends with the parent, however the parent ends."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _fill(options: argparse.Namespace) -> int:
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
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


def _play(options: argparse.Namespace) -> int:
    """Play until told to end; then say what was begun and what was acknowledged."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    with_pages(options)
    from django.conf import settings

    with opened(options) as (found, store):
        state = demonstration.read_state(found.data_dir)
        if state is None:
            raise Failure(f"There is no demonstration in {found.data_dir}.")
        play = staged(
            store, wiring.operator_access(state.practice), state=state, base=lambda: str(options.playing),
            password=settings.CARE_DEMO_PASSWORD, rate=options.rate, folder=found.incoming_folder,
        )  # fmt: skip
        play.begin()
        say(f"{len(play.people)} people of the practice are at work.")
        over.wait()
        play.stop()
        play.close()
    for line in table(play):
        say(line)
    return 0


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= FASTEST:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0, up to {FASTEST}")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day; write it like 2026-11-23") from None
