"""Which minute bars are usable, what becomes of the others, and whose bars a file with several contracts is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spymaster.feeds.bars import bars
from spymaster.feeds.bars.bars import BarSpan
from spymaster.feeds.errors import SourceError
from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import UNDEF_PRICE, Kind
from tests.support.bars import ES, FLAT, MINUTE, NINE, POINT, SPY, Row, at, collected, collector, columns, walk

FILE = Path("bars.csv")


def left_out(*rows: Row, **options: Any) -> tuple[int, dict[str, int]]:
    """How many of these bars were kept, and why the others were not."""
    taker = collector(**options)
    taker.add(FILE, [columns([FLAT, *rows, FLAT])])
    return len(taker.records()), dict(taker.rejected)


def test_bars_become_the_vendor_s_records_under_the_instrument_s_key() -> None:
    (bar,) = collected([columns([FLAT])])
    assert bar.dtype == DTYPES[Kind.BAR]
    assert (bar["length"], bar["rtype"], bar["publisher_id"], bar["instrument_id"]) == (14, 33, 1, 17077)
    assert (bar["ts_event"], bar["volume"]) == (NINE, 100)
    assert [bar[name] / POINT for name in ("open", "high", "low", "close")] == [4800.0, 4801.0, 4799.0, 4800.5]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((4800.0, 4799.0, 4801.0, 4800.0, 1.0), bars.HIGH_BELOW_LOW),
        ((4802.0, 4801.0, 4799.0, 4800.0, 1.0), bars.OUTSIDE_RANGE),
        ((4800.0, 4801.0, 4799.0, 4798.75, 1.0), bars.OUTSIDE_RANGE),
        ((4800.1, 4801.0, 4799.0, 4800.0, 1.0), bars.OFF_TICK),
        ((4800.0, 4801.0, 0.0, 4800.0, 1.0), bars.NO_PRICE),
        ((4800.0, 4801.0, 4799.0, 4800.0, -1.0), bars.NO_VOLUME),
        ((4800.0, 4801.0, -5.0, 4800.0, 1.0), bars.STRAY),
        ((4800.0, 48000.0, 4799.0, 4800.0, 1.0), bars.STRAY),
        ((480.0, 480.25, 479.75, 480.0, 1.0), bars.STRAY),
    ],
)
def test_a_bar_that_cannot_be_true_is_left_out_and_counted_with_its_reason(row: Row, reason: str) -> None:
    assert left_out(row) == (2, {reason: 1})


CRUDE: list[Row] = [
    *[(20.0, 20.25, 19.75, 20.0, 1.0)] * 5,
    (1.5, 1.75, -4.0, -3.5, 1.0),
    (-3.5, 0.5, -12.0, -11.0, 1.0),
    (-13.5, -13.0, -25.25, -25.0, 1.0),
    (-37.5, -37.0, -40.25, -38.0, 1.0),
    (-25.0, -24.0, -30.0, -29.0, 1.0),
]
"""What crude oil did in April 2020."""


def test_bars_below_zero_and_bars_that_pass_through_it_are_bars_like_any_other() -> None:
    assert len(collected([columns(CRUDE)])) == len(CRUDE)


@pytest.mark.parametrize("index", [0, 1, 5, 9])
def test_a_stray_bar_is_left_out_wherever_it_stands_and_takes_no_other_with_it(index: int) -> None:
    rows = [FLAT] * 10
    rows[index] = (4800.0, 4801.0, -5.0, 4800.0, 1.0)
    found = collected([columns(rows)])
    assert found["ts_event"].tolist() == [NINE + n * MINUTE for n in range(10) if n != index]


def test_stray_bars_side_by_side_do_not_vouch_for_each_other() -> None:
    stray: Row = (4800.0, 4801.0, -5.0, 4800.0, 1.0)
    assert left_out(stray, stray) == (2, {bars.STRAY: 2})


def test_two_bars_far_apart_are_both_kept_as_nothing_tells_which_is_wrong() -> None:
    assert len(collected([columns([FLAT, (100.0, 100.0, 100.0, 100.0, 1.0)])])) == 2


def test_a_bar_with_several_faults_is_counted_once() -> None:
    assert left_out((4800.1, 4799.0, 4801.0, 4810.0, 1.0)) == (2, {bars.HIGH_BELOW_LOW: 1})


def test_a_minute_without_trades_is_no_fault() -> None:
    assert left_out((4800.0, 4800.0, 4800.0, 4800.0, 0.0)) == (3, {})


def test_shares_have_no_grid_to_be_off() -> None:
    row = (4800.013, 4801.0, 4799.0, 4800.0, 1.0)
    assert left_out(row, instrument=SPY) == (3, {})


def test_a_bar_off_the_minute_is_left_out() -> None:
    taker = collector()
    taker.add(FILE, [columns([FLAT] * 5), columns([FLAT], start_ns=NINE + 10 * MINUTE + 1)])
    assert (len(taker.records()), taker.rejected) == (5, {bars.OFF_MINUTE: 1})


def test_a_missing_price_never_becomes_a_number() -> None:
    assert bars.prices_e9(np.array([np.nan, np.inf, -np.inf, 0.0, 2.0**63])).tolist() == [UNDEF_PRICE] * 5


@pytest.mark.parametrize("price", [0.01, 447.91, 4807.25, 6785.5, 99999.99, 123456.789012345, -37.63])
def test_prices_are_exact(price: float) -> None:
    assert bars.prices_e9(np.array([price])).tolist() == [int(f"{price:.9f}".replace(".", ""))]


def test_disorder_is_sorted() -> None:
    rows = walk(30)
    turn = np.random.default_rng(3).permutation(30)
    whole = columns(rows)
    mixed = [whole.only(np.arange(30) == place) for place in turn]
    assert np.array_equal(collected(mixed), collected([whole]))


def test_of_a_minute_given_twice_the_last_is_used_and_the_other_counted() -> None:
    taker = collector()
    taker.add(FILE, [columns([FLAT, (4800.0, 4810.0, 4799.0, 4805.0, 7.0)], step_ns=0)])
    (bar,) = taker.records()
    assert (bar["volume"], taker.rejected) == (7, {bars.GIVEN_TWICE: 1})


def test_a_later_file_replaces_minutes_of_an_earlier_one() -> None:
    taker = collector()
    taker.add(Path("a.csv"), [columns([FLAT])])
    taker.add(Path("b.csv"), [columns([(4800.0, 4801.0, 4799.0, 4800.0, 5.0)])])
    assert [bar["volume"] for bar in taker.records()] == [5]


def test_only_bars_inside_the_span_are_taken_and_the_others_are_no_fault() -> None:
    span = BarSpan(NINE + 2 * MINUTE, NINE + 5 * MINUTE)
    taker = collector(span=span)
    taken = taker.add(FILE, [columns([FLAT] * 10)])
    assert (taken, dict(taker.rejected)) == (3, {})
    assert taker.records()["ts_event"].tolist() == [NINE + n * MINUTE for n in (2, 3, 4)]


def test_a_bar_that_ends_with_the_span_is_the_last() -> None:
    span = BarSpan(NINE, NINE + 5 * MINUTE - 1)
    assert collected([columns([FLAT] * 10)], span=span)["ts_event"][-1] == NINE + 3 * MINUTE


@pytest.mark.parametrize("minutes", [2, 5, 60])
def test_bars_of_another_length_are_refused(minutes: int) -> None:
    with pytest.raises(SourceError, match=rf"^bars.csv: its bars are not one-minute bars: .*{minutes} minutes apart; "):
        collected([columns([FLAT] * 12, step_ns=minutes * MINUTE)])


def test_bars_of_seconds_are_refused() -> None:
    with pytest.raises(SourceError, match="most of them do not begin on a minute"):
        collected([columns([FLAT] * 120, step_ns=1_000_000_000)])


def test_prices_of_something_else_altogether_are_refused() -> None:
    share: Row = (480.0, 480.25, 479.75, 480.0, 100.0)
    with pytest.raises(SourceError, match=r"around 480\.00, are not those of ESH4, around 4,800\.00"):
        collected([columns([share] * 3)], near_e9=4800 * POINT)


def test_the_instrument_s_own_contract_is_picked_by_symbol() -> None:
    mixed = columns([FLAT, (4700.0, 4700.0, 4700.0, 4700.0, 999.0)], step_ns=0, contract=["ESH4", "ESM4"])
    (bar,) = collected([mixed])
    assert bar["volume"] == 100


def test_the_instrument_s_own_contract_is_picked_by_its_delivery_month() -> None:
    mixed = columns([FLAT, (4700.0, 4700.0, 4700.0, 4700.0, 999.0)], step_ns=0, contract=["202403", "202406"])
    (bar,) = collected([mixed])
    assert bar["volume"] == 100


def test_else_each_session_is_told_by_its_largest_volume_and_that_is_said() -> None:
    wednesday, thursday = at("2024-01-03T10:00:00-05:00"), at("2024-01-04T10:00:00-05:00")
    pieces = [
        columns([(4800.0, 4800.0, 4800.0, 4800.0, v)], start_ns=day, contract=[name])
        for day, name, v in (
            *((wednesday, "ESZ3", 90.0), (wednesday, "ESM4", 10.0)),
            *((thursday, "ESZ3", 20.0), (thursday, "ESM4", 70.0)),
        )
    ]
    taker = collector()
    taker.add(FILE, pieces)
    assert taker.records()["volume"].tolist() == [90, 70]
    (told,) = taker.problems
    assert told.startswith("bars.csv: several contracts; of each session the one with the largest volume was used: ")
    assert told.endswith("ESZ3 in 1 session, ESM4 in 1 session")


@pytest.mark.parametrize(
    ("instrument", "names", "told"),
    [(ES, ["NQH4", "NQM4"], "NQH4, NQM4"), (ES, ["SPY"], "SPY"), (SPY, ["QQQ"], "QQQ"), (SPY, ["ESH4"], "ESH4")],
)
def test_bars_of_another_instrument_are_refused_by_name(instrument: object, names: list[str], told: str) -> None:
    with pytest.raises(SourceError, match=rf"^bars.csv: holds bars of {told}, not of (ESH4|SPY); "):
        collected([columns([FLAT] * len(names), contract=names)], instrument=instrument)


def test_one_contract_under_a_name_of_the_root_is_taken() -> None:
    assert len(collected([columns([FLAT] * 3, contract=["ES"] * 3)])) == 3


@pytest.mark.parametrize(("shift", "told"), [(0, None), (MINUTE, "end"), (-MINUTE, "start")])
def test_bars_a_minute_off_the_venue_s_hours_are_doubted(shift: int, told: str | None) -> None:
    taker = collector()
    sessions = [(at(f"2024-01-0{day}T18:00:00-05:00"), 23 * 60) for day in (2, 3)]
    taker.add(FILE, [columns([FLAT] * count, start_ns=opens + shift) for opens, count in sessions])
    said = [f"bars.csv: its bars seem to be stamped at their {told}; --bars-stamped {told} says so"]
    assert taker.problems == (said if told else [])
