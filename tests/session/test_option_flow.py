"""The flow wave's memory: customers' delta in spans of five seconds, for twenty minutes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spymaster.market.option_rows import OPTION_SUMMARY
from spymaster.session.frames.option_flow import OptionFlow
from spymaster.signals.frame import OPTION_FLOW_NS, OPTION_FLOW_ROWS

QUARTER = 250_000_000
T0 = 1_700_000_000 * 1_000_000_000


def summary(calls: float, puts: float) -> Any:
    row = np.zeros(1, OPTION_SUMMARY)
    row["call_delta_flow"], row["put_delta_flow"] = calls, puts
    return row[0]


def test_snaps_of_one_span_add_up() -> None:
    flow = OptionFlow()
    for k in range(8):
        flow.add_snap(T0 + k * QUARTER, summary(2.0, -1.0))
    assert flow.rows().tolist() == [(T0, 16.0, -8.0)]


def test_a_new_span_begins_on_the_grid() -> None:
    flow = OptionFlow()
    flow.add_snap(T0 + QUARTER, summary(1.0, 0.0))
    flow.add_snap(T0 + OPTION_FLOW_NS, summary(0.0, 3.0))
    assert flow.rows()["t_ns"].tolist() == [T0, T0 + OPTION_FLOW_NS]


def test_spans_without_a_trade_and_snaps_without_options_leave_nothing() -> None:
    flow = OptionFlow()
    flow.add_snap(T0, summary(0.0, 0.0))
    flow.add_snap(T0, summary(math.nan, math.nan))
    assert len(flow.rows()) == 0


def test_only_the_last_twenty_minutes_are_kept() -> None:
    flow = OptionFlow()
    for k in range(2 * OPTION_FLOW_ROWS):
        flow.add_snap(T0 + k * OPTION_FLOW_NS, summary(1.0, 0.0))
    assert len(flow.rows()) == OPTION_FLOW_ROWS
    assert flow.rows()["t_ns"][-1] == T0 + (2 * OPTION_FLOW_ROWS - 1) * OPTION_FLOW_NS


def test_what_a_screen_holds_never_changes() -> None:
    flow = OptionFlow()
    flow.add_snap(T0, summary(1.0, 0.0))
    held = flow.rows()
    flow.add_snap(T0 + QUARTER, summary(1.0, 0.0))
    assert held["calls"].tolist() == [1.0]
    with pytest.raises(ValueError, match="read-only"):
        held["calls"] = 0.0
