"""Which instrument a session is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spymaster.feeds.choice.discover import discover
from spymaster.feeds.choice.equities import choose_equity
from spymaster.feeds.choice.first_record import first_record
from spymaster.feeds.choice.front_month import choose_instrument
from spymaster.feeds.dbn.definitions import session_date
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.market.dtypes import MBP10_DTYPE
from spymaster.market.instruments import Instrument, TickSource, share_tick_e9
from spymaster.market.kinds import MBP10_WORDS, UNDEF_PRICE, Kind
from tests.support.dbn import START_NS, dbn_file, definition, depth, records

DAY_NS = 86_400 * 10**9
FRIDAY_NS = START_NS // DAY_NS * DAY_NS - 3 * DAY_NS
"""Midnight UTC of the last trade date before the session of START_NS."""
THURSDAY_NS = FRIDAY_NS - DAY_NS


def _depth_file(folder: Path, symbols: Mapping[int, str], **columns: Any) -> DbnFile:
    path = dbn_file(folder / "a.mbp-10.dbn", "mbp-10", depth(5, **columns), symbol_map=symbols)
    return DbnFile.open(path)


def _volume(instrument_id: int, quantity: int, day_ns: int = FRIDAY_NS, stat_type: int = 6) -> Any:
    about = {"stat_type": stat_type, "quantity": quantity, "ts_ref": day_ns}
    return records(Kind.STAT, 1, instrument_id=instrument_id, **about)


def _statistics(folder: Path, *rows: Any) -> DbnFile:
    return DbnFile.open(dbn_file(folder / "a.statistics.dbn", "statistics", *rows))


def _definitions(folder: Path, *rows: Any) -> DbnFile:
    return DbnFile.open(dbn_file(folder / "a.definition.dbn", "definition", *rows))


def test_the_sole_outright(tmp_path: Path) -> None:
    file = _depth_file(tmp_path, {17077: "ESH4", 5: "ESH4-ESM4", 6: "ESM4 P5250", 7: "ES.FUT"})
    assert choose_instrument([file]) == Instrument(
        1, 17077, "ESH4", 250_000_000, 50, TickSource.PRODUCT_TABLE, "CME Globex Equity"
    )


@pytest.mark.parametrize("symbol", ["ESM4", "esm4"])
def test_the_symbol_asked_for(tmp_path: Path, symbol: str) -> None:
    file = _depth_file(tmp_path, {1: "ESH4", 2: "ESM4"}, instrument_id=2)
    assert choose_instrument([file], symbol).symbol == "ESM4"


@pytest.mark.parametrize("symbol", ["ESU4", "ESH4-ESM4", "ESM4 P5250"])
def test_a_symbol_that_is_no_outright_of_the_source(tmp_path: Path, symbol: str) -> None:
    file = _depth_file(tmp_path, {1: "ESH4", 2: "ESH4-ESM4", 3: "ESM4 P5250"})
    with pytest.raises(SourceError, match=f"no outright {symbol} with depth or trades") as refused:
        choose_instrument([file], symbol)
    assert "ESH4" in refused.value.remedy


def test_the_largest_cleared_volume_of_the_session_before(tmp_path: Path) -> None:
    file = _depth_file(tmp_path, {1: "ESH4", 2: "ESM4"}, instrument_id=1)
    statistics = _statistics(
        tmp_path,
        _volume(1, 999, THURSDAY_NS),
        _volume(1, 10),
        _volume(2, 20),
        _volume(1, 5_000, stat_type=9),
        _volume(1, 99_999, START_NS // DAY_NS * DAY_NS + DAY_NS),
        _volume(1, UNDEF_PRICE),
    )
    assert choose_instrument([statistics, file]).symbol == "ESM4"


def test_the_nearest_expiry_more_than_eight_days_away(tmp_path: Path) -> None:
    symbols = {1: "ESM4", 2: "ESH4", 3: "ESZ3"}
    assert choose_instrument([_depth_file(tmp_path, symbols, instrument_id=2)]).symbol == "ESH4"


@pytest.mark.parametrize(("day", "front"), [(dt.date(2024, 3, 6), "ESH4"), (dt.date(2024, 3, 7), "ESM4")])
def test_the_roll_is_eight_days_before_expiry(tmp_path: Path, day: dt.date, front: str) -> None:
    noon_ns = int(dt.datetime(day.year, day.month, day.day, 17, tzinfo=dt.UTC).timestamp()) * 10**9
    file = _depth_file(tmp_path, {1: "ESM4", 2: "ESH4"}, instrument_id=2, recv_ns=noon_ns)
    assert choose_instrument([file]).symbol == front


def test_the_expiry_of_a_definition_counts_before_that_of_the_symbol(tmp_path: Path) -> None:
    file = _depth_file(tmp_path, {1: "ESM4", 2: "ESH4"}, instrument_id=2)
    definitions = _definitions(
        tmp_path,
        definition("ESH4", 2, expiration=START_NS + 300 * DAY_NS),
        definition("ESM4", 1, expiration=START_NS + 30 * DAY_NS),
    )
    assert choose_instrument([file, definitions]).symbol == "ESM4"


def test_when_all_are_about_to_end_the_last(tmp_path: Path) -> None:
    assert choose_instrument([_depth_file(tmp_path, {1: "ESU3", 2: "ESZ3"}, instrument_id=2)]).symbol == "ESZ3"


def test_a_spread_by_definition_is_no_outright_whatever_its_name(tmp_path: Path) -> None:
    file = _depth_file(tmp_path, {1: "ESH4", 2: "ESM4"}, instrument_id=1)
    definitions = _definitions(tmp_path, definition("ESM4", 2, instrument_class=b"S"), definition("ESH4", 1))
    assert choose_instrument([file, definitions]).symbol == "ESH4"


def test_tick_and_multiplier_of_a_definition(tmp_path: Path) -> None:
    file = _depth_file(tmp_path, {9: "XYZH4"}, instrument_id=9)
    rows = definition("XYZH4", 9, min_price_increment=50_000_000, unit_of_measure_qty=20 * 10**9)
    chosen = choose_instrument([file, _definitions(tmp_path, rows)])
    assert (chosen.tick_e9, chosen.multiplier, chosen.tick_source) == (50_000_000, 20, TickSource.DEFINITION)


def test_a_definition_of_another_day_is_known_by_its_symbol(tmp_path: Path) -> None:
    file = _depth_file(tmp_path, {9: "XYZH4"}, instrument_id=9)
    rows = [definition("ABCM4", 9, min_price_increment=1), definition("XYZH4", 77, min_price_increment=2)]
    assert choose_instrument([file, _definitions(tmp_path, *rows)]).tick_e9 == 2


def test_an_unknown_root_without_definition_has_its_tick_inferred(tmp_path: Path) -> None:
    chosen = choose_instrument([_depth_file(tmp_path, {9: "XYZH4"}, instrument_id=9, publisher_id=3)])
    assert chosen == Instrument(3, 9, "XYZH4", 250_000_000, 1, TickSource.INFERRED, "CME Globex Equity")


def test_one_price_alone_tells_no_tick(tmp_path: Path) -> None:
    rows = records(Kind.TRADE, 3, price=5 * 10**9, instrument_id=9)
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "trades", rows, symbol_map={9: "XYZH4"}))
    assert choose_instrument([file]).tick_e9 == 10_000_000


def test_undefined_prices_do_not_spoil_the_inferred_tick(tmp_path: Path) -> None:
    words = depth(5, instrument_id=9, ask_px_09=UNDEF_PRICE)
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", words, symbol_map={9: "XYZH4"}))
    assert choose_instrument([file]).tick_e9 == 250_000_000


def test_depth_decides_before_trades(tmp_path: Path) -> None:
    trades = dbn_file(tmp_path / "0.trades.dbn", "trades", records(Kind.TRADE, 3), symbol_map={1: "NQH4"})
    assert choose_instrument([DbnFile.open(trades), _depth_file(tmp_path, {17077: "ESH4"})]).symbol == "ESH4"


def test_futures_decide_before_stocks(tmp_path: Path) -> None:
    stock = dbn_file(tmp_path / "0.dbn", "trades", records(Kind.TRADE, 3), symbol_map={1: "SPY"}, dataset="XNAS.ITCH")
    futures = dbn_file(tmp_path / "1.dbn", "trades", records(Kind.TRADE, 3), symbol_map={17077: "ESH4"})
    assert choose_instrument([DbnFile.open(stock), DbnFile.open(futures)]).symbol == "ESH4"


def test_a_sole_stock(tmp_path: Path) -> None:
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", depth(3), symbol_map={17077: "ARL"}, dataset="XNAS.ITCH")
    chosen = choose_instrument([DbnFile.open(path)])
    assert chosen == Instrument(1, 17077, "ARL", 10_000_000, 1, TickSource.INFERRED, "NASDAQ")


def _day_ns(year: int, month: int, day: int) -> int:
    return int(dt.datetime(year, month, day, 15, tzinfo=dt.UTC).timestamp()) * 10**9


def _share_book(tmp_path: Path, start_ns: int, bid_e9: int) -> Instrument:
    """What is chosen of a book of SPY whose best bid lies there, all other quotes on whole cents."""
    rows = depth(3, recv_ns=start_ns).view(MBP10_DTYPE).reshape(-1)
    rows["bid_px_00"] = bid_e9
    words = rows.view(np.int64).reshape(-1, MBP10_WORDS)
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", words, symbol_map={17077: "SPY"}, dataset="XNAS.ITCH")
    return choose_instrument([DbnFile.open(path)])


@pytest.mark.parametrize(
    ("start_ns", "bid_e9", "tick_e9"),
    [
        (_day_ns(2026, 10, 30), 4_799_990_000_000, 10_000_000),
        (_day_ns(2026, 10, 30), 4_799_995_000_000, 5_000_000),
        (_day_ns(2026, 11, 2), 4_799_990_000_000, 5_000_000),
        (_day_ns(2026, 11, 2), 4_799_995_000_000, 5_000_000),
    ],
    ids=["cents", "half cents seen", "half cents allowed", "both"],
)
def test_a_share_has_a_tick_that_no_quote_of_it_lies_between(
    tmp_path: Path, start_ns: int, bid_e9: int, tick_e9: int
) -> None:
    assert _share_book(tmp_path, start_ns, bid_e9).tick_e9 == tick_e9


def test_a_finer_tick_by_definition_stands() -> None:
    for day in (dt.date(2026, 10, 30), dt.date(2026, 11, 2)):
        assert share_tick_e9(100_000, 10_000_000, day) == 100_000


def test_a_definition_in_cents_makes_no_quote_in_half_cents_wrong() -> None:
    assert share_tick_e9(10_000_000, 10_000_000, dt.date(2026, 11, 2)) == 5_000_000
    assert share_tick_e9(10_000_000, 5_000_000, dt.date(2026, 10, 30)) == 5_000_000


def test_several_stocks_need_a_symbol(tmp_path: Path) -> None:
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", depth(3), symbol_map={1: "ARL", 2: "SPY"}, dataset="XNAS.ITCH")
    with pytest.raises(SourceError, match=r"no single stock.*it holds: ARL, SPY.*--symbol"):
        choose_instrument([DbnFile.open(path)])
    assert choose_instrument([DbnFile.open(path)], "SPY").instrument_id == 2


def test_a_continuous_symbol_is_an_outright(tmp_path: Path) -> None:
    chosen = choose_instrument([_depth_file(tmp_path, {17077: "ES.c.0"})])
    assert (chosen.symbol, chosen.tick_e9, chosen.multiplier) == ("ES.c.0", 250_000_000, 50)


def test_a_definition_gives_a_continuous_symbol_its_name(tmp_path: Path) -> None:
    definitions = _definitions(tmp_path, definition("ESH4", 17077))
    assert choose_instrument([_depth_file(tmp_path, {17077: "ES.c.0"}), definitions]).symbol == "ESH4"


def test_without_any_mapping_the_id_is_the_name(tmp_path: Path) -> None:
    chosen = choose_instrument([_depth_file(tmp_path, {})])
    assert (chosen.symbol, chosen.instrument_id, chosen.tick_source) == ("#17077", 17077, TickSource.INFERRED)


def test_a_mixed_stream_names_its_instruments_by_mapping_records(tmp_path: Path) -> None:
    mapping = records(Kind.MAPPING, 1, instrument_id=17077, stype_in_symbol=b"ES.c.0", stype_out_symbol=b"ESH4")
    path = dbn_file(tmp_path / "a.dbn", None, mapping, depth(5), symbol_map={})
    assert choose_instrument([DbnFile.open(path)]).symbol == "ESH4"


def test_a_source_of_options_only(tmp_path: Path) -> None:
    path = dbn_file(tmp_path / "a.dbn", "mbp-1", records(Kind.MBP1, 3), symbol_map={1: "ESM4 P5250"})
    with pytest.raises(SourceError, match="no futures contract and no single stock"):
        choose_instrument([DbnFile.open(path)])


@pytest.mark.parametrize(
    ("utc", "session"),
    [
        (dt.datetime(2023, 12, 25, 22, 59), dt.date(2023, 12, 25)),
        (dt.datetime(2023, 12, 25, 23, 0), dt.date(2023, 12, 26)),
        (dt.datetime(2024, 7, 1, 21, 59), dt.date(2024, 7, 1)),
        (dt.datetime(2024, 7, 1, 22, 0), dt.date(2024, 7, 2)),
    ],
)
def test_a_session_begins_at_18_00_in_new_york(utc: dt.datetime, session: dt.date) -> None:
    assert session_date(int(utc.replace(tzinfo=dt.UTC).timestamp()) * 10**9) == session


@pytest.mark.parametrize(
    ("name", "symbol", "tick_e9", "multiplier", "calendar"),
    [
        ("es/esh4-20231225-2300-2330.mbp-10", "ESH4", 250_000_000, 50, "CME Globex Equity"),
        ("es/esu4-20240701-2358.mbp-1", "ESU4", 250_000_000, 50, "CME Globex Equity"),
        ("robustness/clx5-20250924-coldstart.mbp-10", "CLX5", 10_000_000, 1000, "CMEGlobex_CL"),
        ("robustness/arl-xnas-20250717.mbp-10", "ARL", 10_000_000, 1, "NASDAQ"),
    ],
)
def test_real_files(data: Path, name: str, symbol: str, tick_e9: int, multiplier: int, calendar: str) -> None:
    chosen = choose_instrument(discover([data / f"{name}.dbn.zst"]).files)
    assert (chosen.symbol, chosen.tick_e9, chosen.multiplier) == (symbol, tick_e9, multiplier)
    assert chosen.calendar == calendar


def test_real_definitions_know_outright_from_spread(data: Path, tmp_path: Path) -> None:
    names = ["definition-glbx-es-fut", "definition-glbx-es-futspread"]
    files = [DbnFile.open(data / "es" / f"{name}.dbn.zst") for name in names]
    start_ns = int(dt.datetime(2023, 4, 3, 14, tzinfo=dt.UTC).timestamp()) * 10**9
    words = np.concatenate([depth(3, instrument_id=number, recv_ns=start_ns) for number in (95414, 18812, 4155)])
    symbols = {95414: "ESM3", 18812: "ESH5-ESM5", 4155: "ESM4-ESU4"}
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", words, symbol_map=symbols)
    chosen = choose_instrument([DbnFile.open(path), *files])
    assert (chosen.symbol, chosen.tick_source, chosen.multiplier) == ("ESM3", TickSource.DEFINITION, 50)


def _equity_file(
    folder: Path, name: str, schema: str, dataset: str, number: int = 42, start_ns: int = START_NS
) -> DbnFile:
    kind = {"trades": Kind.TRADE, "bbo-1s": Kind.BBO, "mbp-1": Kind.MBP1}[schema]
    rows = records(kind, 3, instrument_id=number, publisher_id=2, recv_ns=start_ns)
    return DbnFile.open(dbn_file(folder / name, schema, rows, dataset=dataset, symbol_map={number: "SPY"}))


def test_a_share_is_found_under_its_symbol_with_trades_and_quotes(tmp_path: Path) -> None:
    files = [
        _equity_file(tmp_path, "q.dbn", "bbo-1s", "XNAS.ITCH"),
        _equity_file(tmp_path, "t.dbn", "trades", "XNAS.ITCH"),
    ]
    equity = choose_equity(files, "spy")
    assert equity is not None
    assert equity.files == tuple(files)
    assert equity.instrument == Instrument(2, 42, "SPY", 10_000_000, 1, TickSource.INFERRED, "NASDAQ")
    assert choose_equity(files, "QQQ") is None


def test_of_several_datasets_the_one_with_quotes_of_the_share_is_taken(tmp_path: Path) -> None:
    quotes = _equity_file(tmp_path, "q.dbn", "mbp-1", "XNAS.ITCH")
    equity = choose_equity([_equity_file(tmp_path, "t.dbn", "trades", "DBEQ.BASIC"), quotes], "SPY")
    assert equity is not None
    assert equity.files == (quotes,)


def test_a_file_with_the_share_under_another_id_is_not_of_the_same_key(tmp_path: Path) -> None:
    today = _equity_file(tmp_path, "b.dbn", "bbo-1s", "XNAS.ITCH")
    later = _equity_file(tmp_path, "a.dbn", "bbo-1s", "XNAS.ITCH", number=43, start_ns=START_NS + DAY_NS)
    equity = choose_equity([later, today], "SPY")
    assert equity is not None
    assert equity.files == (today,)


def test_the_first_record_s_time_and_a_price_are_read_off_the_instrument_s_own(tmp_path: Path) -> None:
    file = _depth_file(tmp_path, {17077: "ESH4"})
    instrument = choose_instrument([file])
    ns, price = first_record([file], [instrument])
    assert ns == START_NS
    assert price is not None
    assert abs(price - 4800 * 10**9) < 3 * 10**9
    assert first_record([file], [Instrument(9, 9, "X", 1, 1, TickSource.INFERRED, "NASDAQ")]) == (0, None)
