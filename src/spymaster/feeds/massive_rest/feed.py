"""Chain snapshots, one a minute, as a feed."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
import numpy as np

from spymaster.feeds.live.supervision import Bell, Clock, FeedVoice
from spymaster.feeds.massive_live.conditions import ConditionCodes
from spymaster.feeds.massive_live.instruments import InstrumentBook
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.feeds.massive_live.strikes import DayChain
from spymaster.feeds.massive_rest.chain_snapshot import ChainSnapshot, fetch_chain, fetch_conditions
from spymaster.feeds.massive_rest.greeks import GreeksDifference, OpenInterest, OwnGreeks, compare, greeks_rows
from spymaster.feeds.massive_rest.rest_client import NOT_ENTITLED, RestClient, RestError, RestLimits
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import PRICE_SCALE, Kind

CHAIN_FEED: Final = "chain"
PERIOD_S: Final = 60.0
MOST_MISSED: Final = 2
"""From so many polls in a row on that gave nothing the feed counts as down."""
_JOIN_S: Final = 5.0


class ChainPlan(msgspec.Struct, frozen=True):
    """Which chain, and what becomes of it. ``expires``: yyyy-mm-dd.

    ``own``: our greeks by instrument id, to be set against each snapshot. ``use_conditions``: is given the vendor's
    condition codes. ``skew_ns``: how far this clock is ahead of the vendor's. All are called in the polling thread.
    """

    underlying: str
    expires: str
    period_s: float = PERIOD_S
    own: Callable[[], Mapping[int, OwnGreeks]] | None = None
    use_conditions: Callable[[ConditionCodes], None] | None = None
    skew_ns: Callable[[], int] = lambda: 0


class _Poll(msgspec.Struct, frozen=True):
    """What one poll gave. ``recv_ns``: when it was whole."""

    recv_ns: int
    snapshot: ChainSnapshot | None = None
    conditions: ConditionCodes | None = None
    error: RestError | None = None


class ChainFeed:
    """The option chain of the day by REST (a ``LiveFeed``): its contracts, the vendor's greeks, open interest.

    A poll that fails is missed; two in a row are said. A key that is not accepted, or may not have this, is said at
    once and not tried again: the options then have no list of contracts.
    """

    def __init__(
        self,
        plan: ChainPlan,
        address: MassiveAddress,
        clock: Clock,
        book: InstrumentBook,
        chain: DayChain,
        limits: RestLimits | None = None,
    ) -> None:
        self.plan = plan
        self.rejected: Counter[str] = Counter()
        """Reason -> entries of snapshots left out."""
        self._client = RestClient(address, limits)
        self._clock, self._book, self._chain = clock, book, chain
        self._voice = FeedVoice((CHAIN_FEED,))
        self._interest = OpenInterest()
        self._polls: deque[_Poll] = deque()
        self.missed = 0
        """Polls in a row that gave nothing."""
        self._has_conditions = plan.use_conditions is None
        self._bell = Bell()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="massive-chain", daemon=True)
        self.snapshots = 0
        """Snapshots taken."""
        self.difference: GreeksDifference | None = None
        """The latest snapshot against our own greeks."""
        self.is_over = False

    @property
    def name(self) -> str:
        """For people."""
        return f"Massive chain of {self.plan.underlying} {self.plan.expires}"

    @property
    def problem(self) -> str:
        """Why no snapshots come, in words."""
        if not self._voice.is_down or (self.snapshots == 0 and self.missed == 0 and not self.is_over):
            return ""
        return self._voice.words + ("; stopped" if self.is_over else "")

    def open(self, bell: Bell) -> None:
        """Begin to poll."""
        self._bell = bell
        self._thread.start()

    def poll(self) -> Iterator[Arrival]:
        """Everything since the last call."""
        while self._polls and not self._stop.is_set():
            one = self._polls.popleft()
            if one.conditions is not None and self.plan.use_conditions is not None:
                self.plan.use_conditions(one.conditions)
            if one.error is not None:
                yield from self._miss(one)
            if one.snapshot is not None:
                yield from self._take(one, one.snapshot)

    def close(self) -> None:
        """End the thread. Safe to call twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self._client.close()

    def _run(self) -> None:
        """The thread that waits for the network."""
        while not self._stop.is_set():
            begun_s = self._clock.monotonic_s()
            self._polls.append(self._fetch())
            self._bell.ring()
            error = self._polls[-1].error if self._polls else None
            if error is not None and error.is_final:
                return
            self._stop.wait(max(0.0, self.plan.period_s - (self._clock.monotonic_s() - begun_s)))

    def _fetch(self) -> _Poll:
        conditions = None
        try:
            snapshot = fetch_chain(self._client, self.plan.underlying, self.plan.expires)
            now_ns = self._clock.wall_ns()
            if not self._has_conditions:
                conditions = self._fetch_conditions()
            return _Poll(now_ns, snapshot, conditions)
        except RestError as error:
            return _Poll(self._clock.wall_ns(), error=error)
        except Exception as error:  # a boundary: the thread's end, where the alternative is silence
            return _Poll(self._clock.wall_ns(), error=RestError(f"{type(error).__name__}: {error}"))

    def _fetch_conditions(self) -> ConditionCodes | None:
        """The vendor's list; where it cannot be had the packaged table stays, until it can."""
        try:
            codes = fetch_conditions(self._client)
        except RestError:
            return None
        self._has_conditions = True
        return codes

    def _miss(self, one: _Poll) -> Iterator[Arrival]:
        assert one.error is not None
        self.missed += 1
        if one.error.is_final:
            self.is_over = True
            why = "not entitled to" if one.error.status == NOT_ENTITLED else "key not accepted for"
            yield from self._voice.down(f"{why} the option chain: {one.error}", one.recv_ns)
        elif self.missed >= MOST_MISSED:
            yield from self._voice.down(f"{self.missed} chain snapshots missed: {one.error}", one.recv_ns)

    def _take(self, one: _Poll, snapshot: ChainSnapshot) -> Iterator[Arrival]:
        self.rejected.update(snapshot.rejected)
        self._chain.add(contract.listed() for contract in snapshot.contracts)
        for mapping in self._book.untold():
            yield Arrival(mapping)
        if not snapshot.contracts:
            self.missed += 1
            if self.missed >= MOST_MISSED:
                yield from self._voice.down(f"{self.missed} chain snapshots without a contract", one.recv_ns)
            return
        self.missed = 0
        self.snapshots += 1
        prices = [c.underlying_asset.price for c in snapshot.contracts if c.underlying_asset is not None]
        known = [price for price in prices if price]
        if known:
            self._chain.underlying_e9 = round(known[-1] * PRICE_SCALE)
        greeks = greeks_rows(snapshot.contracts, self._book, one.recv_ns - self.plan.skew_ns())
        interest = self._interest.rows(greeks)
        arrays = {Kind.GREEKS: greeks} | ({Kind.STAT: interest} if len(interest) else {})
        order = np.repeat(np.array([int(kind) for kind in arrays], np.uint8), [len(rows) for rows in arrays.values()])
        yield from self._voice.up(f"{len(greeks)} contracts on {snapshot.pages} pages", one.recv_ns)
        yield Arrival(RecordsFrame(Batch(arrays, order)))
        if self.plan.own is not None:
            self.difference = compare(greeks, self.plan.own(), self._book.symbol_of)
            yield from self._voice.note(str(self.difference), one.recv_ns)
