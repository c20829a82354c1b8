"""One life of a connection: what the network's thread and the Session's thread share of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from spymaster.feeds.databento_live.byte_inbox import ByteInbox
from spymaster.feeds.databento_live.live_records import LiveRecords
from spymaster.feeds.databento_live.plan import BREATH_S, Address, Subscription
from spymaster.feeds.databento_live.seen import FirstSeen, LastSeen
from spymaster.feeds.live.supervision import Fault, FaultKind, Limits

if TYPE_CHECKING:
    from spymaster.feeds.databento_live.vendor_client import InboxProtocol

_VERDICT_S = 10.0
"""How long the network's thread waits for what the records said; a Session that computes may be late."""


class Life:
    """A session object's whole life. Made and run in the network's thread; read by the Session's.

    ``wanted``: asked for, ``start_ns``: from where on, both before the session starts; ``breath_s``: how long
    what comes may gather in the system between two reads.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, rejected: Counter[str], ring: Callable[[], None]) -> None:
        self.inbox = ByteInbox()
        self.records = LiveRecords(self.inbox, rejected)
        self.first = FirstSeen()
        self.is_started = False
        """Whether the session runs; from then on it owes records."""
        self.before = LastSeen()
        """What had been seen when it began. Of the Session's thread."""
        self.is_after_hole = False
        """Whether records were lost before it, so that its first ones have to be counted. Of the Session's thread."""
        self.has_data = False
        """Whether a record of market data came. Of the Session's thread."""
        self.is_over = False
        self.fault: Fault | None = None
        """Why it ended, as the network saw it."""
        self.judged: Fault | None = None
        """Why it ended, as its records said. Of the Session's thread."""
        self._loop = loop
        self._ring = ring
        self._protocol: InboxProtocol | None = None
        self._condemned: asyncio.Future[Fault] = loop.create_future()
        self._verdict: asyncio.Future[Fault] = loop.create_future()

    async def run(
        self,
        address: Address,
        dataset: str,
        wanted: Sequence[tuple[Sequence[Subscription], int | None]],
        limits: Limits,
        breath_s: float = BREATH_S,
    ) -> Fault:
        """Live. Returns why it ended, once everything that came has been looked at."""
        try:
            self.fault = await self._live(address, dataset, wanted, limits, breath_s)
        finally:
            self.is_over = True
            self._ring()
        try:
            async with asyncio.timeout(_VERDICT_S):
                return await self._verdict
        except TimeoutError:
            return self.fault

    async def _live(
        self,
        address: Address,
        dataset: str,
        wanted: Sequence[tuple[Sequence[Subscription], int | None]],
        limits: Limits,
        breath_s: float,
    ) -> Fault:
        from spymaster.feeds.databento_live.vendor_client import connect, lost, subscribe

        protocol = await connect(address, dataset, self.inbox, self._ring, limits, breath_s)
        if isinstance(protocol, Fault):
            return protocol
        self._protocol = protocol
        try:
            for subscriptions, start_ns in wanted:
                subscribe(protocol, subscriptions, start_ns)
            protocol.start()
            self.is_started = True
            self._ring()
            ends: set[asyncio.Future[Any]] = {protocol.disconnected, self._condemned}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self._condemned.done():
                return self._condemned.result()
            return lost(protocol)
        finally:
            protocol.transport.abort()
            protocol.disconnected.cancel()

    def condemn(self, fault: Fault) -> None:
        """End it for this reason. From any thread."""
        self._post(_settle, self._condemned, fault)

    def pronounce(self, fault: Fault) -> None:
        """Everything that came has been looked at: this is why it ended. From the Session's thread."""
        self._post(_settle, self._verdict, fault)

    def add(self, wanted: Sequence[Subscription]) -> None:
        """Ask for more while it lives. From the Session's thread."""
        self._post(self._add, tuple(wanted))

    def caught_up(self) -> None:
        """The Session's thread has read what there was."""
        if self._protocol is not None and self._protocol.is_paused:
            self._post(self._protocol.resume)

    def _post(self, call: Callable[..., None], *arguments: object) -> None:
        # a loop that is closed has ended its lives already
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    def _add(self, wanted: Sequence[Subscription]) -> None:
        from spymaster.feeds.databento_live.vendor_client import subscribe

        if self._protocol is not None and not self.is_over:
            subscribe(self._protocol, wanted)


def stopped() -> Fault:
    """Somebody closed the feed."""
    from spymaster.feeds.live.supervision import Remedy

    return Fault(FaultKind.STOPPED, remedy=Remedy.STOP)


def _settle(future: asyncio.Future[Fault], fault: Fault) -> None:
    if not future.done():
        future.set_result(fault)
