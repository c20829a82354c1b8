"""The engine on real markets: order-level truth, conservation, causality, and books that must not be believed."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.dtypes import MBP10_DTYPE
from spymaster.market.kinds import MBP10_WORDS
from spymaster.market.rows import Trust, TrustReason
from spymaster.signals.hash import SignalHash
from tests.physics.book.test_ledger_invariants import assert_same_prefix
from tests.support.engine import Cell, Results, Words, engine_for, feed, records, run, session_table
from tests.support.market import ASK, BID, HOUR, INTERVAL, OPEN_NS, SECOND, TICK_E9
from tests.support.reference_ledger import ReferenceLedger, same_ledger

pytestmark = pytest.mark.slow

ES_OPEN_NS = 1_703_545_200 * SECOND
"""2023-12-25 23:00 UTC, the opening of the session of the 26th."""

Truth = dict[str, dict[Cell, int]]


def vendor_words(path: Path) -> Words:
    from databento import DBNStore

    return np.frombuffer(DBNStore.from_file(path).to_ndarray().tobytes(), np.int64).reshape(-1, MBP10_WORDS).copy()


def sessions(first_open_ns: int = ES_OPEN_NS, *, rth: bool = True) -> NDArray[np.void]:
    return session_table(shift_ns=first_open_ns - OPEN_NS, with_rth=rth)


def es_config(words: Words) -> dict[str, Any]:
    row = words.view(MBP10_DTYPE)[0, 0]
    return {
        "sessions": sessions(),
        "publisher_id": int(row["publisher_id"]),
        "instrument_id": int(row["instrument_id"]),
        "levels": (4805.0, 4807.5, 4810.25),
    }


@pytest.fixture(scope="module")
def half_hour(vendor_data: Path) -> Words:
    return vendor_words(vendor_data / "es" / "esh4-20231225-2300-2330.mbp-10.dbn.zst")


@pytest.fixture(scope="module")
def results(half_hour: Words) -> Results:
    return run(half_hour, **es_config(half_hour))


def test_nothing_of_the_real_half_hour_is_rejected(results: Results) -> None:
    counted = {name: n for name, n in results.counters.items() if n}
    assert counted == {"records": 24_169, "trades": 1_864}


def test_traded_volume_is_filled_or_off_book(half_hour: Words, results: Results) -> None:
    rows = half_hour.view(MBP10_DTYPE)[:, 0]
    traded = int(rows["size"][rows["action"] == b"T"].sum())
    assert int(results.flows["filled"].sum() + results.flows["off_book"].sum()) == traded


def test_every_cell_of_the_real_half_hour_equals_the_plain_reference(half_hour: Words, results: Results) -> None:
    reference = ReferenceLedger(TICK_E9, INTERVAL).feed(half_hour).finish()
    assert same_ledger(results.cells(), reference.cells) == []


def test_depth_changes_by_its_flows_in_every_row(results: Results) -> None:
    flows = results.flows
    whole = flows[(flows["visible_ns"] == INTERVAL) & (flows["depth_start"] >= 0)]
    net = whole["added"] - whole["pulled"] - whole["filled"]
    assert len(whole) > 8_000
    assert (whole["depth_end"] - whole["depth_start"] == net).all()


def test_nothing_later_changes_what_was_published(half_hour: Words, results: Results) -> None:
    dice = random.Random(20)
    cuts = sorted(dice.randrange(1, len(half_hour)) for _ in range(50))
    engine, part, first = engine_for(**es_config(half_hour)), Results(), 0
    for cut in cuts:
        feed(engine, records(half_hour[first:cut]), into=part)
        first = cut
        mark = engine.snapshot()
        tail = Results().take(engine.finish())
        same = part.snaps.tobytes() == results.snaps[: len(part.snaps)].tobytes()
        assert same
        assert len(tail.snaps) <= 1
        engine.restore(mark)
    assert_same_prefix(part, results)


def hash_of(words: Words, chunk: int, config: dict[str, Any]) -> str:
    engine = engine_for(with_flows=False, **config)
    chain = SignalHash()
    for first in range(0, len(words), chunk):
        for block in engine.feed(records(words[first : first + chunk])):
            chain.update(block)
    for block in engine.finish():
        chain.update(block)
    return chain.hexdigest()


def test_the_hash_is_the_same_for_all_chunks(half_hour: Words) -> None:
    config = es_config(half_hour)
    assert len({hash_of(half_hour, chunk, config) for chunk in (1, 7, 2048)}) == 1


def test_the_hash_changes_with_any_one_size(half_hour: Words) -> None:
    dice = random.Random(8)
    words, config = half_hour[:3000], es_config(half_hour)
    whole = hash_of(words, 2048, config)
    for k in range(16):
        other = words.copy()
        if k % 4 == 0:
            other[dice.randrange(len(words)), 3] ^= 1
        else:
            other[dice.randrange(len(words)), 6 + 4 * dice.randrange(10) + 2] ^= dice.choice((1, 1 << 32))
        assert hash_of(other, 2048, config) != whole


# --- order-level truth -----------------------------------------------------------------------------------------------


class OrderTruth:
    """Added, pulled and filled contracts by (T, side, tick) from the orders themselves, from ``first_ns`` on.

    An F counts as a fill when it is on the passive side of a printed T at that price and time; one on the aggressor's
    own order, or without a T, is a pull. Filled volume of which its order shows no loss was refilled: fill and added.
    """

    def __init__(self, first_ns: int) -> None:
        self.cells: Truth = {name: defaultdict(int) for name in ("added", "pulled", "filled")}
        self._first_ns = first_ns
        self._clock = self._event_ns = 0
        self._orders: dict[int, tuple[int, int, int]] = {}
        self._printed: dict[tuple[int, int], int] = defaultdict(int)
        self._passed: dict[int, int] = defaultdict(int)
        self._place: dict[int, tuple[int, int]] = {}

    def feed(self, path: Path) -> Truth:
        from databento import DBNStore

        for row in DBNStore.from_file(path).to_ndarray():
            if int(row["ts_event"]) != self._event_ns:
                self._end_event()
                self._event_ns = int(row["ts_event"])
                self._clock = max(self._clock, self._event_ns)
            self._one(row)
        self._end_event()
        return self.cells

    def _one(self, row: Any) -> None:
        action, number, size = row["action"], int(row["order_id"]), int(row["size"])
        tick, side = int(row["price"]) // 250_000_000, BID if row["side"] == b"B" else ASK
        if action == b"R":
            self._orders.clear()
        elif action == b"T" and row["side"] != b"N":
            self._printed[1 - side, tick] += size
        elif action == b"F":
            matched = min(size, self._printed[side, tick])
            self._printed[side, tick] -= matched
            self._passed[number] += matched
            self._place[number] = (side, tick)
        elif action == b"A" or (action == b"M" and number not in self._orders):
            self._orders[number] = (side, tick, size)
            self._note("added", side, tick, size)
        elif action in (b"C", b"M") and number in self._orders:
            self._change(number, tick, size, cancel=action == b"C")

    def _change(self, number: int, tick: int, size: int, *, cancel: bool) -> None:
        side, old_tick, old_size = self._orders.pop(number)
        rest, new_tick = (old_size - size, old_tick) if cancel else (size, tick)
        if rest > 0:
            self._orders[number] = (side, new_tick, rest)
        lost = old_size if new_tick != old_tick else old_size - rest
        if new_tick != old_tick:
            self._note("added", side, new_tick, rest)
        if lost < 0:
            self._note("added", side, old_tick, -lost)
            return
        filled = min(lost, self._passed[number])
        self._passed[number] -= filled
        self._note("filled", side, old_tick, filled)
        self._note("pulled", side, old_tick, lost - filled)

    def _end_event(self) -> None:
        for number, left in self._passed.items():
            for name in ("filled", "added") if left else ():
                self._note(name, *self._place[number], left)
        self._printed.clear()
        self._passed.clear()

    def _note(self, name: str, side: int, tick: int, contracts: int) -> None:
        if contracts and self._clock >= self._first_ns:
            self.cells[name][(self._clock // INTERVAL + 1) * INTERVAL, side, tick] += contracts


def test_flows_equal_the_truth_of_the_orders(vendor_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over the prices visible for the whole bucket or with a flow of either kind; shares of the volume that moved."""
    folder = vendor_data / "es"
    words = vendor_words(folder / "esh4-20231225-preopen-2330.mbp-10.dbn.zst")
    config = es_config(words) | {"sessions": sessions(ES_OPEN_NS - HOUR)}
    results = run(words, **config)
    truth = OrderTruth(ES_OPEN_NS + SECOND).feed(folder / "esh4-20231225-preopen-2330.mbo.dbn.zst")
    cells = {
        key: cell
        for key, cell in results.cells().items()
        if key[0] > ES_OPEN_NS + SECOND and key[1] is not None and cell["visible_ns"] == INTERVAL
    }
    shares = {}
    for name in ("filled", "added", "pulled"):
        error = sum([abs(cell[name] - truth[name].get(key, 0)) for key, cell in cells.items()])
        shares[name] = error / sum(cell[name] for cell in cells.values())
    net = [
        key
        for key, cell in cells.items()
        if cell["added"] - cell["pulled"] - cell["filled"]
        != truth["added"].get(key, 0) - truth["pulled"].get(key, 0) - truth["filled"].get(key, 0)
    ]
    with capsys.disabled():
        print(f"\n{len(cells)} cells; shares of volume in error: {shares}; cells whose net differs: {len(net)}")
    assert net == []
    assert shares["filled"] <= 0.005
    assert shares["added"] <= 0.002
    assert shares["pulled"] <= 0.002


