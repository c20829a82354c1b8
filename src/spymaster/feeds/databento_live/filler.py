"""Filling holes: a second session replays what was missed, for the journal alone."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from spymaster.feeds.databento_live.codes import Effect, ErrorCode, error_message, system_message
from spymaster.feeds.databento_live.hole import Hole
from spymaster.feeds.databento_live.life import Life, stopped
from spymaster.feeds.databento_live.plan import Address, Subscription
from spymaster.feeds.live.supervision import Backoff, Clock, Fault, FaultKind, Limits, Remedy
from spymaster.journal.format import FrameFlag
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import Kind

_TRIES: Final = 5


class Filling(msgspec.Struct, frozen=True):
    """How filling a hole ended. ``problem``: why it is not full; empty when it is."""

    from_ns: int
    to_ns: int
    records: int
    problem: str = ""


class HoleFiller:
    """Fetches one hole after the other. ``fill`` and ``poll`` are of the Session's thread.

    A replay is complete when the vendor says so and the first records after the hole were reached: its word alone may
    come early.
    """

    def __init__(
        self,
        address: Address,
        dataset: str,
        limits: Limits,
        clock: Clock,
        ring: Callable[[], None],
    ) -> None:
        self._address, self._dataset = address, dataset
        self._limits, self._clock, self._ring = limits, clock, ring
        self._waiting: deque[tuple[Hole, tuple[Subscription, ...]]] = deque()
        self._hole: Hole | None = None
        self._from_ns = 0
        self._wanted: tuple[Subscription, ...] = ()
        self._life: Life | None = None
        self._backoff = Backoff(limits)
        self._again_s = 0.0
        self._replayed = 0
        self._quiet_since_s = 0.0
        self._tries = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self.rejected: Counter[str] = Counter()

    @property
    def is_busy(self) -> bool:
        """Whether a hole is being filled or waits."""
        return self._hole is not None or bool(self._waiting)

    def fill(self, hole: Hole, wanted: Sequence[Subscription]) -> None:
        """Fill a hole as soon as those before it are done."""
        self._waiting.append((hole, tuple(wanted)))

    def poll(self) -> Iterator[Arrival | Filling]:
        """What was fetched, and how each hole ended."""
        if self._hole is None and self._waiting:
            self._hole, self._wanted = self._waiting.popleft()
            self._from_ns = self._hole.start_ns
            self._backoff.attempts = self._tries = 0
            self._again_s = 0.0
        if self._hole is None:
            return
        if self._life is None:
            if self._clock.monotonic_s() >= self._again_s:
                self._begin(self._hole)
            return
        yield from self._read(self._hole, self._life)

    def _begin(self, hole: Hole) -> None:
        if self.loop is None or self.loop.is_closed():
            return
        hole.restart()
        self._tries += 1
        self._replayed = 0
        self._quiet_since_s = self._clock.monotonic_s()
        self._life = life = Life(self.loop, self.rejected, self._ring)
        wanted = [(self._wanted, hole.start_ns)]
        asyncio.run_coroutine_threadsafe(life.run(self._address, self._dataset, wanted, self._limits), self.loop)

    def _read(self, hole: Hole, life: Life) -> Iterator[Arrival | Filling]:
        is_over = life.is_over
        while (batch := life.records.read()) is not None:
            if any(kind not in (Kind.SYSTEM, Kind.ERROR, Kind.MAPPING) for kind in batch.arrays):
                self._quiet_since_s = self._clock.monotonic_s()
            self._listen(life, batch)
            inside = hole.take(batch)
            if inside is not None:
                yield _backfill(inside)
        life.caught_up()
        quiet_s = self._clock.monotonic_s() - self._quiet_since_s
        said = self._replayed >= len({one.schema for one in self._wanted})
        if said and (hole.is_reached or hole.is_passed or quiet_s > self._limits.silence_regular_s):
            yield from self._end(hole, life, "")
        elif is_over:
            yield from self._broke(hole, life, life.judged or life.fault or Fault(FaultKind.RESET))
        elif life.records.damage is not None:
            life.condemn(Fault(FaultKind.UNREADABLE, life.records.damage))
        elif quiet_s > self._limits.silence_open_s:
            life.condemn(Fault(FaultKind.SILENT, f"no record and no end for {quiet_s:.1f} s"))

    def _listen(self, life: Life, batch: Batch) -> None:
        for row in batch.arrays.get(Kind.SYSTEM, ()):
            self._replayed += system_message(row).effect is Effect.REPLAYED
        for row in batch.arrays.get(Kind.ERROR, ()):
            message = error_message(row)
            if message.code == ErrorCode.REPLAY_DATA_AGED_OUT:
                self._tries = _TRIES
            if message.fault is not None:
                life.judged = message.fault
                life.condemn(message.fault)

    def _broke(self, hole: Hole, life: Life, fault: Fault) -> Iterator[Arrival | Filling]:
        if fault.remedy is Remedy.STOP or self._tries >= _TRIES:
            yield from self._end(hole, life, str(fault))
            return
        life.pronounce(fault)
        self._life = None
        self._again_s = self._clock.monotonic_s() + self._backoff.next_s(fault.remedy)

    def _end(self, hole: Hole, life: Life, problem: str) -> Iterator[Arrival | Filling]:
        for rest in hole.finish():
            yield _backfill(rest)
        life.condemn(stopped())
        life.pronounce(stopped())
        self._hole = self._life = None
        yield Filling(self._from_ns, hole.ends_ns, hole.filled, problem)


def _backfill(batch: Batch) -> Arrival:
    return Arrival(RecordsFrame(batch), FrameFlag.BACKFILL)
