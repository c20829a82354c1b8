"""The heatmap's memory: a column a second, an hour of them, copies for whoever asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.hours import HOURS
from spymaster.market.kinds import NO_TICK
from spymaster.market.rows import LEVEL_ROW, BarrierState
from spymaster.physics.memory.indices import VALID
from spymaster.physics.memory.state import new_state
from spymaster.session.frames.heat_store import COLUMNS, HeatStore
from spymaster.signals.frame import HEAT_TICKS, UNSEEN
from tests.support.engine import engine_for, records, session_table
from tests.support.market import ASK, BID, MID, START_NS, Market

S = 1_000_000_000
T0_NS = 1_704_412_800 * S
BASE = 20_000
NO_LEVELS = np.zeros(0, LEVEL_ROW)


class Book:
    """An engine's memory with a few prices in it, set by hand. The ledger's lowest tick is ``BASE``."""

    def __init__(self, *, bid: int = BASE + 400, ask: int = BASE + 401) -> None:
        self.state: NDArray[Any] = new_state(64, session_table(), np.zeros(0, HOURS))
        self.state["ledger"]["base"] = BASE
        self.state["book"]["status"] = VALID
        self.state["ledger"]["bucket"] = 1
        self.move(bid, ask)

    def move(self, bid: int, ask: int) -> None:
        """New best prices."""
        self.state["book"]["bid"], self.state["book"]["ask"] = bid, ask
        self.state["book"]["has_bbo"] = 1

    def show(self, side: int, tick: int, size: int) -> None:
        """Display contracts at a price."""
        self.state["ledger"]["depth"][0, side, tick - BASE] = size
        self.state["ledger"]["seen_since"][0, side, tick - BASE] = T0_NS


class Live:
    """A market, the engine that follows it, and the heatmap's memory; snaps are taken by watermarks, where asked."""

    def __init__(self) -> None:
        self.market = Market().ladder()
        self.engine = engine_for(snaps_per_block=1)
        self.store = HeatStore()
        self._fed = 0

    def snap(self, seconds: float) -> None:
        """What was written so far, then the snap so many seconds after the start."""
        words = self.market.words()
        for frame in (records(words[self._fed :]), WatermarkFrame(START_NS + round(seconds * S))):
            for block in self.engine.feed(frame):
                for snap in block.snaps:
                    self.store.add_snap(self.engine.state, int(snap["t_ns"]), NO_LEVELS)
        self._fed = len(words)

    def buy(self, seconds: float, size: int) -> None:
        """A buyer takes from the best ask, which is 50 contracts deep."""
        self.market.at(seconds).trade(BID, size)

    def sell(self, seconds: float, size: int) -> None:
        """A seller takes from the best bid."""
        self.market.at(seconds).trade(ASK, size)


def put(store: HeatStore, book: Book, seconds: float, levels: NDArray[Any] = NO_LEVELS) -> None:
    """The snap so many seconds after ``T0_NS``."""
    store.add_snap(book.state, T0_NS + round(seconds * S), levels)


def judged(tick: int, state: BarrierState, confidence: float = 0.5) -> NDArray[Any]:
    row = np.zeros(1, LEVEL_ROW)
    row["tick"], row["barrier_state"], row["barrier_confidence"] = tick, state, confidence
    return row


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def store() -> HeatStore:
    return HeatStore()


def test_before_the_first_snap_there_are_no_columns(store: HeatStore) -> None:
    columns = store.columns(60)
    assert (len(columns), columns.first, len(columns.trades), len(columns.marks)) == (0, 0, 0, 0)


def test_the_snaps_of_a_second_are_one_column(store: HeatStore, book: Book) -> None:
    for quarter in range(1, 9):
        put(store, book, quarter / 4)
    assert store.columns(60).t_ns.tolist() == [T0_NS + S, T0_NS + 2 * S]


