"""A run on the bus as a source of frames: what a role lives on.

A thread of its own receives; the reader's thread puts in order. A message is acknowledged once the reader has asked for
what comes after it and ``settle`` has said that it is safe.

No frame is given up because a time has passed, which on a slow machine would make gaps where there are none. A consumer
numbers what it delivers, so that a message lost on the way shows at once, and everything that was not made safe is then
asked for again. Where there is no hole in the numbers, a message that says STORED n proves that the stream has been
read past every frame before n: one that has not come by then is not in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from spymaster.bus.nats.assembly import Assembled, Assembler, UnreadableError, piece_of
from spymaster.bus.nats.broker import MismatchError, NotStoredError
from spymaster.bus.nats.receiver import Delivery, Receipt, Receiver
from spymaster.journal.codec import EndFrame

_HELD: Final = 2048
_HELD_BYTES: Final = 32_000_000
"""So much may wait for the reader; no more is fetched then."""
_LOOK_S: Final = 0.1
_PAUSE_S: Final = 0.25
_SETTLE_S: Final = 0.2
_SETTLE_MOST: Final = 512


class BusSource:
    """The frames of one run in order, from ``next_frame`` on, until its END or ``close``.

    ``make_receiver`` is called in the receiving thread. ``settle``: returns when all that was given is on the disk.
    ``problem``: what is wrong, in words; ``end``: how the run ended, None while it goes on.
    """

    def __init__(
        self,
        make_receiver: Callable[[], Receiver],
        session: str,
        *,
        next_frame: int = 0,
        settle: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_receiver, self._session, self._settle, self._now_s = make_receiver, session, settle, now_s
        self.assembler = Assembler(next_frame)
        self._arrived: queue.Queue[Delivery] = queue.Queue()
        self._put_bytes = self._taken_bytes = 0
        self._safe: queue.SimpleQueue[list[Receipt]] = queue.SimpleQueue()
        self._settled_s = now_s()
        self._to_settle: list[Receipt] = []
        self._life = self._delivered = 0
        self._is_sound = True
        self._closing = threading.Event()
        self._again = threading.Event()
        self._thread = threading.Thread(target=self._receive, name="bus", daemon=True)
        self.problem = ""
        self.end: EndFrame | None = None
        self.clock_ns = 0

    def frames(self) -> Iterator[Assembled]:
        """The frames, as they come. Raises UnreadableError for what another version of the program wrote."""
        self._thread.start()
        try:
            while not self._closing.is_set() and self.end is None:
                self._take()
                for one in self.assembler.ready():
                    self.clock_ns = one.clock_ns
                    if isinstance(one.frame, EndFrame):
                        self.end = one.frame
                    else:
                        yield one
                    self._to_settle += [token for token in one.tokens if isinstance(token, Receipt)]
                    if self.end is not None or self._closing.is_set():
                        break
                self._acknowledge()
        finally:
            self._acknowledge(now=True)
            self.close()

    @property
    def held(self) -> int:
        """Messages that wait for the reader."""
        return self._arrived.qsize()

    def close(self) -> None:
        """End. Safe to call twice and from another thread."""
        self._closing.set()
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _take(self) -> None:
        """Wait a moment for a message, and put in place those that are there."""
        with contextlib.suppress(queue.Empty):
            self._place(self._arrived.get(timeout=_LOOK_S))
            for _ in range(_HELD):
                self._place(self._arrived.get_nowait())

    def _place(self, delivery: Delivery) -> None:
        self._taken_bytes += len(delivery.data)
        self._count(delivery)
        receipt = delivery.receipt
        try:
            piece = piece_of(delivery.headers, delivery.data, receipt)
        except UnreadableError:
            # somebody else's message under our subjects
            self._to_settle.append(receipt)
            return
        if piece.session != self._session:
            self._to_settle.append(receipt)
            return
        if self.assembler.add(piece) is not None:
            self._to_settle.append(receipt)
        if self._is_sound:
            self.assembler.nothing_before(piece.stored)

    def _count(self, delivery: Delivery) -> None:
        """See whether something was lost on the way, and have it asked for again."""
        if delivery.receipt.life != self._life:
            self._life, self._delivered, self._is_sound = delivery.receipt.life, 0, True
        if delivery.number > self._delivered + 1 and self._is_sound:
            self._is_sound = False
            self._again.set()
        self._delivered = max(self._delivered, delivery.number)

    def _acknowledge(self, *, now: bool = False) -> None:
        due = now or len(self._to_settle) >= _SETTLE_MOST or self._now_s() - self._settled_s >= _SETTLE_S
        if self._to_settle and due:
            self._settle()
            self._safe.put(self._to_settle)
            self._to_settle = []
            self._settled_s = self._now_s()

    def _receive(self) -> None:
        asyncio.run(self._receiving())

    async def _receiving(self) -> None:
        receiver = self._make_receiver()
        try:
            while not self._closing.is_set():
                try:
                    await self._round(receiver)
                    self.problem = ""
                except (NotStoredError, MismatchError) as error:
                    self.problem = f"the bus: {error}"
                    await asyncio.sleep(_PAUSE_S)
            with contextlib.suppress(NotStoredError):
                await self._say_safe(receiver)
        finally:
            await receiver.close()

    async def _round(self, receiver: Receiver) -> None:
        if not receiver.is_open or self._again.is_set():
            self._again.clear()
            await receiver.open(self._session, anew=self.assembler.next_frame == 0)
        await self._say_safe(receiver)
        if self.held >= _HELD or self._put_bytes - self._taken_bytes >= _HELD_BYTES:
            await asyncio.sleep(_LOOK_S)
            return
        for delivery in await receiver.fetch():
            self._put_bytes += len(delivery.data)
            self._arrived.put(delivery)

    async def _say_safe(self, receiver: Receiver) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                await receiver.acknowledge(self._safe.get_nowait())
