"""Messages to a server: in flights, every one acknowledged before the next flight begins, none ever given up unsaid.

A flight is sent at once and awaited as a whole; what got no acknowledgement is sent again under the same id until it
has one. So what arrives out of order is out of order within a flight alone, and a message that says STORED n proves
to its reader that every frame before n is in the stream.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from spymaster.bus.nats.broker import MismatchError, NotStoredError, RefusedError, Wire
from spymaster.bus.nats.messages import Message
from spymaster.bus.nats.names import Header
from spymaster.journal.mirror_status import MirrorCounts

FLIGHT_MESSAGES: Final = 128
FLIGHT_BYTES: Final = 1_000_000
_PAUSE_S: Final = 0.25
_LAST_PAUSE_S: Final = 2.0
_PREPARE_AGAIN: Final = 4
"""After so many failures another server is tried, where there are several: one that is cut off from the others of its
cluster keeps its clients and acknowledges nothing. The streams are looked at again too: somebody may have deleted them.
"""


class GivenUpError(Exception):
    """It was said that trying is over: why the last try failed."""


class Publisher:
    """Sends flights. ``may_try``: asked before every repetition, with the seconds since the last acknowledgement;
    False ends the trying. ``waits``: told why it waits, and nothing once it no longer does; True for a mismatch."""

    def __init__(
        self,
        wire: Wire,
        *,
        pace_bytes_s: int,
        may_try: Callable[[float], bool] = lambda _: True,
        waits: Callable[[str, bool], None] = lambda _reason, _mismatch: None,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._wire = wire
        self._pace_bytes_s = pace_bytes_s
        self._may_try = may_try
        self._waits = waits
        self._now_s = now_s
        self._sleep = sleep
        self._free_s = now_s()
        self._acked_s = now_s()
        self._stored = 0
        self.counts = MirrorCounts()

    async def begin(self, stored: int) -> None:
        """Connect and prepare. ``stored``: every frame before this one is on the server. Raises GivenUpError."""
        self._stored = stored
        self._acked_s = self._now_s()
        await self._prepare()

    async def send(self, flight: Sequence[Message], stored: int) -> None:
        """Send a flight and return when the server has all of it. ``stored``: frames before this one are there then.

        Raises GivenUpError.
        """
        for message in flight:
            if Header.FRAME in message.headers:
                message.headers[Header.STORED] = str(self._stored)
        await self._keep_pace(sum(message.size for message in flight))
        left = await self._try(flight)
        failures, pause_s = 0, _PAUSE_S
        while left:
            failures += 1
            await self._pause(pause_s if failures > 1 else 0.0)
            pause_s = min(pause_s * 1.5, _LAST_PAUSE_S)
            if failures % _PREPARE_AGAIN == 0:
                await self._wire.elsewhere()
                await self._prepare()
            before = len(left)
            left = await self._try(left)
            if len(left) < before:
                failures, pause_s = 0, _PAUSE_S
        self._waits("", False)
        self._stored = stored

    async def _try(self, messages: Sequence[Message]) -> list[Message]:
        """Send all of them at once; those without an acknowledgement, in order."""
        results = await asyncio.gather(
            *(self._wire.publish(one, one.headers) for one in messages), return_exceptions=True
        )
        left: list[Message] = []
        for message, result in zip(messages, results, strict=True):
            if isinstance(result, NotStoredError):
                self.counts.retries += 1
                left.append(message)
                self._reason = str(result)
            elif isinstance(result, RefusedError):
                self.counts.refused += 1
                self._waits(f"a message was refused: {result}", False)
            elif isinstance(result, BaseException):
                raise result
            else:
                self.counts.acked += 1
                self.counts.duplicates += result.duplicate
                self.counts.sent_bytes += message.size
                self._acked_s = self._now_s()
        if left:
            self._waits(self._reason, False)
        return left

    async def _prepare(self) -> None:
        pause_s = _PAUSE_S
        while True:
            try:
                await self._wire.prepare()
                return
            except NotStoredError as error:
                self._reason = str(error)
                self._waits(self._reason, False)
            except MismatchError as error:
                self._reason = str(error)
                self._waits(self._reason, True)
            await self._pause(pause_s)
            pause_s = min(2.0 * pause_s, _LAST_PAUSE_S)

    async def _pause(self, seconds: float) -> None:
        if not self._may_try(self._now_s() - self._acked_s):
            raise GivenUpError(self._reason)
        await self._sleep(seconds)

    async def _keep_pace(self, size: int) -> None:
        """Wait until so many bytes may go: the server and the network are others' too."""
        now_s = self._now_s()
        self._free_s = max(self._free_s, now_s - 1.0)
        if self._free_s > now_s:
            await self._sleep(self._free_s - now_s)
        self._free_s += size / self._pace_bytes_s

    _reason: str = ""