def test_a_snap_on_the_full_second_ends_the_column_before_it(store: HeatStore, book: Book) -> None:
    put(store, book, 0.75)
    put(store, book, 1.0)
    assert len(store.columns(60)) == 1
    put(store, book, 1.25)
    assert len(store.columns(60)) == 2


def test_a_column_shows_the_depth_at_its_end(store: HeatStore, book: Book) -> None:
    book.show(0, BASE + 400, 10)
    put(store, book, 0.25)
    book.show(0, BASE + 400, 25)
    put(store, book, 0.5)
    columns = store.columns(60)
    assert columns.depth[0, BASE + 400 - columns.base[0]] == 25


def test_each_price_shows_the_side_that_rests_there_and_what_was_not_seen(store: HeatStore, book: Book) -> None:
    book.show(0, BASE + 400, 10)
    book.show(1, BASE + 401, 12)
    book.show(1, BASE + 402, 0)
    put(store, book, 1.0)
    columns = store.columns(1)
    seen = {int(columns.base[0]) + i: int(n) for i, n in enumerate(columns.depth[0]) if n != UNSEEN}
    assert seen == {BASE + 400: 10, BASE + 401: 12, BASE + 402: 0}


def test_a_column_lies_round_the_best_bid(store: HeatStore, book: Book) -> None:
    put(store, book, 1.0)
    assert store.columns(1).base[0] == BASE + 400 - HEAT_TICKS // 2


def test_columns_stay_where_they_are_while_price_moves_little(store: HeatStore, book: Book) -> None:
    put(store, book, 1.0)
    book.move(BASE + 500, BASE + 501)
    put(store, book, 2.0)
    assert len(set(store.columns(2).base.tolist())) == 1


