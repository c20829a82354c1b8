"""Real files of minute bars: every bar is there, exact, at its minute."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from spymaster.feeds.bars.bars import Bars, BarSpan, Stamped
from spymaster.feeds.bars.dbn_files import aggregate_bars, ids_of
from spymaster.feeds.bars.files import read_table
from spymaster.feeds.dbn.definitions import session_date
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.market.instruments import FUTURES_CALENDAR, Instrument, TickSource
from spymaster.market.kinds import Kind
from spymaster.market.sessions import et_stamp
from spymaster.session.sources.history import HistoryPlan, load_history
from tests.support.bars import ES, SPY, WEEK, at, collector

pytestmark = pytest.mark.slow


def taken(path: Path, span: BarSpan, instrument: Instrument = ES) -> tuple[Bars, list[str]]:
    """A table's bars inside a span, and what was said of them; nothing may be rejected."""
    taker = collector(instrument, span)
    taker.add(path, read_table(path, Stamped.START))
    bars = taker.records()
    assert taker.rejected == {}
    return bars, taker.problems


def future(symbol: str) -> Instrument:
    return Instrument(1, 7, symbol, 250_000_000, 50, TickSource.PRODUCT_TABLE, FUTURES_CALENDAR)


def test_a_charting_tool_s_export_is_taken_bar_for_bar(data: Path) -> None:
    path = data / "bars" / "ES_Volumetric_1min_20260205_20260216.csv"
    span = BarSpan(at("2026-02-05T18:00:00-05:00"), at("2026-02-17T18:00:00-05:00"))
    bars, problems = taken(path, span, future("ESH6"))
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert len(bars) == len(rows) == 9419
    assert problems == []
    assert et_stamp(int(bars["ts_event"][0])) == "2026-02-05 18:00:00.000 EST"
    assert et_stamp(int(bars["ts_event"][-1])) == "2026-02-16 12:58:00.000 EST"
    for name in ("open", "high", "low", "close"):
        assert bars[name].tolist() == [int(Decimal(row[name]) * 10**9) for row in rows]
    assert bars["volume"].tolist() == [int(row["volume"]) for row in rows]


def test_of_many_contracts_the_front_of_each_session_is_taken(data: Path) -> None:
    path = data / "bars" / "lean_es_1min_trades.parquet"
    span = BarSpan(at("2013-10-06T18:00:00-04:00"), at("2020-01-08T00:00:00-05:00"))
    bars, (told,) = taken(path, span, future("ESM5"))
    volumes: dict[object, Counter[str]] = defaultdict(Counter)
    closes: dict[tuple[int, str], float] = {}
    for row in pq.read_table(path).to_pylist():
        start_ns = int(row["ts"].timestamp()) * 10**9
        volumes[session_date(start_ns)][row["contract"]] += row["v"]
        closes[start_ns, row["contract"]] = row["c"]
    fronts = {day: counts.most_common(1)[0][0] for day, counts in volumes.items()}
    expected = {start: close for (start, name), close in closes.items() if fronts[session_date(start)] == name}
    assert dict(zip(bars["ts_event"].tolist(), (bars["close"] / 1e9).tolist(), strict=True)) == expected
    assert len(expected) > 15_000
    assert "several contracts; of each session the one with the largest volume was used: " in told


def test_the_recording_s_own_contract_is_taken_where_it_is_there(data: Path) -> None:
    path = data / "bars" / "lean_es_1min_trades.parquet"
    span = BarSpan(at("2013-10-06T18:00:00-04:00"), at("2013-10-12T00:00:00-04:00"))
    bars, problems = taken(path, span, future("ESH4"))
    assert problems == []
    wanted = [row for row in pq.read_table(path).to_pylist() if row["contract"] == "201403"]
    starts = [int(row["ts"].timestamp()) * 10**9 for row in wanted]
    inside = [start for start in starts if span.from_ns <= start <= span.until_ns - 60 * 10**9]
    assert bars["ts_event"].tolist() == inside
    assert len(inside) > 1000


def test_bars_of_a_share_with_extended_hours(data: Path) -> None:
    path = data / "spy" / "spy_20230803_minute_extended.parquet"
    span = BarSpan(at("2023-08-02T18:00:00-04:00"), at("2023-08-04T00:00:00-04:00"))
    bars, _ = taken(path, span, SPY)
    assert len(bars) == 947
    assert et_stamp(int(bars["ts_event"][0])) == "2023-08-03 04:00:00.000 EDT"
    assert int(bars["open"][0]) == 447_910_000_000


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "spy/spy-0dte-20230803.ohlcv-1m.dbn.zst",
            r"no minute bars and no trades of ESU3 or SPY in it \(it holds: SPY  ",
        ),
        ("spy/definition-opra.dbn.zst", "no minute bars and no trades of ESU3 or SPY in it"),
        ("spx/spx_quotedata_20220611.csv", "line 2: has no column for time, open, high, low, close, volume"),
        ("dbn_fixtures/test_data.ohlcv-1h.dbn", "holds ohlcv-1h records, which this program has no use for"),
        ("dbn_fixtures/LICENSE", "line 1: has no column for"),
    ],
)
def test_what_is_no_history_of_the_instrument_is_refused(data: Path, name: str, problem: str) -> None:
    plan = HistoryPlan(future("ESU3"), at("2023-08-03T16:00:00-04:00"), 3, "SPY", paths=(data / name,))
    with pytest.raises(SourceError, match=problem) as refused:
        load_history(plan)
    assert "\n" not in str(refused.value)


def test_depth_and_trades_of_an_evening_make_the_same_bars(data: Path) -> None:
    made = []
    span = BarSpan(WEEK.from_ns - 30 * 86_400 * 10**9, WEEK.until_ns)
    for kind in ("mbp-10", "trades"):
        file = DbnFile.open(data / "es" / f"esh4-20231225-2300-2330.{kind}.dbn.zst")
        (bars,) = aggregate_bars(file, ids_of(file, ES), span)
        made.append(np.column_stack((bars.start_ns, bars.prices_e9, bars.volume)))
    assert np.array_equal(made[0], made[1])
    assert len(made[0]) == 30
    trades = DbnFile.open(data / "es" / "esh4-20231225-2300-2330.trades.dbn.zst")
    assert made[0][:, 5].sum() == sum(int(batch.arrays[Kind.TRADE]["size"].sum()) for batch in trades.chunks())
