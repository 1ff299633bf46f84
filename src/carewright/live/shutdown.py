"""Open streams end when the server is told to stop, before it begins to wait for them.

uvicorn first waits for every request to end and only then tells the application that it stops, so a stream would hold
the shutdown until `timeout_graceful_shutdown` and be cut off. It hears of SIGTERM and SIGINT by plain signal handlers
(https://www.uvicorn.org/server-behavior/#graceful-process-shutdown); ours goes in front of them.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def before_stopping(stop: Callable[[], None]) -> Iterator[None]:
    """While the block runs, `stop` is called in this event loop when a signal asks the process to end.

    Does nothing outside of the main thread, which alone may handle signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    earlier = {number: signal.getsignal(number) for number in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        before = earlier[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    ours = [number for number, handler in earlier.items() if callable(handler)]
    for number in ours:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is handle:
                signal.signal(number, earlier[number])
