"""A lake asked in SQL: prices are numbers, times are times, letters are letters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from spymaster.lake.errors import LakeError
from spymaster.lake.query import run_query, views
from spymaster.lake.silver.compact import compact
from spymaster.market.kinds import UNDEF_PRICE, UNDEF_TIMESTAMP, Kind
from tests.lake.test_recorder import three_hours
from tests.support.dbn import records
from tests.support.journals import T0_NS
from tests.support.lakes import Frames, config_frame, es_trades, lake_at, record

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    record(folder, three_hours().stored)
    list(compact(lake_at(folder)))
    return folder


def rows(root: Path, statement: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = run_query(lake_at(root), statement).to_pylist()
    return found


def test_every_table_has_a_view(root: Path) -> None:
    silver = ("silver_futures_mbp10", "silver_options_trades")
    assert views(lake_at(root)) == ("alerts", "control", "futures_mbp10", "options_trades", "signals", *silver)
    for view in views(lake_at(root)):
        assert rows(root, f"SELECT count(*) AS n FROM {view}")[0]["n"]


def test_prices_times_and_letters_are_readable(root: Path) -> None:
    (row,) = rows(root, "SELECT * FROM futures_mbp10 ORDER BY seq LIMIT 1")
    assert (row["price"], row["ask_px_00"], row["action"], row["side"]) == (4800.0, 4800.25, "A", "B")
    assert (row["symbol"], str(row["date"]), row["hour"]) == ("ES", "2024-01-05", 14)
    assert (row["ts_event_ns"], row["ts_event"]) == (T0_NS, dt.datetime(2024, 1, 5, 14, 30))


def test_what_is_undefined_is_null(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.TRADE, es_trades(2, price=[UNDEF_PRICE, 10**9], ts_recv=[UNDEF_TIMESTAMP, T0_NS]))
    record(tmp_path, frames.stored)
    found = rows(tmp_path, "SELECT price, ts_recv_ns FROM futures_trades ORDER BY seq")
    assert found == [{"price": None, "ts_recv_ns": None}, {"price": 1.0, "ts_recv_ns": T0_NS}]


def test_sizes_counts_and_sequence_are_signed_so_that_they_can_be_subtracted(tmp_path: Path) -> None:
    frames = Frames()
    book: dict[str, Any] = {
        "bid_sz_00": [3, 9],
        "ask_sz_00": [10, 2],
        "bid_ct_00": [1, 4],
        "ask_ct_00": [2, 1],
        "sequence": [7, 5],
    }
    frames.records(Kind.MBP1, records(Kind.MBP1, 2, recv_ns=T0_NS, instrument_id=17, depth=0, **book))
    record(tmp_path, frames.stored)
    asked = "min(bid_sz_00 - ask_sz_00) AS size, max(bid_ct_00 - ask_ct_00) AS count, min(sequence - 6) AS sequence"
    assert rows(tmp_path, f"SELECT {asked} FROM futures_quotes") == [{"size": -7, "count": 3, "sequence": -1}]


def test_times_can_be_subtracted_as_numbers(root: Path) -> None:
    (found,) = rows(root, "SELECT min(ts_event_ns - ts_recv_ns) AS least FROM futures_mbp10")
    assert isinstance(found["least"], int)


@pytest.mark.parametrize("view", ["futures_mbp10", "signals", "silver_futures_mbp10"])
def test_a_date_is_a_date(root: Path, view: str) -> None:
    (row,) = rows(root, f"SELECT date, date - DATE '2024-01-01' AS days FROM {view} LIMIT 1")
    assert row == {"date": dt.date(2024, 1, 5), "days": 4}


def test_no_whole_number_of_the_feed_but_an_id_is_without_a_sign(root: Path) -> None:
    for view in views(lake_at(root)):
        types = {str(row["column_name"]): row["column_type"] for row in rows(root, f"DESCRIBE {view}")}
        unsigned = [name for name, kind in types.items() if str(kind).startswith("U") and not name.endswith("_id")]
        assert unsigned == [], view


def test_a_quantity_that_the_feed_left_undefined_is_null_and_never_a_number(tmp_path: Path) -> None:
    frames = Frames()
    none = {"max_trade_vol": 2**32 - 1, "min_lot_size": 2**31 - 1, "maturity_year": 2**16 - 1, "maturity_month": 255}
    times = {"expiration": UNDEF_TIMESTAMP, "activation": UNDEF_TIMESTAMP - 1}
    frames.records(Kind.DEF, records(Kind.DEF, 1, recv_ns=T0_NS, instrument_id=17, **none, **times))
    record(tmp_path, frames.stored)
    (found,) = rows(tmp_path, f"SELECT {', '.join((*none, *times))} FROM definitions")
    assert found == dict.fromkeys((*none, *times))


def test_the_largest_flags_and_sequence_are_numbers(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.TRADE, es_trades(1, flags=255, sequence=2**32 - 1))
    record(tmp_path, frames.stored)
    assert rows(tmp_path, "SELECT flags, sequence FROM futures_trades") == [{"flags": 255, "sequence": 2**32 - 1}]


def test_texts_are_texts(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.DEF, records(Kind.DEF, 1, recv_ns=T0_NS, instrument_id=17, raw_symbol=b"ESH4"))
    record(tmp_path, frames.stored)
    assert rows(tmp_path, "SELECT raw_symbol FROM definitions") == [{"raw_symbol": "ESH4"}]


def test_a_table_of_several_kinds_has_the_columns_of_all(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame())
    frames.records(Kind.BBO, records(Kind.BBO, 1, recv_ns=T0_NS, instrument_id=17, bid_px_00=10**9))
    frames.records(Kind.MBP1, records(Kind.MBP1, 1, recv_ns=T0_NS, instrument_id=17, depth=3))
    record(tmp_path, frames.stored)
    found = rows(tmp_path, "SELECT depth, bid_px_00 FROM futures_quotes ORDER BY seq")
    assert found == [{"depth": None, "bid_px_00": 1.0}, {"depth": 3, "bid_px_00": 0.0}]


def test_a_statement_that_makes_no_sense_is_answered_in_one_line(root: Path) -> None:
    with pytest.raises(LakeError, match="the tables are alerts, control") as caught:
        rows(root, "SELECT nothing FROM nowhere")
    assert "\n" not in str(caught.value)


def test_without_duckdb_the_remedy_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LakeError, match=r"DuckDB is not installed; pip install 'spymaster-tui\[duckdb\]'"):
        rows(root, "SELECT 1")