def test_a_column_follows_a_price_that_runs_away(store: HeatStore, book: Book) -> None:
    put(store, book, 1.0)
    book.move(BASE + 600, BASE + 601)
    book.show(0, BASE + 600, 7)
    put(store, book, 2.0)
    columns = store.columns(2)
    assert columns.base[1] == BASE + 600 - HEAT_TICKS // 2
    assert columns.depth[1, HEAT_TICKS // 2] == 7


def test_best_prices_and_last_trade_are_those_of_the_column_s_end(live: Live) -> None:
    live.buy(0.1, 3)
    live.snap(0.25)
    live.buy(0.3, 60)
    live.snap(1.0)
    columns = live.store.columns(1)
    assert (columns.bid[0], columns.ask[0], columns.last[0]) == (MID, MID + 2, MID + 2)


def test_before_the_first_trade_there_is_no_last_price(store: HeatStore, book: Book) -> None:
    put(store, book, 1.0)
    assert store.columns(1).last[0] == NO_TICK


def test_without_best_prices_a_column_has_none(store: HeatStore, book: Book) -> None:
    put(store, book, 1.0)
    book.state["book"]["has_bbo"] = 0
    put(store, book, 2.0)
    columns = store.columns(2)
    assert columns.bid.tolist() == [BASE + 400, NO_TICK]
    assert columns.ask.tolist() == [BASE + 401, NO_TICK]


def test_trades_of_a_second_are_summed_by_price(live: Live) -> None:
    live.buy(0.1, 3)
    live.snap(0.25)
    live.buy(0.3, 2)
    live.sell(0.4, 9)
    live.snap(0.5)
    live.snap(0.75)
    live.sell(0.9, 1)
    live.snap(1.0)
    assert sorted(live.store.columns(1).trades.tolist()) == [(0, MID, 0, 10), (0, MID + 1, 5, 0)]


def test_trades_stand_in_their_own_column(live: Live) -> None:
    live.buy(0.5, 3)
    live.snap(1.0)
    live.buy(1.5, 4)
    live.snap(2.0)
    assert live.store.columns(2).trades.tolist() == [(0, MID + 1, 3, 0), (1, MID + 1, 4, 0)]
    assert live.store.columns(1).trades.tolist() == [(1, MID + 1, 4, 0)]


def test_a_level_leaves_the_mark_of_its_last_state(store: HeatStore, book: Book) -> None:
    put(store, book, 0.5, judged(BASE + 410, BarrierState.WALL))
    put(store, book, 1.0, judged(BASE + 410, BarrierState.VACUUM, 0.75))
    assert store.columns(1).marks.tolist() == [(0, BASE + 410, int(BarrierState.VACUUM), 0.75)]


def test_a_barrier_out_of_view_leaves_no_mark(store: HeatStore, book: Book) -> None:
    levels = np.concatenate([judged(BASE + 410, BarrierState.MISSING), judged(BASE + 411, BarrierState.WEAK)])
    put(store, book, 1.0, levels)
    assert store.columns(1).marks["tick"].tolist() == [BASE + 411]


def test_a_hole_in_time_is_told_by_the_column_after_it(store: HeatStore, book: Book) -> None:
    for second in (1, 2, 6, 7):
        put(store, book, second)
    assert store.columns(60).gap_ns.tolist() == [0, 0, 3 * S, 0]


def test_columns_are_numbered_from_zero_and_the_newest_are_given(store: HeatStore, book: Book) -> None:
    for second in range(1, 11):
        put(store, book, second)
    columns = store.columns(4)
    assert (columns.first, len(columns)) == (6, 4)
    assert columns.t_ns.tolist() == [T0_NS + second * S for second in (7, 8, 9, 10)]


def test_an_hour_is_kept_and_numbers_go_on(store: HeatStore, book: Book) -> None:
    for second in range(1, COLUMNS + 6):
        put(store, book, second)
    columns = store.columns(2 * COLUMNS)
    assert (columns.first, len(columns)) == (5, COLUMNS)
    assert np.array_equal(columns.t_ns, T0_NS + np.arange(6, COLUMNS + 6) * S)


def test_what_is_older_than_an_hour_is_forgotten_with_its_trades(live: Live, book: Book) -> None:
    live.buy(0.5, 3)
    live.snap(1.0)
    for second in range(2, COLUMNS + 2):
        put(live.store, book, second + (START_NS - T0_NS) // S)
    assert len(live.store.columns(COLUMNS).trades) == 0


def test_what_is_older_than_an_hour_is_forgotten_with_its_marks(store: HeatStore, book: Book) -> None:
    put(store, book, 1, judged(BASE + 410, BarrierState.WALL))
    for second in range(2, COLUMNS + 2):
        put(store, book, second)
    assert len(store.columns(COLUMNS).marks) == 0


def test_a_column_that_is_used_again_shows_nothing_old(store: HeatStore, book: Book) -> None:
    book.show(0, BASE + 400, 10)
    put(store, book, 1)
    book.state["ledger"]["seen_since"] = 0
    book.state["book"]["has_bbo"] = 0
    for second in range(2, COLUMNS + 2):
        put(store, book, second)
    newest = store.columns(1)
    assert (newest.depth == UNSEEN).all()
    assert newest.bid.tolist() == [NO_TICK]


def test_every_snap_raises_the_revision(store: HeatStore, book: Book) -> None:
    revisions = []
    for quarter in range(1, 6):
        put(store, book, quarter / 4)
        revisions.append(store.columns(1).revision)
    assert revisions == sorted(set(revisions))


def test_columns_once_given_do_not_change(live: Live) -> None:
    live.buy(0.1, 3)
    live.snap(0.5)
    columns = live.store.columns(60)
    before = columns.depth.tobytes(), columns.t_ns.tobytes(), columns.trades.tobytes()
    live.buy(0.6, 7)
    live.snap(1.0)
    assert (columns.depth.tobytes(), columns.t_ns.tobytes(), columns.trades.tobytes()) == before


@pytest.mark.parametrize("name", ["t_ns", "base", "depth", "last", "bid", "ask", "gap_ns", "trades", "marks"])
def test_columns_cannot_be_written_to(store: HeatStore, book: Book, name: str) -> None:
    put(store, book, 1.0, judged(BASE + 410, BarrierState.WALL))
    assert not getattr(store.columns(1), name).flags.writeable
