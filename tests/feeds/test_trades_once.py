"""Two tapes of the same trades are compared as multisets, however they are fed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.trades_once import TradesBeside, TradesOnce, split_trades
from spymaster.feeds.merge import merge
from spymaster.market.instruments import Instrument, TickSource
from spymaster.market.kinds import MBP10_WORDS, Kind
from tests.support.dbn import dbn_file, depth, records, trades_of

ES = Instrument(1, 17077, "ESH4", 250_000_000, 50, TickSource.PRODUCT_TABLE, "CME Globex Equity")


def _compare(words: NDArray[np.int64], trades: NDArray[Any], step: int = 10**9) -> tuple[int, int]:
    once = TradesOnce(ES.publisher_id, ES.instrument_id)
    for at in range(0, max(len(words), len(trades)), step):
        once.feed_depth(words[at : at + step])
        once.feed_trades(trades[at : at + step])
    return once.missing, once.extra


@pytest.mark.parametrize("step", [1, 7, 10**9])
def test_the_same_trades_leave_nothing(step: int) -> None:
    words = depth(300, every_nth_a_trade=3)
    assert _compare(words, trades_of(words), step) == (0, 0)


def test_order_does_not_matter() -> None:
    words = depth(300, every_nth_a_trade=3)
    assert _compare(words, trades_of(words)[::-1].copy()) == (0, 0)


def test_a_trade_the_depth_has_not_is_missing() -> None:
    words = depth(300, every_nth_a_trade=3)
    assert _compare(np.delete(words, [30, 33], axis=0), trades_of(words)) == (2, 0)


def test_a_trade_only_the_depth_has_is_extra() -> None:
    words = depth(300, every_nth_a_trade=3)
    assert _compare(words, np.delete(trades_of(words), 5)) == (0, 1)


@pytest.mark.parametrize(
    ("field", "value"), [("ts_event", 5), ("sequence", 99_999), ("price", 7), ("size", 12_345), ("side", b"N")]
)
def test_every_part_of_the_identity_counts(field: str, value: Any) -> None:
    words = depth(9, every_nth_a_trade=3)
    trades = trades_of(words)
    trades[field][1] = value
    assert _compare(words, trades) == (1, 1)


@pytest.mark.parametrize(("field", "value"), [("ts_recv", 5), ("ts_in_delta", -9), ("flags", 255), ("depth", 9)])
def test_what_the_feeds_say_differently_does_not_count(field: str, value: Any) -> None:
    words = depth(9, every_nth_a_trade=3)
    trades = trades_of(words)
    trades[field] = value
    assert _compare(words, trades) == (0, 0)


def test_twins_are_counted_one_by_one() -> None:
    words = depth(30, every_nth_a_trade=3)
    twins = np.concatenate((words, words[:1], words[:1]))
    assert _compare(twins, np.concatenate((trades_of(words), trades_of(words)[:1]))) == (0, 1)


def test_other_instruments_do_not_count() -> None:
    words = depth(30, every_nth_a_trade=3)
    others = [depth(30, every_nth_a_trade=3, **of) for of in ({"instrument_id": 2**32 - 1}, {"publisher_id": 2})]
    assert _compare(np.concatenate((words, *others)), trades_of(words)) == (0, 0)
    assert _compare(words, np.concatenate([trades_of(rows) for rows in (words, *others)])) == (0, 0)


def test_an_id_with_the_highest_bit_set() -> None:
    once = TradesOnce(2**16 - 1, 2**32 - 1)
    once.feed_depth(depth(3, every_nth_a_trade=1, instrument_id=2**32 - 1, publisher_id=2**16 - 1))
    assert (once.missing, once.extra) == (0, 3)


def test_memory_stays_small_while_the_streams_agree() -> None:
    once = TradesOnce(ES.publisher_id, ES.instrument_id)
    words = depth(2000, every_nth_a_trade=1)
    held = []
    for _ in range(20):
        once.feed_depth(words)
        once.feed_trades(trades_of(words))
        held.append(once.held)
    assert max(held) <= 8192
    assert (once.missing, once.extra) == (0, 0)


@given(
    st.lists(st.integers(0, 5), max_size=60),
    st.lists(st.integers(0, 5), max_size=60),
    st.integers(1, 20),
    st.integers(1, 20),
)
def test_the_counts_are_those_of_the_multisets(left: list[int], right: list[int], step: int, other_step: int) -> None:
    words = depth(len(left), every_nth_a_trade=1, sequence=left, ts_event=5, price=3, size=2)
    trades = trades_of(depth(len(right), every_nth_a_trade=1, sequence=right, ts_event=5, price=3, size=2))
    once = TradesOnce(ES.publisher_id, ES.instrument_id)
    for at in range(60):
        once.feed_depth(words[at * step : (at + 1) * step].reshape(-1, MBP10_WORDS))
        once.feed_trades(trades[at * other_step : (at + 1) * other_step])
    assert once.missing == (Counter(right) - Counter(left)).total()
    assert once.extra == (Counter(left) - Counter(right)).total()


def test_trades_of_an_instrument_with_depth_are_set_beside(tmp_path: Path) -> None:
    words = depth(6, every_nth_a_trade=2)
    es_depth = DbnFile.open(dbn_file(tmp_path / "1.dbn", "mbp-10", words))
    es_trades = DbnFile.open(dbn_file(tmp_path / "2.dbn", "trades", trades_of(words)))
    stock = records(Kind.TRADE, 3, publisher_id=2)
    spy_trades = DbnFile.open(dbn_file(tmp_path / "3.dbn", "trades", stock, dataset="XNAS.ITCH"))
    nothing = DbnFile.open(dbn_file(tmp_path / "4.dbn", "trades"))
    everything = [es_depth, es_trades, spy_trades, nothing]
    assert split_trades(everything, [ES]) == ([es_depth, spy_trades, nothing], [es_trades])


def test_trades_without_depth_are_the_tape(tmp_path: Path) -> None:
    trades = DbnFile.open(dbn_file(tmp_path / "2.dbn", "trades", records(Kind.TRADE, 3)))
    other_depth = DbnFile.open(
        dbn_file(tmp_path / "1.dbn", "mbp-10", depth(3, instrument_id=8), symbol_map={8: "NQH4"})
    )
    assert split_trades([trades, other_depth], [ES]) == ([trades, other_depth], [])


def test_trades_files_are_read_only_as_far_as_the_depth_has_come(tmp_path: Path) -> None:
    words = depth(3000, every_nth_a_trade=2)
    hours = [words[at : at + 500] for at in range(0, 3000, 500)]
    names = [tmp_path / f"{number}.trades.dbn" for number in range(6)]
    trades = [DbnFile.open(dbn_file(name, "trades", trades_of(hour))) for name, hour in zip(names, hours, strict=True)]
    beside = TradesBeside(trades, [ES])
    ahead = []
    for hour in hours:
        beside.follow_depth(hour)
        ahead.append(beside.counts[0])
    assert max(ahead) <= 250
    assert beside.finish() == (0, 0)
    beside.close()


@pytest.mark.parametrize(
    ("depth_name", "trades_name"),
    [
        ("es/esh4-20231225-2300-2330.mbp-10", "es/esh4-20231225-2300-2330.trades"),
        ("es/esh4-20231225-preopen-2330.mbp-10", "es/esh4-20231225-preopen-2330.trades"),
        ("robustness/arl-xnas-20250717.mbp-10", "robustness/arl-xnas-20250717.trades"),
    ],
)
def test_real_depth_has_every_trade_of_its_trades_file(data: Path, depth_name: str, trades_name: str) -> None:
    depth_file, trades = (DbnFile.open(data / f"{name}.dbn.zst") for name in (depth_name, trades_name))
    first = trades.head.arrays[Kind.TRADE][0]
    about = (int(first["publisher_id"]), int(first["instrument_id"]))
    beside = TradesBeside([trades], [Instrument(*about, "X", 1, 1, TickSource.INFERRED, "NASDAQ")])
    for batch in merge([depth_file]):
        beside.follow(batch)
    assert beside.finish() == (0, 0)


def test_a_longer_trades_file_has_trades_the_depth_has_not(data: Path) -> None:
    files = [
        DbnFile.open(data / "es" / f"esh4-20231225-{name}.dbn.zst")
        for name in ("2300-2330.mbp-10", "preopen-2330.trades")
    ]
    beside = TradesBeside(files[1:], [ES])
    for batch in merge(files[:1]):
        beside.follow(batch)
    assert beside.finish() == (1, 0)
