"""Many threads at once, and what became of each of them."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
START_TIMEOUT_S = 30


def race(acts: Sequence[Callable[[], T]]) -> tuple[list[T], list[Exception]]:
    """Run the acts, each in a thread of its own, all from the same moment; what they returned, what they raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        start.wait(START_TIMEOUT_S)
        return act()

    returned: list[T] = []
    raised: list[Exception] = []
    with ThreadPoolExecutor(len(acts)) as pool:
        for future in [pool.submit(run, act) for act in acts]:
            error = future.exception()
            if error is None:
                returned.append(future.result())
            elif isinstance(error, Exception):
                raised.append(error)
            else:
                raise error
    return returned, raised
