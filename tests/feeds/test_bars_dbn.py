"""Minute bars out of DBN files: the vendor's own, and those put together from trades."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spymaster.feeds.bars.bars import BarSpan
from spymaster.feeds.bars.dbn_files import aggregate_bars, ids_of, is_outside, read_dbn_bars
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.kinds import UNDEF_PRICE, Kind
from tests.support.bars import ES, MINUTE, NINE, POINT, WEEK, bar_file, bar_records, walk
from tests.support.dbn import dbn_file, records

Trade = tuple[float, float, int]
"""Seconds after nine, price, size."""


def trades_file(folder: Path, trades: list[Trade], **columns: Any) -> DbnFile:
    times = np.array([NINE + round(t * 1e9) for t, _, _ in trades], dtype=np.uint64)
    prices = [round(price * POINT) for _, price, _ in trades]
    sizes = [size for *_, size in trades]
    about = {"price": prices, "size": sizes, "action": b"T", "side": b"N", **columns}
    rows = records(Kind.TRADE, len(trades), recv_ns=times, **about)
    return DbnFile.open(dbn_file(folder / "a.trades.dbn", "trades", rows, start_ns=NINE))


def made(file: DbnFile, span: BarSpan = WEEK) -> list[tuple[float, ...]]:
    """Minute after nine, open, high, low, close, volume of each bar."""
    (bars,) = aggregate_bars(file, {17077}, span)
    minutes = (bars.start_ns - NINE) / MINUTE
    return [
        (float(m), *(p / POINT for p in prices), float(v))
        for m, prices, v in zip(minutes, bars.prices_e9.tolist(), bars.volume, strict=True)
    ]


@pytest.mark.parametrize("name", ["a.ohlcv-1m.dbn", "a.ohlcv-1m.dbn.zst"])
def test_the_vendor_s_bars_are_read_as_they_stand(tmp_path: Path, name: str) -> None:
    rows = walk(3000)
    (one, *more) = read_dbn_bars(DbnFile.open(bar_file(tmp_path / name, rows)), {17077})
    starts = np.concatenate([part.start_ns for part in (one, *more)])
    assert np.array_equal(starts, bar_records(rows)["ts_event"].astype(np.int64))
    assert np.array_equal(one.prices_e9[:, 3], bar_records(rows)["close"][: len(one)])


def test_bars_of_other_instruments_in_the_file_are_left_alone(tmp_path: Path) -> None:
    rows = np.concatenate((bar_records(walk(3)), bar_records(walk(4), instrument_id=5)))
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "ohlcv-1m", rows, symbol_map={17077: "ESH4", 5: "NQH4"}))
    assert sum(len(part) for part in read_dbn_bars(file, ids_of(file, ES))) == 3


def test_trades_become_bars_of_their_minutes(tmp_path: Path) -> None:
    trades: list[Trade] = [
        (0.0, 4800.0, 1),
        (30.0, 4802.0, 2),
        (59.999, 4799.5, 3),
        (60.0, 4801.0, 4),
        (185.0, 4790.0, 5),
    ]
    assert made(trades_file(tmp_path, trades)) == [
        (0.0, 4800.0, 4802.0, 4799.5, 4799.5, 6.0),
        (1.0, 4801.0, 4801.0, 4801.0, 4801.0, 4.0),
        (3.0, 4790.0, 4790.0, 4790.0, 4790.0, 5.0),
    ]


def test_a_late_trade_still_counts_in_its_minute(tmp_path: Path) -> None:
    trades: list[Trade] = [(0.0, 4800.0, 1), (60.0, 4801.0, 1), (59.0, 4810.0, 1), (61.0, 4800.0, 1)]
    assert made(trades_file(tmp_path, trades)) == [
        (0.0, 4800.0, 4810.0, 4800.0, 4810.0, 2.0),
        (1.0, 4801.0, 4801.0, 4800.0, 4800.0, 2.0),
    ]


def test_chunks_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    trades = [(float(t), 4800.0 + 0.25 * int(rng.integers(-40, 40)), int(rng.integers(1, 9))) for t in range(900)]
    file = trades_file(tmp_path, trades)
    whole = made(file)
    read = file.chunks
    monkeypatch.setattr(file, "chunks", lambda: read(7))
    assert made(file) == whole
    assert len(whole) == 15


def test_only_trades_with_a_price_count(tmp_path: Path) -> None:
    trades: list[Trade] = [(0.0, 4800.0, 1), (1.0, 4801.0, 1), (2.0, 4802.0, 1)]
    file = trades_file(tmp_path, trades, action=[b"T", b"F", b"T"], price=[4800 * POINT, 4801 * POINT, UNDEF_PRICE])
    assert made(file) == [(0.0, 4800.0, 4800.0, 4800.0, 4800.0, 1.0)]


def test_reading_stops_behind_the_span(tmp_path: Path) -> None:
    trades: list[Trade] = [(0.0, 4800.0, 1), (60.0, 4801.0, 1)]
    file = trades_file(tmp_path, trades)
    assert is_outside(file, BarSpan(NINE - MINUTE, NINE))
    assert not is_outside(file, BarSpan(NINE - MINUTE, NINE + 1))


@pytest.mark.parametrize(
    ("symbols", "ids"),
    [
        ({17077: "ESH4"}, {17077}),
        ({9: "ESH4"}, {9}),
        ({17077: "ESM4"}, set()),
        ({17077: "ES.c.0"}, {17077}),
        ({9: "ES.c.0"}, set()),
        ({}, {17077}),
    ],
)
def test_the_symbol_tells_whose_bars_they_are(tmp_path: Path, symbols: dict[int, str], ids: set[int]) -> None:
    assert ids_of(DbnFile.open(bar_file(tmp_path / "a.dbn", walk(3), symbol_map=symbols)), ES) == ids
