"""How much processor time processes have used, children included: on a machine that others use too, it says more of
what a request costs than the clock on the wall. Linux: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

import os
from contextlib import suppress
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PARENT, USER, SYSTEM = 1, 11, 12
"""Places in /proc/PID/stat behind the name of the program."""


def cpu_seconds(root: int) -> float:
    """What a process and all that it has started have used so far, in seconds."""
    stats = _stats()
    family, found = {root}, True
    while found:
        children = {pid for pid, (parent, _) in stats.items() if parent in family} - family
        family |= children
        found = bool(children)
    return sum(stats[pid][1] for pid in family if pid in stats) / TICKS_PER_SECOND


def parent_of(pid: int) -> int:
    """The process that started this one; 0 where it does not run on this machine."""
    return _stats().get(pid, (0, 0))[0]


def _stats() -> dict[int, tuple[int, int]]:
    """Each process to its parent and the ticks that it has used."""
    found = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            pid = int(folder.name)
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            found[pid] = (int(fields[PARENT]), int(fields[USER]) + int(fields[SYSTEM]))
    return found
