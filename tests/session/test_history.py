"""The bars before a recording: found, told apart, cut to the sessions wanted, and given before the first record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.feeds.bars.bars import GIVEN_TWICE, HIGH_BELOW_LOW, Stamped
from spymaster.feeds.errors import SourceError
from spymaster.market import dtypes as dt
from spymaster.market.frames import NO_FEED_ID, ConfigFrame, RecordsFrame, TapeFrom
from spymaster.market.instruments import FUTURES_CALENDAR
from spymaster.market.kinds import Kind
from spymaster.market.sessions import SESSION
from spymaster.session.sources.history import REJECTED_PREFIX, history_span
from spymaster.session.sources.replay_source import BARS_AMONG_RECORDS, ReplayPlan, ReplaySource
from tests.session.conftest import plan_of
from tests.support.bars import MINUTE, Row, at, bar_file, bar_records, csv_text
from tests.support.dbn import dbn_file, records, trades_of
from tests.support.small_files import Words, depth_file, torn, trades_file

LOW: Row = (500.0, 501.0, 499.0, 500.25, 10.0)
"""A bar at the prices of the scripted market."""


@pytest.fixture
def begins(words: Words) -> int:
    """When the recording's first record happened."""
    return int(words[0, dt.W_TS_EVENT])


@pytest.fixture
def minute_before(begins: int) -> int:
    """The start of the last minute that has ended by then."""
    return begins // MINUTE * MINUTE - MINUTE


@pytest.fixture
def depth(tmp_path: Path, words: Words) -> Path:
    return depth_file(tmp_path / "z.mbp-10.dbn", words)


def with_warmup(*sources: Path, profile: str = "es", **options: Any) -> ReplaySource:
    return ReplaySource(ReplayPlan(sources, load_config().profile(profile), **options))


def bars_of(source: ReplaySource) -> np.ndarray[Any, Any]:
    """All bars a source gives, in order."""
    parts = [
        f.batch.arrays[Kind.BAR].copy()
        for f in source.frames()
        if isinstance(f, RecordsFrame) and Kind.BAR in f.batch.arrays
    ]
    return np.concatenate([np.zeros(0, dt.DTYPES[Kind.BAR]), *parts])


def near(price: float, count: int) -> list[Row]:
    """Bars around a price."""
    return [(price, price + 1.0, price - 1.0, price + 0.25, 10.0)] * count


@pytest.fixture
def price(words: Words) -> float:
    """A price of the recording, in points."""
    return float(words[0, dt.W_LEVELS]) / 1e9 // 1


