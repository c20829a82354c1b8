"""A bell rung in any thread and heard in an event loop. Ringing costs nothing while nobody listens."""

from __future__ import annotations

import asyncio
import contextlib


class Bell:
    """``ring`` may be called from any thread, everything else in the loop's."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._called = False

    def ring(self) -> None:
        """Wake whoever waits. Returns at once, also when the loop has ended."""
        loop = self._loop
        if loop is None or not self._waiting or self._called:
            return
        self._called = True
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._wake)

    def listen(self) -> asyncio.Future[None]:
        """Done at the next ring. To be had before looking whether there is something new already."""
        self._loop = asyncio.get_running_loop()
        heard = self._loop.create_future()
        self._waiting.add(heard)
        heard.add_done_callback(self._waiting.discard)
        return heard

    def _wake(self) -> None:
        self._called = False
        for heard in tuple(self._waiting):
            if not heard.done():
                heard.set_result(None)


async def heard_within(heard: asyncio.Future[None], seconds: float) -> bool:
    """Whether a bell rang in that time. The future is of no further use."""
    try:
        done, _ = await asyncio.wait((heard,), timeout=seconds)
    finally:
        heard.cancel()
    return bool(done)
