"""Run a coroutine to its end in a thread of its own: the browser's driver keeps a loop running in the tests' thread."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from carewright.core.store.drivers.base import Driver

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T], *, reads: Driver | None = None) -> T:
    """What the coroutine returns; its exception is raised here.

    `reads` is the driver that it reads through: what a loop has opened it must close before it ends. The pool's own
    tasks do not always end when they are cancelled (in Python 3.11 `wait_for` may swallow it), and the end of a loop
    waits for all of them.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _then_close(coroutine, reads)).result()


async def _then_close(coroutine: Coroutine[Any, Any, T], reads: Driver | None) -> T:
    try:
        return await coroutine
    finally:
        if reads is not None:
            await reads.close_async()