def test_bars_come_after_the_configuration_and_before_the_first_record(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    path = bar_file(tmp_path / "b.dbn", near(price, 10), start_ns=minute_before - 9 * MINUTE)
    frames = list(with_warmup(depth, warmup=(path,)).frames())
    kinds = [set(f.batch.arrays) if isinstance(f, RecordsFrame) else type(f) for f in frames]
    assert kinds[:2] == [ConfigFrame, {Kind.BAR}]
    assert all(kind == {Kind.MBP10} for kind in kinds[2:])
    assert len(kinds) > 2


def test_bars_are_given_under_the_recording_s_key(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    rows = near(price, 3)
    path = bar_file(
        tmp_path / "b.dbn", rows, start_ns=minute_before, instrument_id=9, symbol_map={9: "ESH4"}, publisher_id=7
    )
    (bar,) = bars_of(with_warmup(depth, warmup=(path,)))
    assert (bar["publisher_id"], bar["instrument_id"], bar["ts_event"]) == (1, 17077, minute_before)


@pytest.mark.parametrize("chunk", [1, 7, None])
def test_chunks_change_no_bar_and_records_are_numbered_through(
    tmp_path: Path, depth: Path, minute_before: int, price: float, chunk: int | None
) -> None:
    path = bar_file(tmp_path / "b.dbn", near(price, 10), start_ns=minute_before - 9 * MINUTE)
    source = with_warmup(depth, warmup=(path,), records_per_chunk=chunk)
    assert np.array_equal(bars_of(source), bars_of(with_warmup(depth, warmup=(path,))))
    seq = 0
    for frame in source.frames():
        if isinstance(frame, RecordsFrame):
            assert frame.batch.first_seq == seq
            seq += len(frame.batch)


def test_without_bars_nothing_but_records_comes(depth: Path) -> None:
    source = with_warmup(depth)
    assert len(bars_of(source)) == 0
    assert source.config_frame().equity is None


def test_bars_that_end_after_the_recording_begins_are_not_given(
    tmp_path: Path, depth: Path, minute_before: int, price: float, begins: int
) -> None:
    path = bar_file(tmp_path / "b.dbn", near(price, 20), start_ns=minute_before - 9 * MINUTE)
    bars = bars_of(with_warmup(depth, warmup=(path,)))
    assert len(bars) == 10
    assert int(bars["ts_event"][-1]) + MINUTE <= begins


def test_the_sessions_of_the_configuration_cover_the_bars(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    start = minute_before - 2 * 24 * 60 * MINUTE
    path = bar_file(tmp_path / "b.dbn", near(price, 2 * 24 * 60), start_ns=start)
    source = with_warmup(depth, warmup=(path,))
    sessions = np.frombuffer(source.config_frame().sessions, SESSION)
    assert sessions["open_ns"][0] <= int(bars_of(source)["ts_event"][0])
    assert sessions["close_ns"][-1] >= source.last_ns


def test_only_the_sessions_asked_for_are_given(
    tmp_path: Path, depth: Path, begins: int, minute_before: int, price: float
) -> None:
    path = bar_file(tmp_path / "b.dbn", near(price, 12 * 24 * 60), start_ns=minute_before - 12 * 24 * 60 * MINUTE)
    profile = msgspec.structs.replace(load_config().profile("es"), sma_warmup_days=2)
    bars = bars_of(ReplaySource(ReplayPlan((depth,), profile, warmup=(path,))))
    span, _ = history_span(FUTURES_CALENDAR, begins, 2)
    assert int(bars["ts_event"][0]) == span.from_ns


@pytest.mark.parametrize(
    ("begins", "sessions", "first"),
    [
        ("2024-01-05T10:00:00-05:00", 3, "2024-01-01T18:00:00-05:00"),
        ("2024-01-05T10:00:00-05:00", 1, "2024-01-03T18:00:00-05:00"),
        ("2024-01-04T17:30:00-05:00", 1, "2024-01-03T18:00:00-05:00"),
        ("2024-01-07T12:00:00-05:00", 1, "2024-01-04T18:00:00-05:00"),
        ("2024-03-11T10:00:00-04:00", 1, "2024-03-07T18:00:00-05:00"),
    ],
    ids=["friday", "one session", "in the daily break", "on a sunday", "over the change of daylight saving"],
)
def test_sessions_are_counted_by_the_calendar(begins: str, sessions: int, first: str) -> None:
    span, _ = history_span(FUTURES_CALENDAR, at(begins), sessions)
    assert span.from_ns == at(first)


def test_an_ohlcv_file_among_the_sources_is_used_by_itself(
    tmp_path: Path, words: Words, minute_before: int, price: float
) -> None:
    depth_file(tmp_path / "s" / "z.mbp-10.dbn", words)
    bar_file(tmp_path / "s" / "a.ohlcv-1m.dbn", near(price, 5), start_ns=minute_before - 4 * MINUTE)
    source = with_warmup(tmp_path / "s")
    assert len(bars_of(source)) == 5
    assert source.first_ns == int(words[0, dt.W_TS_RECV])
    assert source.problems == ()


def test_bars_of_something_else_among_the_sources_are_left_out_in_words(
    tmp_path: Path, words: Words, minute_before: int
) -> None:
    depth_file(tmp_path / "s" / "z.mbp-10.dbn", words)
    symbols = {5: "SPY   240105C00470000"}
    bar_file(tmp_path / "s" / "a.dbn", [LOW], start_ns=minute_before, symbol_map=symbols, dataset="OPRA.PILLAR")
    source = with_warmup(tmp_path / "s", profile="spy")
    assert len(bars_of(source)) == 0
    (line,) = source.problems
    assert line == f"{tmp_path}/s/a.dbn: not used: its minute bars are of SPY   240105C00470000"


def test_bars_alone_cannot_be_replayed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="minute bars alone cannot be replayed; add depth or trades"):
        ReplaySource(plan_of(bar_file(tmp_path / "a.dbn", [LOW])))


def test_trades_of_an_earlier_recording_make_bars(tmp_path: Path, words: Words, depth: Path, begins: int) -> None:
    earlier = words.copy()
    for word in (dt.W_TS_EVENT, dt.W_TS_RECV):
        earlier[:, word] -= 60 * MINUTE
    by_depth = with_warmup(depth, warmup=(depth_file(tmp_path / "e.mbp-10.dbn", earlier),))
    by_trades = with_warmup(depth, warmup=(trades_file(tmp_path / "e.trades.dbn", trades_of(earlier)),))
    bars = bars_of(by_depth)
    assert np.array_equal(bars, bars_of(by_trades))
    assert bars["volume"].sum() == trades_of(words)["size"].sum()


def test_of_a_folder_with_depth_and_trades_the_volume_is_counted_once(
    tmp_path: Path, words: Words, depth: Path
) -> None:
    earlier = words.copy()
    for word in (dt.W_TS_EVENT, dt.W_TS_RECV):
        earlier[:, word] -= 60 * MINUTE
    depth_file(tmp_path / "e" / "e.mbp-10.dbn", earlier)
    trades_file(tmp_path / "e" / "e.trades.dbn", trades_of(earlier))
    source = with_warmup(depth, warmup=(tmp_path / "e",))
    assert bars_of(source)["volume"].sum() == trades_of(words)["size"].sum()
    assert source.rejected() == {}


def test_bars_of_the_vendor_win_over_those_made_of_trades(
    tmp_path: Path, words: Words, depth: Path, begins: int, price: float
) -> None:
    earlier = words.copy()
    for word in (dt.W_TS_EVENT, dt.W_TS_RECV):
        earlier[:, word] -= 60 * MINUTE
    trades = trades_file(tmp_path / "z.trades.dbn", trades_of(earlier))
    whole = bar_file(tmp_path / "a.dbn", near(price, 1), start_ns=(begins - 60 * MINUTE) // MINUTE * MINUTE)
    for order in ((trades, whole), (whole, trades)):
        source = with_warmup(depth, warmup=order)
        assert bars_of(source)["volume"][0] == 10
        assert source.rejected() == {REJECTED_PREFIX + GIVEN_TWICE: 1}


def test_a_csv_and_its_end_stamps(tmp_path: Path, depth: Path, minute_before: int, price: float) -> None:
    path = tmp_path / "b.csv"
    path.write_text(csv_text(near(price, 5), start_ns=minute_before - 3 * MINUTE))
    at_start = bars_of(with_warmup(depth, warmup=(path,)))
    at_end = bars_of(with_warmup(depth, warmup=(path,), bars_stamped=Stamped.END))
    assert (len(at_start), len(at_end)) == (4, 5)


def test_bars_left_out_are_counted_with_the_records(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    path = tmp_path / "b.csv"
    rows = [*near(price, 2), (price, price - 1.0, price + 1.0, price, 1.0)]
    path.write_text(csv_text(rows, start_ns=minute_before - 4 * MINUTE))
    assert with_warmup(depth, warmup=(path,)).rejected() == {REJECTED_PREFIX + HIGH_BELOW_LOW: 1}


def test_a_named_file_without_bars_of_those_days_is_said(tmp_path: Path, depth: Path, price: float) -> None:
    path = bar_file(tmp_path / "b.dbn", near(price, 5), start_ns=at("2020-01-06T10:00:00-05:00"))
    (line,) = with_warmup(depth, warmup=(path,)).problems
    assert line.startswith(f"{path}: no minute bars between ")
    assert line.endswith("the 3 sessions before the recording begins; name bars of those")


def test_a_named_file_of_another_instrument_is_refused_with_what_it_holds(tmp_path: Path, depth: Path) -> None:
    path = bar_file(tmp_path / "b.dbn", [LOW], symbol_map={17077: "NQH4"})
    with pytest.raises(SourceError, match=rf"^{path}: no minute bars and no trades of ESH4 in it \(it holds: NQH4\)"):
        with_warmup(depth, warmup=(path,))


def test_a_file_of_a_named_folder_that_is_no_bars_is_said_and_the_others_used(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "notes.csv").write_text("this,is\nnot,it\n")
    (tmp_path / "w" / "good.csv").write_text(csv_text(near(price, 3), start_ns=minute_before - 2 * MINUTE))
    source = with_warmup(depth, warmup=(tmp_path / "w",))
    assert len(bars_of(source)) == 3
    (line,) = source.problems
    assert "notes.csv: line 1: has no column for" in line


def test_a_torn_file_of_bars_is_used_up_to_the_tear_and_said(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    whole = bar_file(tmp_path / "b.dbn", near(price, 50), start_ns=minute_before - 49 * MINUTE)
    source = with_warmup(depth, warmup=(torn(tmp_path / "t.dbn", whole, 0.9),))
    assert 20 < len(bars_of(source)) < 50
    (line,) = source.problems
    assert line.startswith(f"{tmp_path}/t.dbn: torn at record {len(bars_of(source))}: ")


def test_bars_inside_a_stream_of_records_come_too_late_and_are_counted(
    tmp_path: Path, words: Words, minute_before: int
) -> None:
    content = (words, bar_records([LOW] * 2, start_ns=minute_before))
    source = ReplaySource(
        plan_of(dbn_file(tmp_path / "mixed.dbn", None, *content, start_ns=int(words[0, dt.W_TS_RECV])))
    )
    assert len(bars_of(source)) == 0
    assert source.rejected() == {BARS_AMONG_RECORDS: 2}


def equity_trades(path: Path, start_ns: int, *, symbol: str = "SPY", number: int = 42) -> Path:
    rows = records(
        *(Kind.TRADE, 20),
        recv_ns=start_ns,
        instrument_id=number,
        publisher_id=2,
        price=470_000_000_000,
        size=100,
        action=b"T",
        side=b"N",
    )
    return dbn_file(path, "trades", rows, dataset="XNAS.ITCH", symbol_map={number: symbol}, start_ns=start_ns)


def equity_quotes(path: Path, start_ns: int, **about: Any) -> Path:
    rows = records(Kind.BBO, 20, recv_ns=start_ns, publisher_id=2, **{"instrument_id": 42, **about})
    return dbn_file(path, "bbo-1s", rows, dataset="XNAS.ITCH", symbol_map={42: "SPY"}, start_ns=start_ns)


def kinds_of(source: ReplaySource) -> dict[tuple[Kind, int], int]:
    """(kind, publisher) -> records given."""
    found: dict[tuple[Kind, int], int] = {}
    for frame in source.frames():
        if isinstance(frame, RecordsFrame):
            for kind, rows in frame.batch.arrays.items():
                for publisher in dt.by_name(kind, rows)["publisher_id"].tolist():
                    found[kind, publisher] = found.get((kind, publisher), 0) + 1
    return found


def test_the_share_is_merged_in_profile_spy_and_named_in_the_configuration(
    tmp_path: Path, words: Words, depth: Path, begins: int
) -> None:
    own_trades = trades_file(tmp_path / "z.trades.dbn", trades_of(words))
    files = (depth, own_trades, equity_trades(tmp_path / "a.dbn", begins), equity_quotes(tmp_path / "q.dbn", begins))
    source = with_warmup(*files, profile="spy")
    config = source.config_frame()
    assert (config.instrument.symbol, config.tape_from) == ("ESH4", TapeFrom.DEPTH)
    assert config.equity is not None
    assert (config.equity.symbol, config.equity.publisher_id, config.equity.instrument_id) == ("SPY", 2, 42)
    assert config.equity.tick_e9 == 10_000_000
    assert kinds_of(source) == {(Kind.MBP10, 1): len(words), (Kind.TRADE, 2): 20, (Kind.BBO, 2): 20}
    assert (source.trades_missing, source.trades_extra) == (0, 0)
    assert source.problems == ()


def test_profile_es_uses_no_share_and_says_so(tmp_path: Path, words: Words, depth: Path, begins: int) -> None:
    path = equity_trades(tmp_path / "a.dbn", begins)
    source = with_warmup(depth, path)
    assert source.config_frame().equity is None
    assert kinds_of(source) == {(Kind.MBP10, 1): len(words)}
    assert source.problems == (f"{path}: not used: profile es uses no stock beside ESH4",)


def test_another_share_is_left_out_and_said(tmp_path: Path, depth: Path, begins: int) -> None:
    path = equity_trades(tmp_path / "a.dbn", begins, symbol="QQQ")
    source = with_warmup(depth, path, profile="spy")
    assert source.config_frame().equity is None
    assert source.problems == (f"{path}: not used: no trades or quotes of SPY in it",)


def test_the_future_is_chosen_even_where_only_the_share_has_depth(tmp_path: Path, words: Words, begins: int) -> None:
    rows = words.view(dt.MBP10_DTYPE)[:, 0].copy()
    rows["publisher_id"], rows["instrument_id"] = 2, 42
    about = {"dataset": "XNAS.ITCH", "symbol_map": {42: "SPY"}, "start_ns": begins}
    share = dbn_file(tmp_path / "s.mbp-10.dbn", "mbp-10", rows, **about)
    source = with_warmup(share, trades_file(tmp_path / "z.trades.dbn", trades_of(words)), profile="spy")
    assert (source.instrument.symbol, source.tape_from) == ("ESH4", TapeFrom.TRADES)


def test_share_alone_is_the_instrument_and_converts_nothing(tmp_path: Path, begins: int) -> None:
    source = with_warmup(equity_trades(tmp_path / "a.dbn", begins), profile="spy")
    assert (source.instrument.symbol, source.config_frame().equity) == ("SPY", None)


@pytest.mark.parametrize("with_feed", [False, True])
def test_bars_named_for_the_share_carry_its_key(
    tmp_path: Path, depth: Path, begins: int, minute_before: int, price: float, with_feed: bool
) -> None:
    path = tmp_path / "spy.csv"
    path.write_text(csv_text(near(price / 10, 3), start_ns=minute_before - 2 * MINUTE))
    files = (depth, equity_quotes(tmp_path / "q.dbn", begins)) if with_feed else (depth,)
    source = with_warmup(*files, profile="spy", equity_warmup=(path,))
    equity = source.config_frame().equity
    assert equity is not None
    keys = {(int(bar["publisher_id"]), int(bar["instrument_id"])) for bar in bars_of(source)}
    assert keys == {(equity.publisher_id, equity.instrument_id)} == {(2, 42) if with_feed else (0, NO_FEED_ID)}


def test_an_ohlcv_file_of_the_share_is_known_by_its_symbol(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    about: dict[str, Any] = {
        "symbol_map": {9: "SPY"},
        "instrument_id": 9,
        "dataset": "XNAS.ITCH",
        "start_ns": minute_before,
    }
    path = bar_file(tmp_path / "b.dbn", near(price / 10, 1), **about)
    (bar,) = bars_of(with_warmup(depth, profile="spy", warmup=(path,)))
    assert int(bar["instrument_id"]) == NO_FEED_ID


def test_bars_of_one_minute_come_future_first(tmp_path: Path, depth: Path, minute_before: int, price: float) -> None:
    ours = bar_file(tmp_path / "z.dbn", near(price, 2), start_ns=minute_before - MINUTE)
    share = tmp_path / "a.csv"
    share.write_text(csv_text(near(price / 10, 2), start_ns=minute_before - MINUTE))
    bars = bars_of(with_warmup(depth, profile="spy", warmup=(ours,), equity_warmup=(share,)))
    assert bars["instrument_id"].tolist() == [17077, NO_FEED_ID] * 2
    assert (np.diff(bars["ts_event"].astype(np.int64)) >= 0).all()


def test_bars_of_the_share_named_for_the_future_are_refused(
    tmp_path: Path, depth: Path, minute_before: int, price: float
) -> None:
    path = tmp_path / "spy.csv"
    path.write_text(csv_text(near(price / 10 // 1, 3), start_ns=minute_before - 2 * MINUTE))
    with pytest.raises(SourceError, match="are not those of ESH4"):
        with_warmup(depth, profile="spy", warmup=(path,))
