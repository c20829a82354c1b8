"""One life of a connection: what the network's thread and the Session's thread share of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from spymaster.feeds.live.supervision import Clock, Fault, FaultKind, Limits
from spymaster.feeds.massive_live.frame_records import RawFrame
from spymaster.feeds.massive_live.messages import statuses_of
from spymaster.feeds.massive_live.plan import Cluster, MassiveAddress
from spymaster.feeds.massive_live.statuses import Effect, Heard, hear, hear_authentication

_AUTHENTICATION: Final = 1
MOST_HELD_BYTES: Final = 256 * 1024 * 1024
"""Frames that wait to be read; with more the program has fallen behind for good, and memory is not without end."""


class Life:
    """A connection's whole life. Made and run in the network's thread; read by the Session's.

    ``topics``: subscribed once the vendor has let us in, and not before.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        number: int,
        topics: Iterable[str],
        clock: Clock,
        ring: Callable[[], None],
    ) -> None:
        self.number = number
        self.topics = frozenset(topics)
        """What it has been asked for. Of the Session's thread, once it is authenticated."""
        self.frames: deque[RawFrame] = deque()
        self.said: deque[Heard] = deque()
        """What the server said that is worth a line."""
        self.is_started = False
        """Whether the vendor has let us in; from then on records are owed."""
        self.started_ns = 0
        """When that was."""
        self.has_data = False
        """Whether a record came. Of the Session's thread."""
        self.bytes_seen = 0
        """Grows with everything that comes, answers to pings included."""
        self.read_bytes = 0
        """Bytes of frames that were read. Of the Session's thread."""
        self._taken_bytes = 0
        self.is_over = False
        self.fault: Fault | None = None
        self._loop = loop
        self._clock = clock
        self._ring = ring
        self._count = 0
        self._ended: asyncio.Future[Fault] = loop.create_future()
        self._change: Callable[[Iterable[str], Iterable[str]], None] | None = None

    async def run(self, address: MassiveAddress, cluster: Cluster, limits: Limits) -> Fault:
        """Live. Returns why it ended."""
        from spymaster.feeds.massive_live.vendor_client import VendorClient

        client = VendorClient(self, address, cluster, limits)
        self._change = client.change
        try:
            self.fault = await client.run(self._ended)
        finally:
            self.is_over = True
            self._ring()
        return self.fault

    def opened(self) -> None:
        """A connection is there. Of the network's thread, like all below."""
        self._count = 0

    def take(self, data: bytes) -> Fault | None:
        """A message came; why it is the last, if it is."""
        stage, self._count = self._count, self._count + 1
        self.frames.append(RawFrame(stage, self._clock.wall_ns(), data))
        self._taken_bytes += len(data)
        self._ring()
        if self._taken_bytes - self.read_bytes > MOST_HELD_BYTES:
            return Fault(FaultKind.HUNG, f"this program reads too slowly: {MOST_HELD_BYTES >> 20} MB wait")
        if stage == _AUTHENTICATION:
            fault = hear_authentication(statuses_of(data))
            self.started_ns = self._clock.wall_ns()
            self.is_started = fault is None
            return fault
        for status in statuses_of(data):
            heard = hear(status)
            if heard.fault is not None:
                return heard.fault
            if heard.effect is not Effect.NOTHING:
                self.said.append(heard)
        return None

    def end(self, fault: Fault) -> None:
        """It is over for this reason; the first one counts."""
        if not self._ended.done():
            self._ended.set_result(fault)

    def condemn(self, fault: Fault) -> None:
        """End it. From any thread."""
        self._post(self.end, fault)

    def subscribe(self, topics: frozenset[str]) -> None:
        """Have these topics from now on; only what differs is sent. From the Session's thread."""
        added, dropped = topics - self.topics, self.topics - topics
        self.topics = topics
        if self._change is not None:
            self._post(self._change, added, dropped)

    def _post(self, call: Callable[..., None], *arguments: object) -> None:
        # a loop that is closed has ended its lives already
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)
