"""Rows of signals over days: the run that counts, the rows asked for in order of time, and few bytes besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.errors import UserError
from spymaster.lake.catalog import Lake
from spymaster.lake.days.choice import ALL_TIME, Span, days_of, portions, whole
from spymaster.lake.days.conditions import condition, known_columns
from spymaster.lake.days.signals import SignalRows, Wanted
from spymaster.lake.days.trade_dates import day_ns, trade_date_at, trade_dates
from spymaster.lake.gold.schema import signals_schema
from spymaster.lake.gold.writer import GoldWriter
from spymaster.lake.run_manifest import RunManifest
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.tables.routing import hour_of
from spymaster.market.levels import LevelKind
from spymaster.market.manifest import RunStatus
from spymaster.market.rows import LEVEL_FIELDS, LEVEL_ROW
from tests.lake.test_renamed import VERSIONS, gold_of
from tests.support.blocks import SNAP_NS
from tests.support.journals import T0_NS
from tests.support.lakes import HOUR_NS, RUN, lake_at, published

DAY_NS = 24 * HOUR_NS
KINDS = [*[LevelKind.ROUND] * 6, *[LevelKind.STRIKE] * 6, LevelKind.VWAP, LevelKind.POC, LevelKind.VAH]
ALL = tuple(signals_schema().arrow.names)


def recorded(
    root: Path,
    run_id: str,
    *,
    from_ns: int = T0_NS,
    snaps: int = 40,
    status: RunStatus = RunStatus.SEALED,
    score: float = 50.0,
    hour: int | None = None,
) -> None:
    """The Gold of a run: every snap has a level of each of ``KINDS``, whose other columns are noise."""
    storage = LocalStorage(root)
    rng = np.random.default_rng(snaps)
    heads, levels = published(snaps, len(KINDS), from_ns=from_ns)
    numbers = levels.view(np.float64).reshape(len(levels), len(LEVEL_FIELDS))
    floats = [k for k, name in enumerate(LEVEL_ROW.names or ()) if pa.types.is_floating(_type(name))]
    numbers[:, floats] = rng.random((len(levels), len(floats)))
    levels["kind"], levels["price"] = np.tile(KINDS, snaps), np.tile(4800.0 + np.arange(len(KINDS)), snaps)
    levels["score"], levels["distance"] = score, 1.0
    manifest = RunManifest(storage, msgspec.structs.replace(RUN, id=run_id, started_ns=from_ns))
    writer = GoldWriter(PartMaker(storage, run_id), "ES", 5.0)
    writer.signals(heads, levels, hour if hour is not None else hour_of(from_ns))
    manifest.add(writer.close_hour())
    manifest.write(status, from_ns + snaps * SNAP_NS)


def _type(name: str) -> Any:
    return signals_schema().arrow.field(name).type


def asked(lake: Lake, wanted: Wanted, span: Span = ALL_TIME) -> tuple[Any, SignalRows]:
    """The rows that count within a span, and what reading them took."""
    rows = SignalRows(lake.storage, portions(days_of(lake.runs, span), span), wanted)
    return pa.concat_tables([rows.schema.empty_table(), *rows.tables()]), rows


def whole_date(date: int) -> Span:
    return day_ns(date)


def test_a_trade_date_begins_at_six_in_the_evening_before_in_new_york() -> None:
    begin_ns, end_ns = day_ns(20240105)
    assert [trade_date_at(ns) for ns in (begin_ns - 1, begin_ns, end_ns - 1, end_ns)] == [
        *(20240104, 20240105, 20240105, 20240106)
    ]
    assert trade_dates(begin_ns - 1, end_ns) == [20240104, 20240105, 20240106]


def test_only_rows_of_the_kind_and_columns_asked_for_are_given_by_time(tmp_path: Path) -> None:
    recorded(tmp_path, "one", snaps=2500)
    table, _ = asked(lake_at(tmp_path), Wanted(("price", "ts_event_ns"), ("STRIKE",)))
    assert table.column_names == ["price", "ts_event_ns"]
    times = table["ts_event_ns"].to_numpy()
    assert (times == np.repeat(T0_NS + SNAP_NS * np.arange(2500), 6)).all()
    assert table["price"].to_pylist()[:7] == [4806.0, 4807.0, 4808.0, 4809.0, 4810.0, 4811.0, 4806.0]


def test_all_rows_come_by_time_and_are_those_of_the_file(tmp_path: Path) -> None:
    recorded(tmp_path, "one", snaps=2500)
    table, _ = asked(lake_at(tmp_path), Wanted(ALL))
    (path,) = tmp_path.rglob("gold/**/*.parquet")
    order = [("ts_event_ns", "ascending"), ("kind", "ascending"), ("price", "ascending")]
    assert table.sort_by(order).equals(pq.ParquetFile(path).read().cast(table.schema).sort_by(order))
    assert (np.diff(table["ts_event_ns"].to_numpy()) >= 0).all()


def test_three_columns_of_a_kind_cost_a_twentieth_of_the_dates_bytes_and_all_of_them_a_quarter(tmp_path: Path) -> None:
    for day in range(3):
        recorded(tmp_path, f"day-{day}", from_ns=T0_NS + day * DAY_NS, snaps=7200)
    lake = lake_at(tmp_path)
    span = whole_date(20240106)
    for columns, most in ((("ts_event_ns", "level_id", "score"), 0.05), (ALL, 0.25)):
        table, rows = asked(lake, Wanted(columns, ("VWAP",)), span)
        (file,) = (file for file in lake.runs[1].files("gold"))
        assert (len(table), rows.cost.files, rows.cost.held) == (7200, 1, file.bytes)
        assert 0 < rows.cost.read <= most * file.bytes


def test_of_several_runs_of_a_date_the_newest_that_is_complete_counts(tmp_path: Path) -> None:
    recorded(tmp_path, "20240105T143000Z-1", score=1.0)
    recorded(tmp_path, "20240107T090000Z-2", score=2.0)
    recorded(tmp_path, "20240106T090000Z-3", score=3.0)
    recorded(tmp_path, "20240108T090000Z-4", score=4.0, status=RunStatus.TORN)
    (day,) = days_of(lake_at(tmp_path).runs, ALL_TIME)
    assert day.run.run.id == "20240107T090000Z-2"
    assert str(day).startswith("2024-01-05: run 20240107T090000Z-2 (sealed) counts, not ")
    table, _ = asked(lake_at(tmp_path), Wanted(("score",)))
    assert set(table["score"].to_pylist()) == {2.0}


def test_of_runs_that_are_all_torn_the_newest_counts(tmp_path: Path) -> None:
    for number, score in ((5, 1.0), (6, 2.0)):
        recorded(tmp_path, f"2024010{number}T143000Z-1", score=score, status=RunStatus.TORN)
    assert set(asked(lake_at(tmp_path), Wanted(("score",)))[0]["score"].to_pylist()) == {2.0}


def test_an_id_that_only_looks_like_a_moment_is_no_moment(tmp_path: Path) -> None:
    recorded(tmp_path, "20249999T143000Z-1", score=1.0)
    recorded(tmp_path, "20240106T143000Z-2", score=2.0)
    assert set(asked(lake_at(tmp_path), Wanted(("score",)))[0]["score"].to_pylist()) == {2.0}


def test_each_date_has_its_own_winner(tmp_path: Path) -> None:
    recorded(tmp_path, "20240105T143000Z-1", score=1.0)
    recorded(tmp_path, "20240106T143000Z-2", score=2.0, from_ns=T0_NS + DAY_NS)
    recorded(tmp_path, "20240107T143000Z-3", score=3.0)
    days = days_of(lake_at(tmp_path).runs, ALL_TIME)
    assert [(day.date, day.run.run.id[-1]) for day in days] == [(20240105, "3"), (20240106, "2")]
    table, _ = asked(lake_at(tmp_path), Wanted(("score",)))
    assert set(table["score"].to_pylist()) == {2.0, 3.0}


def test_all_runs_are_given_with_their_names_when_they_are_asked_for(tmp_path: Path) -> None:
    recorded(tmp_path, "a", score=1.0)
    recorded(tmp_path, "b", score=2.0)
    lake = lake_at(tmp_path)
    rows = SignalRows(lake.storage, whole(lake.runs, ALL_TIME), Wanted(("score",), with_run=True))
    table = pa.concat_tables(rows.tables())
    assert set(zip(*table.to_pydict().values(), strict=True)) == {("a", 1.0), ("b", 2.0)}


def test_a_time_cuts_within_a_date(tmp_path: Path) -> None:
    recorded(tmp_path, "one")
    span = (T0_NS + 3 * SNAP_NS, T0_NS + 5 * SNAP_NS)
    times = asked(lake_at(tmp_path), Wanted(("ts_event_ns",), ("POC",)), span)[0]["ts_event_ns"].to_pylist()
    assert times == [T0_NS + 3 * SNAP_NS, T0_NS + 4 * SNAP_NS]


def test_a_snap_that_was_written_with_the_next_hour_belongs_to_its_own_date(tmp_path: Path) -> None:
    end_ns = day_ns(20240105)[1]
    recorded(tmp_path, "one", from_ns=end_ns - 2 * SNAP_NS, snaps=4, hour=hour_of(end_ns))
    for date, first_ns in ((20240105, end_ns - 2 * SNAP_NS), (20240106, end_ns)):
        table, _ = asked(lake_at(tmp_path), Wanted(("ts_event_ns",), ("POC",)), whole_date(date))
        assert table["ts_event_ns"].to_pylist() == [first_ns, first_ns + SNAP_NS]


def test_a_date_that_nobody_recorded_has_no_rows_and_costs_nothing(tmp_path: Path) -> None:
    recorded(tmp_path, "one")
    table, rows = asked(lake_at(tmp_path), Wanted(("score",)), whole_date(20240110))
    assert (len(table), table.column_names, rows.cost.read) == (0, ["score"], 0)


@pytest.mark.parametrize("version", VERSIONS)
def test_gold_of_every_version_is_read_under_the_names_of_today(version: str, tmp_path: Path) -> None:
    table, _ = asked(lake_at(gold_of(tmp_path, version)), Wanted(ALL))
    assert table.schema.equals(signals_schema().arrow.remove_metadata())
    (path,) = (tmp_path / "gold" / "levels").rglob("*.parquet")
    kept = pq.ParquetFile(path).read()
    assert sorted(table["price"].to_pylist()) == sorted(kept["price"].to_pylist())
    held = kept["held" if "held" in kept.column_names else "frozen"]
    assert table["held"].to_pylist() == held.to_pylist()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("price>=4810", 5),
        ("price < 4801", 1),
        ("price!=4800", 14),
        ("kind=VWAP", 1),
        ("kind != ROUND", 9),
        ("touching=false", 0),
        ("session_date=2024-01-05", 15),
        ("tick<=0", 0),
    ],
)
def test_a_condition_keeps_the_rows_that_meet_it(tmp_path: Path, text: str, kept: int) -> None:
    recorded(tmp_path, "one", snaps=1)
    wanted = Wanted(("price",), conditions=(condition(text, signals_schema().arrow),))
    assert len(asked(lake_at(tmp_path), wanted)[0]) == kept


def test_conditions_hold_together(tmp_path: Path) -> None:
    recorded(tmp_path, "one", snaps=1)
    both = tuple(condition(text, signals_schema().arrow) for text in ("price>=4801", "price<=4802"))
    assert asked(lake_at(tmp_path), Wanted(("price",), conditions=both))[0]["price"].to_pylist() == [4801.0, 4802.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("score", "is no condition; write COLUMN=VALUE"),
        ("scores>1", "there is no such column; did you mean score"),
        ("score>high", "'high' is no value of score, which is a number"),
        ("touching=maybe", "which is true or false"),
        ("session_date=today", "which is a date"),
        ("tick=1.5", "which is a whole number"),
    ],
)
def test_a_condition_that_makes_no_sense_is_answered_in_one_line(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        condition(text, signals_schema().arrow)
    assert "\n" not in str(caught.value)


def test_a_column_named_twice_is_given_once() -> None:
    assert known_columns("--columns", ["score", " price", "score"], signals_schema().arrow) == ("score", "price")
