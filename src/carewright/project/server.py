"""Running the server: uvicorn with uvloop, and the worker as a child process where one command starts both.

https://www.uvicorn.org/settings/
"""

import errno
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from carewright.project.environment import Environment
from carewright.project.heads import BoundedHead

APPLICATION = "carewright.project.asgi:create"
HOST = "127.0.0.1"
PORT = 8000
PORTS_TRIED = 20
LAST_PORT = 65_535
SHUTDOWN_PATIENCE_SECONDS = 3
"""Open event streams would hold a shutdown for ever; their browsers connect again by themselves."""
CHILD_PATIENCE_SECONDS = 25.0


class CannotServe(Exception):
    """The server cannot be started like this; the text says why and what to do."""


class PortTaken(CannotServe):
    """Another program listens on the port."""


def serve(
    environment: Environment, *, host: str, port: int, workers: int = 1, ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGINT or SIGTERM. CannotServe.

    `ready` is called once requests are answered, or wait for their answer.
    """
    if workers < 1:
        raise CannotServe("--workers is at least 1.")
    if workers > 1 and not environment.database_url:
        raise CannotServe(
            "SQLite serves from one process, because only one can write at a time and more would only wait for one "
            "another. Use --workers 1, or PostgreSQL (CARE_DATABASE_URL)."
        )
    require_free(host, port)
    logging.getLogger("psycopg.pool").setLevel(logging.WARNING)  # from here on its words belong in the log
    options: dict[str, Any] = {
        "factory": True, "host": host, "port": port, "loop": "uvloop", "http": BoundedHead, "lifespan": "on",
        "access_log": False, "log_level": "warning", "server_header": False,
        "proxy_headers": environment.trust_proxy, "timeout_graceful_shutdown": SHUTDOWN_PATIENCE_SECONDS,
    }  # fmt: skip
    # uvicorn sends the signal again when it has shut down; what stands around this call still wants to clean up.
    signal.signal(signal.SIGTERM, _interrupt)
    with suppress(KeyboardInterrupt):
        started = _serve_by_many(workers, options, ready) if workers > 1 else _serve_alone(options, ready)
        if not started:
            raise CannotServe("The server did not start; the lines above say why.")


def _serve_alone(options: dict[str, Any], ready: Callable[[], None]) -> bool:
    server = _Server(uvicorn.Config(APPLICATION, **options), ready)
    with suppress(KeyboardInterrupt):
        server.run()
    return server.started


def _serve_by_many(workers: int, options: dict[str, Any], ready: Callable[[], None]) -> bool:
    """Processes that share one socket. One that dies is replaced; one that cannot start at all ends everything."""
    config = uvicorn.Config(APPLICATION, workers=workers, **options)
    with config.bind_socket() as listening:
        listening.listen(config.backlog)  # from here on requests wait instead of being refused
        ready()
        supervisor = Multiprocess(config, sockets=[listening])
        supervisor.run()
    return all(process.exitcode != STARTUP_FAILURE for process in supervisor.processes)


def end_with_parent() -> None:
    """Let one of several server processes end when the one that started them is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


@contextmanager
def worker_process() -> Iterator[subprocess.Popen[bytes]]:
    """A worker beside this process, stopped with it: it ends when our end of its input closes."""
    child = subprocess.Popen(
        [sys.executable, "-m", "carewright.project.cli", "worker", "--with-parent"], stdin=subprocess.PIPE
    )
    try:
        yield child
    finally:
        if child.stdin is not None:
            child.stdin.close()
        child.terminate()
        try:
            child.wait(timeout=CHILD_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def free_port(host: str, *, beginning: int = PORT) -> int:
    """The first port from `beginning` on that is free; CannotServe if none of the next ones is."""
    for port in range(beginning, beginning + PORTS_TRIED):
        with suppress(PortTaken):
            require_free(host, port)
            return port
    raise CannotServe(f"The ports {beginning} to {beginning + PORTS_TRIED - 1} on {host} are taken. Name one: --port.")


def require_free(host: str, port: int) -> None:
    """PortTaken or CannotServe unless somebody may listen there now."""
    if not 1 <= port <= LAST_PORT:
        raise CannotServe(f"A port is a number from 1 to {LAST_PORT}: --port.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(
                    f"Port {port} on {host} is not free: another program uses it. Choose another: --port."
                ) from error
            if error.errno == errno.EACCES:
                words = f"Port {port} is only for the system's administrator. Choose one from 1024: --port."
            else:
                words = f"{host} is no address of this machine ({error.strerror}). Choose another: --host."
            raise CannotServe(words) from error
