"""A dataset live: one connection after another, watched, its holes filled, everything it says of itself said."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import Final

from spymaster.feeds.databento_live.filler import Filling, HoleFiller
from spymaster.feeds.databento_live.hole import Hole
from spymaster.feeds.databento_live.life import Life
from spymaster.feeds.databento_live.lines import Asked
from spymaster.feeds.databento_live.listener import Listener
from spymaster.feeds.databento_live.plan import BREATH_S, STEADY_SCHEMAS, Address, LinePlan
from spymaster.feeds.databento_live.seen import LastSeen, times_of
from spymaster.feeds.databento_live.universe import Universe
from spymaster.feeds.dbn.publishers import UnknownPublishers
from spymaster.feeds.live.lag import LeastLag
from spymaster.feeds.live.supervision import (
    Backoff,
    Bell,
    Clock,
    Fault,
    FaultKind,
    FeedVoice,
    Lane,
    Limits,
    Remedy,
    Watchdog,
    keep_alive,
)
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch
from spymaster.market.dtypes import ACTION_SHIFT, W_SIZE
from spymaster.market.frames import GapFrame, RecordsFrame
from spymaster.market.kinds import ACTION_TRADE, Kind

_BYTE: Final = 255
_JOIN_S: Final = 5.0
_COMPARE_EVERY_S: Final = 0.02
"""How often the trades in the depth are looked for, as a share of the silence allowed."""


class DatabentoFeed:
    """One dataset of Databento Live (a ``LiveFeed``).

    A thread of its own connects and reads the socket; records are parsed in ``poll``. Every end of a connection is a
    fault that is said at once (FEED_STATUS, DOWN) and answered by a new session. When records come again that is said
    too (RECONNECTED, with a GAP frame for what was missed), the engine goes on with what comes, and a second session
    fetches what is missing for the journal (arrivals flagged BACKFILL).

    ``seen``: what a session that this one goes on with had seen of the dataset: what came since is missing too;
    ``seen_until_ns``: when that session ended, so that what was quiet before is no gap. ``breath_s``: how long
    what comes may gather in the system between two reads.
    """

    def __init__(
        self,
        plan: LinePlan,
        address: Address,
        clock: Clock,
        limits: Limits | None = None,
        backoff: Backoff | None = None,
        seen: LastSeen | None = None,
        seen_until_ns: int = 0,
        breath_s: float = BREATH_S,
    ) -> None:
        limits = limits or Limits()
        self.plan = plan
        self.universe = Universe()
        self.rejected: Counter[str] = Counter()
        """Reason -> records left out."""
        self._address, self._clock, self._limits = address, clock, limits
        self._breath_s = breath_s
        self._backoff = backoff or Backoff(limits)
        self._voice = FeedVoice(plan.feeds)
        self._watchdog = Watchdog((), limits, clock)
        self._asked = Asked(plan, self.universe, clock)
        self._listener = Listener(self.universe, self._voice, clock, plan.optional_symbols)
        self._unknown = UnknownPublishers()
        self._seen = seen or LastSeen()
        self._seen_until_ns = seen_until_ns
        self._lives: deque[Life] = deque()
        self._current: Life | None = None
        self._bell = Bell()
        self._filler = HoleFiller(address, plan.dataset, limits, clock, self._bell.ring)
        self._fillings: list[Filling] = []
        self._stops = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"databento-{plan.dataset}", daemon=True)
        self._lag_ns: int | None = None
        self._least_lag = LeastLag()
        self._compared_s = 0.0
        self._retry_at_s: float | None = None
        self._is_closed = False
        self.is_over = False

    @property
    def name(self) -> str:
        """For people."""
        return f"Databento {self.plan.dataset}"

    @property
    def problem(self) -> str:
        """Why nothing comes now, in words."""
        if not self._voice.is_down:
            return ""
        wait_s = None if self._retry_at_s is None else self._retry_at_s - self._clock.monotonic_s()
        again = f"; next try in {wait_s:.0f} s" if wait_s is not None and wait_s > 0 else ""
        return self._voice.words + ("; stopped" if self.is_over else again)

    @property
    def seen(self) -> LastSeen:
        """How far it has come, for a session that goes on with it."""
        return self._seen

    @property
    def unresolved(self) -> tuple[str, ...]:
        """What the vendor said of symbols that mean nothing to it."""
        return self._listener.unresolved

    @property
    def unknown_publishers(self) -> tuple[str, ...]:
        """A line for each publisher that this version does not know, whose records were taken like any other's."""
        return self._unknown.lines

    @property
    def fillings(self) -> tuple[Filling, ...]:
        """How filling each hole ended, so far."""
        return tuple(self._fillings)

    @property
    def is_filling(self) -> bool:
        """Whether a hole is being filled or waits to be."""
        return self._filler.is_busy

    @property
    def lag_ns(self) -> int | None:
        """From the vendor's sending of the latest record until it was looked at, clocks' difference included."""
        return self._lag_ns

    @property
    def skew_ns(self) -> int:
        """How far our clock is ahead of the vendor's, the shortest way from there included; 0 before it is known."""
        return self._least_lag.ns or 0

    @property
    def ages_s(self) -> Mapping[str, float]:
        """Seconds since the latest record of each schema that should speak all the time."""
        return self._watchdog.ages_s()

    def open(self, bell: Bell) -> None:
        """Connect, and ring the bell when something has come."""
        self._bell = bell
        self._filler = HoleFiller(self._address, self.plan.dataset, self._limits, self._clock, bell.ring)
        self._filler.loop = self._loop
        self._thread.start()

    def poll(self) -> Iterator[Arrival]:
        """Everything since the last call; nothing any more once it is closed."""
        while self._lives and not self._is_closed:
            life = self._lives[0]
            is_over = life.is_over
            yield from self._read(life)
            if not is_over:
                break
            self._lives.popleft()
            yield from self._bury(life)
        if self._is_closed:
            return
        yield from self._watch()
        for one in self._filler.poll():
            if isinstance(one, Arrival):
                yield one
            else:
                yield from self._say_filled(one)

    def close(self) -> None:
        """End the connection and the thread. Safe to call twice."""
        self._is_closed = True
        if not self._loop.is_closed() and self._thread.is_alive():
            # once: a second stop would come while the loop is being tidied up
            if self._stops.acquire(blocking=False):
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        """The network's thread."""
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(keep_alive(self._live, backoff=self._backoff, clock=self._clock, ended=self._ended))
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _live(self, _number: int) -> Fault:
        life = Life(self._loop, self.rejected, self._bell.ring)
        wanted = self._asked.at_start()
        self._retry_at_s = None
        self._lives.append(life)
        return await life.run(self._address, self.plan.dataset, wanted, self._limits, self._breath_s)

    def _ended(self, _fault: Fault, wait_s: float | None) -> None:
        self._retry_at_s = None if wait_s is None else self._clock.monotonic_s() + wait_s

    def _read(self, life: Life) -> Iterator[Arrival]:
        """What a life has brought since it was looked at."""
        if life.is_started and self._current is not life:
            self._current = life
            life.before = LastSeen(self._seen.moments)
            life.is_after_hole = bool(life.before.moments)
            self._begin_watch()
        while (batch := life.records.read()) is not None:
            yield from self._take(life, batch)
        if life.records.damage is not None and life.judged is None:
            life.judged = Fault(FaultKind.UNREADABLE, life.records.damage)
            yield from self._condemn(life, life.judged)
        life.caught_up()

    def _take(self, life: Life, batch: Batch) -> Iterator[Arrival]:
        self._watchdog.heard()
        self._lag_ns = life.records.lag_ns(self._clock.wall_ns())
        if self._lag_ns is not None:
            self._least_lag.take(self._lag_ns, self._clock.monotonic_s())
        for kind in batch.arrays:
            for lane in self._asked.lanes.get(kind, ()):
                self._watchdog.saw(lane)
        if self._asked.trades_beside_depth:
            self._compare_with_depth(batch)
        if not life.has_data and any(kind in batch.arrays for kind in self._asked.steady_kinds):
            yield from self._revive(life, batch)
        heard = self._listener.take(batch)
        self._unknown.on_batch(batch)
        yield from heard.arrivals
        if heard.fault is not None and life.judged is None:
            life.judged = self._asked.reconsider(heard.fault)
            yield from self._condemn(life, life.judged)
        added = self._asked.take(batch, heard.replayed)
        if added:
            life.add(added)
        for one in added:
            self._add_lane(one.schema)
        self._seen.take(batch)
        if life.is_after_hole:
            life.first.take(batch)
        yield Arrival(RecordsFrame(batch))

    def _compare_with_depth(self, batch: Batch) -> None:
        """Now and then: trades that the depth shows must come as trades too."""
        now_s = self._clock.monotonic_s()
        if now_s - self._compared_s > _COMPARE_EVERY_S * self._limits.silence_regular_s:
            self._compared_s = now_s if Kind.MBP10 in batch.arrays else self._compared_s
            if _tells_of_trades(batch):
                self._watchdog.expects("trades")

    def _revive(self, life: Life, batch: Batch) -> Iterator[Arrival]:
        """The first market data of a life."""
        life.has_data = True
        kind = next(kind for kind in self._asked.steady_kinds if kind in batch.arrays)
        first_ns = int(times_of(kind, batch.arrays[kind])[0])
        last_ns = life.before.latest_ns(self._asked.steady_kinds)
        if last_ns == 0:
            yield from self._voice.up("connected", first_ns)
            return
        again_ns, what, why = first_ns, "records again after", self._voice.why
        if self._seen_until_ns:
            # the session before was there until it ended, and this one is since it began
            last_ns, what, why = max(last_ns, self._seen_until_ns), "connected, having been away", "a session ended"
            again_ns, self._seen_until_ns = max(min(first_ns, life.records.start_ns or first_ns), last_ns), 0
        words = f"{what} {(again_ns - last_ns) / 1e9:.1f} s; what was missed is being fetched"
        yield from self._voice.up(words, first_ns)
        if again_ns > last_ns:
            for feed in self.plan.feeds:
                yield Arrival(GapFrame(feed, last_ns, again_ns, why))
        ends_ns = max(life.records.start_ns or 0, first_ns)
        self._filler.fill(Hole(life.before.moments, life.first, ends_ns), self._asked.to_fill())

    def _begin_watch(self) -> None:
        for schema in sorted({one.schema for one in self._asked.now}):
            self._add_lane(schema)
        self._watchdog.begin()

    def _add_lane(self, schema: str) -> None:
        if schema in STEADY_SCHEMAS or schema == "trades":
            hours = self.plan.hours_of.get(schema, self.plan.hours)
            self._watchdog.add(Lane(schema, hours, is_steady=schema in STEADY_SCHEMAS))

    def _watch(self) -> Iterator[Arrival]:
        life = self._current
        if life is None or life.is_over or life.judged is not None:
            return
        fault = self._watchdog.fault() or self._asked.overdue()
        if fault is not None:
            life.judged = fault
            yield from self._condemn(life, fault)

    def _condemn(self, life: Life, fault: Fault) -> Iterator[Arrival]:
        """Say it at once, and let the network's thread end the life."""
        life.condemn(fault)
        self._watchdog.rest()
        yield from self._voice.down(str(fault), self._clock.wall_ns())

    def _bury(self, life: Life) -> Iterator[Arrival]:
        fault = life.judged or life.fault or Fault(FaultKind.RESET)
        self._watchdog.rest()
        if life.is_after_hole and not life.has_data and life.first.moments:
            # it brought something, though not what shows that a session works: the hole before that ends there
            hole = Hole(life.before.moments, life.first, life.records.start_ns or 0, keys=frozenset(life.first.moments))
            self._filler.fill(hole, self._asked.to_fill())
        self._asked.ended(fault)
        if fault.kind is not FaultKind.STOPPED:
            yield from self._voice.down(str(fault), self._clock.wall_ns())
        life.pronounce(fault)
        self.is_over = fault.remedy is Remedy.STOP

    def _say_filled(self, filling: Filling) -> Iterator[Arrival]:
        self._fillings.append(filling)
        if self._current is not None and self._current.has_data and not self._filler.is_busy:
            self._current.is_after_hole = False
        span_s = (filling.to_ns - filling.from_ns) / 1e9
        if filling.problem:
            words = f"a hole of {span_s:.1f} s stays ({filling.problem}); {filling.records} records of it were fetched"
        else:
            words = f"a hole of {span_s:.1f} s was filled: {filling.records} records fetched"
        yield from self._voice.note(words, self._clock.wall_ns())


def _tells_of_trades(batch: Batch) -> bool:
    """Whether its depth shows trades that are not in it as trades yet."""
    depth = batch.arrays.get(Kind.MBP10)
    if depth is None or Kind.TRADE in batch.arrays:
        return False
    return bool(((depth[:, W_SIZE] >> ACTION_SHIFT & _BYTE) == ACTION_TRADE).any())
