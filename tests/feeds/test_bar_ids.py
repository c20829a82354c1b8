"""Contracts of one table that the venue's ids tell apart: chosen as by name, and never by the order of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.feeds.bars.bars import BarCollector, BarSpan, Stamped
from spymaster.feeds.bars.files import read_table
from spymaster.feeds.errors import SourceError
from tests.support.bars import ES, MINUTE, NINE, POINT, SPY, at, collector

OWN = ES.instrument_id
OTHER, THIRD = 5602, 5603
DAY = 24 * 60 * MINUTE
Bar = tuple[int, int, float, int]
"""Start in ns, id, price, volume."""


def table(path: Path, rows: Sequence[Bar], names: Sequence[str] | None = None, name_column: str = "symbol") -> Path:
    """Flat bars as a CSV or a Parquet file with an id each, and a name each where there are names."""
    columns = {
        "ts_event": [row[0] for row in rows],
        "instrument_id": [row[1] for row in rows],
        **{price: [row[2] for row in rows] for price in ("open", "high", "low", "close")},
        "volume": [row[3] for row in rows],
        **({name_column: list(names)} if names is not None else {}),
    }
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    else:
        lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        path.write_text("\n".join(lines) + "\n")
    return path


def minutes(ids: Sequence[tuple[int, float, int]], count: int = 3, start_ns: int = NINE) -> list[Bar]:
    """Bars of several ids in each of some minutes: id, price and volume of each."""
    return [(start_ns + n * MINUTE, *one) for n in range(count) for one in ids]


def taken(path: Path, taker: BarCollector | None = None) -> BarCollector:
    taker = taker or collector()
    taker.add(path, read_table(path, Stamped.START))
    return taker


def closes(taker: BarCollector) -> list[float]:
    return [float(price) for price in taker.records()["close"] / POINT]


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
@pytest.mark.parametrize("order", [1, -1])
def test_the_instrument_s_own_id_is_picked_whatever_the_order_of_the_rows(
    tmp_path: Path, name: str, order: int
) -> None:
    rows = minutes([(OWN, 4800.0, 10), (OTHER, 4855.0, 900)][::order])
    path = table(tmp_path / name, rows)
    taker = taken(path)
    assert closes(taker) == [4800.0] * 3
    assert taker.rejected == {}
    assert taker.problems == [
        f"{path}: bars of instrument_id {OTHER} left out: those of {ES.symbol} are {OWN}",
    ]


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
def test_ids_that_name_no_product_decide_nothing(tmp_path: Path, name: str) -> None:
    path = table(tmp_path / name, minutes([(OTHER, 4800.0, 10), (THIRD, 4855.0, 900)]))
    with pytest.raises(SourceError) as refused:
        taken(path)
    assert str(refused.value) == (
        f"{path}: holds bars of several contracts, told apart by instrument_id alone ({OTHER}, {THIRD}), and none is "
        f"that of ESH4 ({OWN}); add a column symbol, or name bars of one contract"
    )


def test_one_id_alone_needs_no_choice(tmp_path: Path) -> None:
    taker = taken(table(tmp_path / "bars.csv", minutes([(OTHER, 4800.0, 10)])))
    assert (closes(taker), taker.problems) == ([4800.0] * 3, [])


def test_ids_that_follow_one_another_are_one_run_of_bars(tmp_path: Path) -> None:
    rows = minutes([(OTHER, 4790.0, 10)], start_ns=NINE - DAY) + minutes([(THIRD, 4800.0, 10)])
    assert closes(taken(table(tmp_path / "bars.csv", rows))) == [4790.0] * 3 + [4800.0] * 3


def test_under_one_name_of_the_product_the_most_traded_id_of_each_session_is_used(tmp_path: Path) -> None:
    rows = [
        *minutes([(OTHER, 4790.0, 90), (THIRD, 4845.0, 10)], start_ns=NINE - DAY),
        *minutes([(OTHER, 4800.0, 20), (THIRD, 4855.0, 70)]),
    ]
    taker = taken(table(tmp_path / "bars.csv", rows, ["ES.FUT"] * len(rows)))
    assert closes(taker) == [4790.0] * 3 + [4855.0] * 3
    (told,) = taker.problems
    assert told.endswith(f"instrument_id {OTHER} in 1 session, instrument_id {THIRD} in 1 session")


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
@pytest.mark.parametrize("column", ["ticker", "raw_symbol", "symbol", "contract"])
def test_contracts_are_told_apart_by_a_name_in_any_of_its_columns(tmp_path: Path, name: str, column: str) -> None:
    rows = minutes([(1, 4855.0, 900), (2, 4800.0, 10)])
    taker = taken(table(tmp_path / name, rows, ["ESM4", "ESH4"] * 3, column))
    assert closes(taker) == [4800.0] * 3


def test_of_a_file_of_all_tickers_the_share_s_own_is_picked(tmp_path: Path) -> None:
    rows = minutes([(1, 190.0, 900), (2, 475.0, 10)])
    taker = taken(table(tmp_path / "day.csv", rows, ["AAPL", "SPY"] * 3, "ticker"), collector(SPY))
    assert closes(taker) == [475.0] * 3


@pytest.mark.parametrize("cell", ["x", "-1", "1.5", "99999999999"])
def test_what_is_no_id_is_said_with_its_line(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(f"ts_event,instrument_id,open,high,low,close,volume\n{NINE},{cell},1,1,1,1,1\n")
    with pytest.raises(SourceError, match=f"line 2: '{cell}' is not an instrument_id; "):
        taken(path)


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
def test_prices_in_billionths_are_known_as_such(tmp_path: Path, name: str) -> None:
    rows = [
        (start, number, round(price * POINT), volume) for start, number, price, volume in minutes([(OWN, 4800.25, 7)])
    ]
    assert closes(taken(table(tmp_path / name, rows))) == [4800.25] * 3


def test_prices_of_another_scale_are_refused_with_the_reason(tmp_path: Path) -> None:
    path = table(tmp_path / "bars.csv", minutes([(OWN, 480_000.0, 7)]))
    with pytest.raises(SourceError, match=r"its prices, around 480,000\.00, are not those of ESH4, around 4,800\.00; "):
        taken(path, collector(near_e9=4_800 * POINT))


def test_a_file_without_one_usable_bar_says_why(tmp_path: Path) -> None:
    path = table(tmp_path / "bars.csv", minutes([(OWN, 4800.1, 7)]))
    with pytest.raises(SourceError) as refused:
        taken(path)
    assert str(refused.value) == (
        f"{path}: none of its 3 bars can be used: a price is not on the tick grid (3); check what its columns hold"
    )


def naive(rows: int, start: str, name: str, folder: Path, zone: str = "") -> Path:
    """Bars a minute apart whose times are written as they stand, on a clock that is not told."""
    stamps = np.datetime64(start) + np.arange(rows) * np.timedelta64(1, "m")
    path = folder / name
    if path.suffix == ".parquet":
        columns = {price: [4800.0] * rows for price in ("o", "h", "l", "c")}
        pq.write_table(pa.table({"t": pa.array(stamps.astype("M8[us]")), **columns, "v": [1] * rows}), path)
    else:
        lines = ["t,o,h,l,c,v", *(f"{stamp}{zone},4800,4800,4800,4800,1" for stamp in stamps)]
        path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
def test_utc_without_a_zone_is_suspected_where_it_puts_bars_into_the_venue_s_pause(tmp_path: Path, name: str) -> None:
    path = naive(23 * 60, "2024-01-03T23:00", name, tmp_path)
    (told,) = taken(path).problems[:1]
    assert told == (
        f"{path}: its times bear no zone and were read as New York's: 60 of 1380 bars lie outside trading hours, "
        f"as UTC it would be 0; if they are UTC, write them as 2024-01-05T14:30:00Z"
    )


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
def test_new_york_s_times_without_a_zone_are_not_suspected(tmp_path: Path, name: str) -> None:
    assert taken(naive(23 * 60, "2024-01-03T18:00", name, tmp_path)).problems == []


def test_times_with_a_zone_are_not_suspected(tmp_path: Path) -> None:
    path = naive(23 * 60, "2024-01-03T23:00", "bars.csv", tmp_path, zone="-05:00")
    assert not any("bear no zone" in line for line in taken(path).problems)


@pytest.mark.parametrize(
    ("start", "rows", "suspected"),
    [
        ("2024-01-04T14:30", 390, True),
        ("2024-01-04T09:30", 390, False),
        ("2024-01-04T04:00", 960, False),
        ("2024-01-04T09:00", 960, True),
        ("2024-01-04T04:00", 330, False),
    ],
    ids=["UTC", "regular hours", "all hours", "all hours in UTC", "before the opening"],
)
def test_a_share_s_bars_are_held_against_its_own_hours(tmp_path: Path, start: str, rows: int, suspected: bool) -> None:
    path = naive(rows, start, "spy.csv", tmp_path)
    told = taken(path, collector(SPY)).problems
    assert any("bear no zone" in line for line in told) == suspected


def test_a_share_s_regular_hours_in_summer_s_utc_are_suspected(tmp_path: Path) -> None:
    span = BarSpan(at("2024-07-08T18:00:00-04:00"), at("2024-07-11T17:00:00-04:00"))
    path = naive(390, "2024-07-10T13:30", "spy.csv", tmp_path)
    (told,) = taken(path, collector(SPY, span)).problems
    assert "240 of 390 bars lie outside trading hours, as UTC it would be 0" in told
