"""A practice at work as it runs in a clinic: a server and a worker, each a process that may be killed at any moment."""

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from carewright.core.clock import Clock
from tests.project.processes import COMMAND, free_port, get

STARTING_SECONDS = 180.0
SERVER, WORKER = "server", "worker"


def clock_variables(clock: Clock) -> dict[str, str]:
    """What tells a process to show the same time as `clock`."""
    since = clock.since.isoformat() if clock.since else ""
    offset, rate = str(clock.offset.total_seconds()), str(clock.rate)
    return {"CARE_CLOCK_OFFSET": offset, "CARE_CLOCK_RATE": rate, "CARE_CLOCK_SINCE": since}


@dataclass
class AtWork:
    """The processes of a practice. `killed` counts how often each was killed; `between` is the span from one kill to
    the next, in seconds of the wall's clock."""

    environment: Mapping[str, str]
    log: Path
    rng: random.Random
    between: tuple[float, float] = (6.0, 18.0)
    port: int = field(default_factory=free_port)
    killed: Counter[str] = field(default_factory=Counter)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _home: threading.Event = field(default_factory=threading.Event)
    _chaos: threading.Thread | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def begin(self, clock: Clock, *, kills: bool) -> None:
        """Start both, and wait until the server answers; with `kills` one of them is killed now and then."""
        self.environment = {**self.environment, **clock_variables(clock)}
        self._home.clear()
        for which in (SERVER, WORKER):
            self._start(which)
        self._wait()
        if kills:
            self._chaos = threading.Thread(target=self._kill_now_and_then, daemon=True)
            self._chaos.start()

    def end(self) -> None:
        """Nobody is killed any more; both end as they are asked to."""
        self._home.set()
        if self._chaos is not None:
            self._chaos.join(STARTING_SECONDS)
            self._chaos = None
        self._wait()  # one that was killed last comes back first
        for process in self._running.values():
            process.terminate()
        for which, process in self._running.items():
            assert process.wait(STARTING_SECONDS) in (0, -signal.SIGTERM), f"{which}: {process.returncode}"
        self._running.clear()

    def _start(self, which: str) -> None:
        words = ["serve", "--port", str(self.port)] if which == SERVER else ["worker"]
        with self.log.open("ab") as log:
            self._running[which] = subprocess.Popen(
                [*COMMAND, *words], env=dict(self.environment), stdout=log, stderr=log
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < deadline:
            assert self._running[SERVER].poll() is None, self.log.read_text(errors="replace")[-2000:]
            try:
                get(f"{self.base}healthz")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("The server did not answer.")

    def _kill_now_and_then(self) -> None:
        for which in cycle((SERVER, WORKER)):
            if self._home.wait(self.rng.uniform(*self.between)):
                return
            os.kill(self._running[which].pid, signal.SIGKILL)
            self._running[which].wait()
            self.killed[which] += 1
            self._start(which)
            if which == SERVER:
                self._wait()  # or a slow machine would see it only ever starting
