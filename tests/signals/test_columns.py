"""Rows as columns: the columns of Gold, the flow ledger and the alerts."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from spymaster.market.kinds import SIDE_ASK, SIDE_NONE
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, AlertEvent, ResolveReason, Signal, Trust
from spymaster.signals.blocks import UnpublishableValueError
from spymaster.signals.columns import Columns, Words, alerts_columns, flows_columns, select, signals_columns
from tests.support.blocks import SNAP_NS, T0_NS, alert, block, flow, level, unseen

TICK_E9 = 250_000_000


def number(columns: Columns, name: str) -> float:
    """The first row's value."""
    column = columns[name]
    assert isinstance(column, np.ndarray)
    return float(column[0])


def test_signals_have_one_row_per_published_level_and_snap() -> None:
    columns = signals_columns(block([level(), unseen(price=4810.0)], [], [level()]))
    assert columns["ts_event_ns"].tolist() == [T0_NS, T0_NS, T0_NS + 2 * SNAP_NS]
    assert columns["level_id"].tolist() == ["ROUND_4805", "ROUND_4810", "ROUND_4805"]
    assert {len(column) for column in columns.values()} == {3}


def test_signals_begin_with_time_date_and_level_and_then_have_every_column_of_the_row() -> None:
    columns = signals_columns(block([level()]))
    assert list(columns) == ["ts_event_ns", "session_date", "level_id", *(LEVEL_ROW.names or ())]
    assert columns["session_date"].tolist() == [dt.date(2024, 1, 5)]


def test_codes_and_directions_are_words() -> None:
    columns = signals_columns(block([level(), unseen(direction=1.0, trust_depth=float(Trust.BLIND))]))
    assert columns["kind"].tolist() == ["ROUND", "ROUND"]
    assert columns["barrier_state"].tolist() == ["VACUUM", "MISSING"]
    assert columns["signal"].tolist() == ["BREAK", "NEUTRAL"]
    assert columns["confidence_label"].tolist() == ["HIGH", "LOW"]
    assert columns["direction"].tolist() == ["SUPPORT", "RESISTANCE"]
    assert columns["trust_depth"].tolist() == ["GREEN", "BLIND"]


def test_every_number_of_a_row_is_in_its_columns_exactly() -> None:
    row = level(score=0.1 + 0.2, velocity=-1e-17, input_fingerprint_high=float(2**32 - 1))
    columns = signals_columns(block([row]))
    worded = {name for name, column in columns.items() if isinstance(column, Words)}
    numbers = {name: number(columns, name) for name in row if name not in worded}
    assert numbers == pytest.approx({name: row[name] for name in numbers}, rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("name", "kind"), [("tick", "i"), ("user_index", "i"), ("as_of_age_ns", "i"), ("touching", "b"), ("score", "f")]
)
def test_whole_numbers_are_integers_and_flags_are_booleans(name: str, kind: str) -> None:
    column = signals_columns(block([level()]))[name]
    assert isinstance(column, np.ndarray)
    assert column.dtype.kind == kind


def test_absent_numbers_are_nan() -> None:
    columns = signals_columns(block([unseen()]))
    assert math.isnan(number(columns, "score"))
    assert math.isnan(number(columns, "added"))


def test_user_levels_go_by_their_names() -> None:
    rows = [level(kind=float(LevelKind.USER), user_index=float(n)) for n in (1, 0)]
    assert signals_columns(block(rows), ("lunch", "dinner"))["level_id"].tolist() == ["dinner", "lunch"]


def test_a_block_without_levels_still_has_typed_columns() -> None:
    full, empty = signals_columns(block([level()])), signals_columns(block([]))
    kinds = [type(column) if isinstance(column, Words) else column.dtype for column in full.values()]
    assert [type(column) if isinstance(column, Words) else column.dtype for column in empty.values()] == kinds
    assert {len(column) for column in empty.values()} == {0}


def test_columns_stay_when_the_engine_goes_on() -> None:
    made = block([level()], alerts=[alert()], flows=[flow()])
    signals, flows, alerts = signals_columns(made), flows_columns(made, TICK_E9), alerts_columns(made)
    for array in (made.snaps, made.flows, made.alerts):
        array[:] = np.zeros(1, array.dtype)
    made.numbers[:] = 0.0
    assert (signals["ts_event_ns"].tolist(), signals["score"].tolist()) == ([T0_NS], [84.25])
    assert (flows["ts_bucket_ns"].tolist(), flows["added"].tolist()) == ([T0_NS], [12])
    assert (alerts["ts_event_ns"].tolist(), alerts["score"].tolist()) == ([T0_NS], [84.25])


def test_an_impossible_number_is_refused() -> None:
    with pytest.raises(UnpublishableValueError, match=r"^x of ROUND_4805"):
        signals_columns(block([level(x=math.nan)]))


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="not codes of Signal"):
        signals_columns(block([level(signal=9.0)]))


def test_flows_have_the_columns_of_the_ledger() -> None:
    columns = flows_columns(block([], flows=[flow()]), TICK_E9)
    expected = {"ts_bucket_ns": T0_NS, "side": "B", "price": 4805.0, "added": 12, "pulled": 3, "filled": 4, "hidden": 1}
    expected |= {"off_book": 0, "depth_start": 20, "depth_end": 25, "visible_ns": SNAP_NS}
    assert [(name, column.tolist()) for name, column in columns.items()] == [(n, [v]) for n, v in expected.items()]


def test_flow_sides_are_bid_ask_and_none_for_off_book_volume() -> None:
    rows = [flow(), flow(side=SIDE_ASK), flow(side=SIDE_NONE, depth_end=-1)]
    columns = flows_columns(block([], flows=rows), TICK_E9)
    assert columns["side"].tolist() == ["B", "A", "N"]
    assert columns["depth_end"].tolist() == [25, 25, -1]


def test_a_flow_s_price_is_the_number_nearest_its_decimal_price() -> None:
    columns = flows_columns(block([], flows=[flow(tick=6543)]), 10_000_000)
    assert columns["price"].tolist() == [65.43]


def test_alerts_are_rows_with_an_id_that_stays_and_a_sentence() -> None:
    end = alert(event=AlertEvent.RESOLVED, reason=ResolveReason.BLIND, t_ns=T0_NS + SNAP_NS, signal=Signal.BREAK)
    columns = alerts_columns(block([level()], alerts=[alert(), end]))
    assert columns["id"].tolist() == [f"2024-01-05:ROUND_4805:BREAK:{T0_NS}"] * 2
    assert columns["event"].tolist() == ["raised", "resolved"]
    assert columns["ts_event_ns"].tolist() == [T0_NS, T0_NS + SNAP_NS]
    assert columns["reason"].tolist()[1] == "depth or tape went blind after 0.25 s, score 84"


def test_no_alerts_are_no_rows_with_the_same_columns() -> None:
    full, empty = alerts_columns(block([], alerts=[alert()])), alerts_columns(block([]))
    assert list(empty) == list(full)
    assert {len(column) for column in empty.values()} == {0}


def test_rows_can_be_selected() -> None:
    columns = signals_columns(block([level(), unseen(price=4810.0), level(price=4800.0)]))
    some = select(columns, np.array([True, False, True]))
    assert some["level_id"].tolist() == ["ROUND_4805", "ROUND_4800"]
    assert some["price"].tolist() == [4805.0, 4800.0]
