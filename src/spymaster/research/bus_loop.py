"""The thread that speaks to a queue, so that whoever computes can be silent for as long as that takes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self, TypeVar

from spymaster.bus.nats.work_queue import Taken, WorkQueue

T = TypeVar("T")


class QueueThread:
    """A queue asked from another thread. To be used as a context. ``make``: makes the queue, in the thread's loop."""

    def __init__(self, make: Callable[[], WorkQueue]) -> None:
        self._make = make
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="queue", daemon=True)
        self._queue: WorkQueue | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._queue = self._make()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            # whatever a torn connection says now does not matter
            self.ask(lambda queue: queue.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, what: Callable[[WorkQueue], Coroutine[Any, Any, T]]) -> T:
        """What a method of the queue returns or raises."""
        assert self._queue is not None
        return asyncio.run_coroutine_threadsafe(what(self._queue), self._loop).result()

    @contextlib.contextmanager
    def keeping(self, taken: Taken) -> Iterator[None]:
        """Say that one is at a piece, while inside."""
        ended = asyncio.Event()

        async def keep(queue: WorkQueue) -> None:
            async with queue.keeping(taken):
                await ended.wait()

        assert self._queue is not None
        beating = asyncio.run_coroutine_threadsafe(keep(self._queue), self._loop)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(ended.set)
            beating.result()
