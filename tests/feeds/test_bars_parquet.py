"""Parquet files of minute bars: the same columns as a CSV, times of any type."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.feeds.bars.bars import MINUTE_NS, Stamped
from spymaster.feeds.bars.parquet_files import read_parquet_bars
from spymaster.feeds.errors import SourceError
from tests.support.bars import NINE, POINT

UTC = [dt.datetime(2024, 1, 4, 14, minute, tzinfo=dt.UTC) for minute in range(3)]
LOCAL = [dt.datetime(2024, 1, 4, 9, minute) for minute in range(3)]
PRICES: dict[str, Any] = {"o": [4800.0] * 3, "h": [4801.0] * 3, "l": [4799.0] * 3, "c": [4800.5] * 3, "v": [7, 8, 9]}


def written(folder: Path, **table: Any) -> Path:
    path = folder / "bars.parquet"
    pq.write_table(pa.table(table), path)
    return path


def starts(path: Path, stamped: Stamped = Stamped.START) -> list[int]:
    return [int(ns) for piece in read_parquet_bars(path, stamped) for ns in piece.start_ns]


@pytest.mark.parametrize(
    "times",
    [
        pa.array(UTC, pa.timestamp("us", "UTC")),
        pa.array(UTC, pa.timestamp("s", "America/Chicago")),
        pa.array(LOCAL, pa.timestamp("ms")),
        pa.array([NINE // 10**9 + 60 * n for n in range(3)]),
        pa.array([NINE + n * MINUTE_NS for n in range(3)]),
        pa.array([f"2024-01-04T09:0{n}:00" for n in range(3)]),
        pa.array([f"2024-01-04T14:0{n}:00Z" for n in range(3)], pa.large_string()),
    ],
    ids=lambda array: str(array.type),
)
def test_times_of_any_type_mean_the_same(tmp_path: Path, times: Any) -> None:
    assert starts(written(tmp_path, ts=times, **PRICES)) == [NINE + n * MINUTE_NS for n in range(3)]


def test_prices_and_volumes_are_taken_exactly(tmp_path: Path) -> None:
    (piece,) = read_parquet_bars(written(tmp_path, ts=UTC, **PRICES), Stamped.START)
    assert (piece.prices_e9[0] / POINT).tolist() == [4800.0, 4801.0, 4799.0, 4800.5]
    assert piece.volume.tolist() == [7, 8, 9]


def test_a_contract_column_comes_along(tmp_path: Path) -> None:
    (piece,) = read_parquet_bars(written(tmp_path, ts=UTC, contract=["a", "b", None], **PRICES), Stamped.START)
    assert piece.contract is not None
    assert piece.contract.tolist() == ["a", "b", None]


def test_nothing_where_there_is_no_value(tmp_path: Path) -> None:
    prices = {**PRICES, "h": [4801.0, None, 4801.0], "v": [7, None, 9]}
    (piece,) = read_parquet_bars(written(tmp_path, ts=UTC, **prices), Stamped.START)
    assert (piece.prices_e9[1, 1], piece.volume[1]) == (2**63 - 1, -1)


def test_a_time_that_is_missing_is_no_time_of_a_wanted_bar(tmp_path: Path) -> None:
    times = pa.array([UTC[0], None, UTC[2]], pa.timestamp("us", "UTC"))
    assert starts(written(tmp_path, ts=times, **PRICES), Stamped.END)[1] < 0


def test_bars_stamped_at_their_end_begin_a_minute_earlier(tmp_path: Path) -> None:
    assert starts(written(tmp_path, ts=UTC, **PRICES), Stamped.END)[0] == NINE - MINUTE_NS


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"ts": UTC, "o": [1.0] * 3}, "has no column for high, low, close, volume; "),
        ({"ts": [dt.date(2024, 1, 4)] * 3, **PRICES}, "its times are of type date32"),
        ({"ts": ["soon"] * 3, **PRICES}, "'soon' is not a time; "),
        ({"ts": UTC, **PRICES, "o": [[1.0]] * 3}, "cannot be read as Parquet ("),
    ],
)
def test_a_table_that_is_no_bars_is_refused_in_one_line(tmp_path: Path, table: dict[str, Any], problem: str) -> None:
    path = written(tmp_path, **table)
    with pytest.raises(SourceError) as refused:
        starts(path)
    assert str(refused.value).startswith(f"{path}: {problem}")
    assert "\n" not in str(refused.value)


def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, ts=UTC, **PRICES)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(SourceError, match="cannot be read as Parquet") as refused:
        starts(path)
    assert "\n" not in str(refused.value)