# --- books that must not be believed ---------------------------------------------------------------------------------


def other_market(path: Path, tick_e9: int) -> tuple[Words, Results]:
    words = vendor_words(path)
    row = words.view(MBP10_DTYPE)[:, 0]
    day = int(row["ts_event"].min()) // (24 * HOUR) * 24 * HOUR
    config: dict[str, Any] = {
        "sessions": sessions(day - 2 * HOUR),
        "tick_e9": tick_e9,
        "publisher_id": int(row["publisher_id"][0]),
        "instrument_id": int(row["instrument_id"][0]),
    }
    return words, run(words, **config)


def test_a_book_joined_in_mid_stream_is_never_believed(vendor_data: Path) -> None:
    words, results = other_market(vendor_data / "robustness" / "clx5-20250924-coldstart.mbp-10.dbn.zst", 10_000_000)
    assert len(results.snaps) > 100
    assert (results.snaps["trust"][:, 0] != Trust.GREEN).all()
    assert len(results.alerts) == 0
    wrong = sum(results.counters[n] for n in ("bad_time", "bad_price", "bad_size", "bad_action", "far_price"))
    assert (wrong + results.counters["unordered_book"]) / len(words) < 0.01


def test_a_book_that_lags_its_trades_is_never_believed(vendor_data: Path) -> None:
    _, results = other_market(vendor_data / "robustness" / "sierra-esh2-20220124-1330.mbp-10.dbn.zst", 250_000_000)
    assert len(results.snaps) > 20
    states = {(Trust(int(s["trust"][0])), TrustReason(int(s["trust_reason"][0]))) for s in results.snaps}
    assert all(state is not Trust.GREEN for state, _ in states), states


def test_a_thin_stock_with_one_sided_and_empty_books_gives_numbers(vendor_data: Path) -> None:
    from tests.physics.test_robustness import assert_sound

    words, results = other_market(vendor_data / "robustness" / "arl-xnas-20250717.mbp-10.dbn.zst", 10_000_000)
    assert results.counters["records"] == len(words)
    assert_sound(results)


def test_a_crossed_pre_open_book_gives_numbers(vendor_data: Path) -> None:
    from tests.physics.test_robustness import assert_sound

    words = vendor_words(vendor_data / "es" / "esh4-20231225-preopen-2330.mbp-10.dbn.zst")
    results = run(words, **es_config(words))
    assert_sound(results)
    assert results.times[0] >= ES_OPEN_NS
