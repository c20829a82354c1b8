"""A cluster live: one connection after another, watched, its strikes following the price, everything it says said."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Iterator
from typing import Final

import msgspec

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
from spymaster.feeds.massive_live.conditions import ConditionCodes
from spymaster.feeds.massive_live.frame_records import FrameRecords, RawFrame
from spymaster.feeds.massive_live.instruments import InstrumentBook
from spymaster.feeds.massive_live.life import Life
from spymaster.feeds.massive_live.plan import ClusterPlan, HoleFiller, MassiveAddress
from spymaster.feeds.massive_live.statuses import Effect
from spymaster.feeds.massive_live.trades_seen import TradesSeen
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch
from spymaster.market.frames import GapFrame, RecordsFrame
from spymaster.market.kinds import NS_PER_MS, Kind

TRADES_LANE: Final = "trades"
QUOTES_LANE: Final = "quotes"
_LANES: Final = {Kind.XTRADE: TRADES_LANE, Kind.XQUOTE: QUOTES_LANE}
_JOIN_S: Final = 5.0
_WAIT_S: Final = 0.05
_MOST_AT_ONCE: Final = 512
_SKEW_STEP_NS: Final = 250 * NS_PER_MS


class SeenBefore(msgspec.Struct, frozen=True):
    """How far a feed had come when it ended (``until_ns``): the latest event time of each lane, the latest trades."""

    last_ns: dict[str, int]
    trades: TradesSeen
    until_ns: int = 0


class MassiveFeed:
    """One cluster of Massive's WebSocket (a ``LiveFeed``).

    A thread of its own connects and reads the socket; frames are parsed in ``poll``. Every end of a connection is a
    fault that is said at once (FEED_STATUS, DOWN) and answered by a new client object, but for those that another
    connection cannot mend: a key that is not accepted, and ``max_connections``, which means that another program has
    taken the place. The socket has no replay, so what is missed is declared by a GAP frame; with ``filler`` its trades
    are then fetched for the journal (arrivals flagged BACKFILL).

    ``book`` is shared by all feeds of a Session. ``rejected`` counts what was left out, by reason. ``before``: what a
    session that this one goes on with had seen: what came since is missing too.
    """

    def __init__(
        self,
        plan: ClusterPlan,
        address: MassiveAddress,
        clock: Clock,
        book: InstrumentBook,
        limits: Limits | None = None,
        backoff: Backoff | None = None,
        filler: HoleFiller | None = None,
        before: SeenBefore | None = None,
    ) -> None:
        limits = limits or Limits()
        before = before or SeenBefore({}, TradesSeen())
        self.plan = plan
        self.rejected: Counter[str] = Counter()
        self._address, self._clock, self._limits, self._book = address, clock, limits, book
        self._backoff = backoff or Backoff(limits)
        self._voice = FeedVoice(plan.feeds)
        self._watchdog = Watchdog(_lanes(plan), limits, clock)
        self._records = FrameRecords(book, self.rejected, seen=before.trades)
        self._filler = filler
        self._refused: list[str] = []
        self._lives: deque[Life] = deque()
        self._current: Life | None = None
        self._bytes_seen = 0
        self._topics: frozenset[str] = frozenset()
        self._last_ns: dict[str, int] = dict(before.last_ns)
        self._seen_until_ns = before.until_ns
        self._silent_since_ns: int | None = None
        self._lag_ns: int | None = None
        self._told_skew_ns = 0
        self._told_rejected = 0
        self._bell = Bell()
        self._stops = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"massive-{plan.cluster}", daemon=True)
        self._retry_at_s: float | None = None
        self._is_closed = False
        self._collapse = ""
        self.is_over = False

    @property
    def name(self) -> str:
        """For people."""
        return f"Massive {self.plan.cluster}"

    @property
    def problem(self) -> str:
        """Why nothing comes now, in words."""
        if not self._voice.is_down:
            return ""
        if not self._topics and not self.is_over:
            return self.plan.waits_for()
        wait_s = None if self._retry_at_s is None else self._retry_at_s - self._clock.monotonic_s()
        again = f"; next try in {wait_s:.0f} s" if wait_s is not None and wait_s > 0 else ""
        return self._voice.words + ("; stopped" if self.is_over else again)

    @property
    def skew_ns(self) -> int:
        """How far this machine's clock is ahead of the vendor's, the way included, as measured. 0 before any record."""
        return self._records.skew.skew_ns

    @property
    def lag_ns(self) -> int | None:
        """From the event time of the latest frame's newest record until it was received, skew included."""
        return self._lag_ns

    @property
    def refused(self) -> tuple[str, ...]:
        """What the vendor said of subscriptions that it does not grant, each once."""
        return tuple(self._refused)

    @property
    def is_let_in(self) -> bool:
        """Whether the key was accepted by the connection there is now."""
        return self._current is not None and self._current.is_started and not self._current.is_over

    @property
    def topics(self) -> frozenset[str]:
        """What is asked for now."""
        return self._topics

    def seen(self, now_ns: int) -> SeenBefore:
        """How far it has come by now, for a session that goes on with it."""
        return SeenBefore(dict(self._last_ns), self._records.seen, now_ns)

    @property
    def is_filling(self) -> bool:
        """Whether a hole is being filled or waits to be."""
        return self._filler is not None and self._filler.is_busy

    def use_conditions(self, codes: ConditionCodes) -> None:
        """Read condition codes by this table from now on. To be called in the thread that polls."""
        self._records.codes = codes

    def open(self, bell: Bell) -> None:
        """Connect, and ring the bell when something has come."""
        self._bell = bell
        self._thread.start()

    def poll(self) -> Iterator[Arrival]:
        """Everything since the last call; nothing any more once it is closed."""
        if self._is_closed:
            return
        self._topics = frozenset(self.plan.topics())
        for frame in self._book.untold():
            yield Arrival(frame)
        while self._lives and not self._is_closed:
            life = self._lives[0]
            is_over = life.is_over
            yield from self._read(life)
            if not is_over:
                break
            self._lives.popleft()
            yield from self._bury(life)
        collapse = self._collapse or self._despair()
        if collapse and not self.is_over:
            self.is_over = True
            yield from self._voice.down(collapse, self._clock.wall_ns())
        if not self._is_closed:
            yield from self._watch()
            yield from self._poll_filler()

    def _despair(self) -> str:
        """Why there will never be anything to subscribe to, in words."""
        is_idle = not self._topics and self._current is None and not self._lives
        return self.plan.waits_for() if is_idle and self.plan.is_hopeless() else ""

    def _poll_filler(self) -> Iterator[Arrival]:
        """What was fetched of holes, each told when it is over."""
        if self._filler is None:
            return
        for one in self._filler.poll(self._records):
            if isinstance(one, Arrival):
                yield one
            else:
                yield from self._voice.note(one, self._clock.wall_ns())

    def close(self) -> None:
        """End the connection and the thread. Safe to call twice."""
        self._is_closed = True
        if self._filler is not None:
            self._filler.close()
        if not self._loop.is_closed() and self._thread.is_alive():
            # once: a second stop would come while the loop is being tidied up
            if self._stops.acquire(blocking=False):
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        """The network's thread."""
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._keep())
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _keep(self) -> None:
        """One life after another. Nothing that goes wrong in this thread may end it without a word."""
        try:
            await keep_alive(self._live, backoff=self._backoff, clock=self._clock, ended=self._ended)
        except Exception as error:  # a boundary: the thread's end, where the alternative is silence
            text = f"{type(error).__name__}: {error}"
            self._collapse = "the connection cannot be kept: " + self._address.without_key(text)
            self._bell.ring()

    async def _live(self, number: int) -> Fault:
        while not self._topics:
            await asyncio.sleep(_WAIT_S)
        life = Life(self._loop, number, self._topics, self._clock, self._bell.ring)
        self._retry_at_s = None
        self._lives.append(life)
        return await life.run(self._address, self.plan.cluster, self._limits)

    def _ended(self, _fault: Fault, wait_s: float | None) -> None:
        self._retry_at_s = None if wait_s is None else self._clock.monotonic_s() + wait_s

    def _read(self, life: Life) -> Iterator[Arrival]:
        """What a life has brought since it was looked at."""
        if life.is_started and self._current is not life:
            self._current = life
            self._bytes_seen = 0
            self._refused.clear()
            self._watchdog.begin()
        if life.bytes_seen != self._bytes_seen:
            self._bytes_seen = life.bytes_seen
            self._watchdog.heard()
        while life.frames:
            frames = [life.frames.popleft() for _ in range(min(len(life.frames), _MOST_AT_ONCE))]
            life.read_bytes += sum(len(frame.data) for frame in frames)
            yield from self._take(life, frames)
        while life.said:
            heard = life.said.popleft()
            if heard.effect is Effect.REFUSED:
                self._refused.append(heard.text)
            if heard.effect is not Effect.ACKNOWLEDGED:
                yield from self._say(heard.text)
        if life.is_started and not life.is_over and life.topics != self._topics:
            life.subscribe(self._topics)

    def _take(self, life: Life, frames: list[RawFrame]) -> Iterator[Arrival]:
        batch = self._records.take(frames, life.number)
        for mapping in self._book.untold():
            yield Arrival(mapping)
        first_ns, newest_ns = _span(batch)
        if newest_ns:
            self._lag_ns = frames[-1].recv_ns - newest_ns
            if not life.has_data:
                life.has_data = True
                yield from self._revive(life, first_ns)
            for kind, lane in _LANES.items():
                if kind in batch.arrays:
                    self._watchdog.saw(lane)
                    latest_ns = int(batch.arrays[kind]["ts_event"].max())
                    self._last_ns[lane] = max(self._last_ns.get(lane, 0), latest_ns)
        self.plan.observe(batch)
        yield Arrival(RecordsFrame(batch))
        yield from self._say_skew()
        yield from self._say_rejected()

    def _revive(self, life: Life, first_ns: int) -> Iterator[Arrival]:
        """The first record of a life."""
        if not self._last_ns:
            yield from self._voice.up("connected", first_ns)
            return
        # where one kind of record fell silent before the connection ended, the gap is as old as that silence
        last_ns = max(self._last_ns.values())
        since_ns = last_ns if self._silent_since_ns is None else min(self._silent_since_ns, last_ns)
        again_ns, what, why = first_ns, "records again after", self._voice.why
        if self._seen_until_ns:
            # the session before was there until it ended, and this one is since it was let in
            since_ns, what, why = max(last_ns, self._seen_until_ns), "connected, having been away", "a session ended"
            again_ns, self._seen_until_ns = min(first_ns, life.started_ns), 0
        self._silent_since_ns = None
        again_ns = max(again_ns, since_ns)
        symbols = sorted(topic[2:] for topic in self._topics if topic.startswith("T."))
        then = "what was missed stays missing"
        if self._filler is not None and symbols:
            then = "its trades are being fetched, its quotes stay missing"
        yield from self._voice.up(f"{what} {(again_ns - since_ns) / 1e9:.1f} s; {then}", first_ns)
        if again_ns > since_ns:
            for feed in self.plan.feeds:
                yield Arrival(GapFrame(feed, since_ns, again_ns, why))
        if self._filler is not None and symbols:
            trades_ns = self._last_ns.get(TRADES_LANE, since_ns)
            self._filler.fill(symbols, min(since_ns, trades_ns), again_ns, self._bell.ring)

    def _say(self, words: str) -> Iterator[Arrival]:
        """While nothing comes, the vendor's words are the reason for it."""
        say = self._voice.down if self._voice.is_down else self._voice.note
        yield from say(words, self._clock.wall_ns())

    def _say_skew(self) -> Iterator[Arrival]:
        skew_ns = self.skew_ns
        if abs(skew_ns - self._told_skew_ns) >= _SKEW_STEP_NS:
            self._told_skew_ns = skew_ns
            side = "ahead of" if skew_ns > 0 else "behind"
            words = f"this clock is {abs(skew_ns) / 1e9:.3f} s {side} the vendor's, the way included; corrected"
            yield from self._voice.note(words, self._clock.wall_ns())

    def _say_rejected(self) -> Iterator[Arrival]:
        """The first of them, and then whenever there are twice as many."""
        total = self.rejected.total()
        if total and total >= 2 * self._told_rejected:
            self._told_rejected = total
            words = ", ".join(f"{count} {reason}" for reason, count in self.rejected.most_common(4))
            yield from self._voice.note(f"left out: {words}", self._clock.wall_ns())

    def _watch(self) -> Iterator[Arrival]:
        life = self._current
        if life is None or life.is_over or life.fault is not None:
            return
        fault = self._watchdog.fault()
        if fault is None:
            return
        if fault.kind is FaultKind.NO_FIRST_RECORD and self._refused:
            fault = Fault(FaultKind.KEY, "; ".join(self._refused), Remedy.STOP)
        if fault.kind is FaultKind.SILENT:
            self._silent_since_ns = self._last_ns.get(fault.detail.partition(":")[0])
        self._watchdog.rest()
        life.condemn(fault)
        yield from self._voice.down(str(fault), self._clock.wall_ns())

    def _bury(self, life: Life) -> Iterator[Arrival]:
        fault = life.fault or Fault(FaultKind.RESET)
        self._watchdog.rest()
        yield from self._voice.down(str(fault), self._clock.wall_ns())
        self.is_over = fault.remedy is Remedy.STOP


def _lanes(plan: ClusterPlan) -> tuple[Lane, ...]:
    return Lane(QUOTES_LANE, plan.hours), Lane(TRADES_LANE, plan.trade_hours)


def _span(batch: Batch) -> tuple[int, int]:
    """Earliest and latest event time of its records; zeros where there are none."""
    times = [batch.arrays[kind]["ts_event"] for kind in _LANES if kind in batch.arrays]
    if not times:
        return 0, 0
    return min(int(of_kind.min()) for of_kind in times), max(int(of_kind.max()) for of_kind in times)
