"""Option flow over time: which column a trade falls in, what a total and a rate are, and four lanes on one scale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from syrupy.assertion import SnapshotAssertion

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.chart.bars import Chart
from spymaster.signals.chart.flow import FLOW_METRICS, FLOW_SPAN
from spymaster.signals.frame import Frame
from spymaster.view.chart.flow import WINDOWS_S, FlowState, cells_of_a_column, columns_of, flow_panels
from spymaster.view.chart.look import chart_rects
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import text_of, width_of
from spymaster.view.layout import Layout
from tests.support import frames, past
from tests.support.screens import being_recorded, placed_text, view_state

S = NS_PER_S
NOW = 1_704_400_020 * S
"""The end of a column of any length."""


def flow(
    width: int,
    height: int,
    choice: FlowState | None = None,
    chart: Chart | None = None,
    frame: Frame | None = None,
    *,
    time_bar: bool = False,
    **changes: Any,
) -> tuple[Layout, Panels]:
    frame = being_recorded(frame or frames.with_options())
    layout = chart_rects(width, height, time_bar)
    view = view_state(width, height, **changes)
    return layout, flow_panels(frame, (), chart or past.chart(), choice or FlowState(), view, layout)


def spans(*rows: tuple[int, str, float]) -> NDArray[Any]:
    """Spans that begin so many seconds before ``NOW``, with one value each."""
    out = np.zeros(len(rows), FLOW_SPAN)
    for row, (ago_s, name, value) in zip(out, rows, strict=True):
        row["t_ns"], row[name], row["spot"] = NOW - ago_s * S, value, 687.0
    return out


def columns(rows: NDArray[Any], choice: FlowState, cells: int = 4, t_ns: int = NOW) -> dict[str, list[float]]:
    return {group: column.tolist() for group, column in columns_of(rows, choice, cells, t_ns)[0].items()}


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_flow_of_the_design(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert placed_text(*flow(*size)) == snapshot


def test_premium_in_ascii_and_a_total(snapshot: SnapshotAssertion) -> None:
    premium = placed_text(*flow(80, 24, FlowState("premium", 60), time_bar=True, glyphs="ascii"))
    total = placed_text(*flow(120, 40, FlowState("gamma", 5, total=True)))
    assert f"{premium}\n\n{total}" == snapshot


@settings(max_examples=80, deadline=None)
@given(
    st.integers(20, 300),
    st.integers(5, 90),
    st.sampled_from(FLOW_METRICS),
    st.sampled_from(WINDOWS_S),
    st.booleans(),
    st.sampled_from(["unicode", "ascii"]),
    st.booleans(),
)
def test_rows_have_the_width_and_number_of_their_cells(
    width: int, height: int, metric: str, window_s: int, total: bool, glyphs: Any, time_bar: bool
) -> None:
    layout, panels = flow(width, height, FlowState(metric, window_s, total), time_bar=time_bar, glyphs=glyphs)
    for panel, rect in layout.rects.items():
        assert [width_of(row) for row in panels[panel]] == [rect.width] * rect.height, panel


def test_a_rate_is_a_column_s_flow_in_a_minute() -> None:
    rows = spans((15, "calls_above_delta", 3.0), (10, "calls_above_delta", 1.0), (5, "puts_below_delta", -2.0))
    found = columns(rows, FlowState("delta", 5))
    assert found["calls_above"] == [0.0, 36.0, 12.0, 0.0]
    assert found["puts_below"] == [0.0, 0.0, 0.0, -24.0]
    assert columns(rows, FlowState("delta", 30), 2)["calls_above"] == [0.0, 8.0]


def test_a_total_is_of_all_that_is_remembered() -> None:
    rows = spans((600, "calls_above_delta", 100.0), (15, "calls_above_delta", 3.0), (10, "calls_above_delta", -1.0))
    assert columns(rows, FlowState("delta", 5, total=True))["calls_above"] == [100.0, 103.0, 102.0, 102.0]


def test_metrics_are_apart() -> None:
    rows = spans((5, "calls_above_premium", 5.0), (5, "calls_above_gamma", 7.0))
    by_metric = {metric: columns(rows, FlowState(metric, 60))["calls_above"][-1] for metric in FLOW_METRICS}
    assert by_metric == {"premium": 5.0, "delta": 0.0, "gamma": 7.0}


def test_columns_stay_as_they_are_while_time_moves_within_the_newest() -> None:
    rows = spans((70, "puts_above_delta", 4.0), (40, "puts_above_delta", 5.0))
    start = (NOW - 1) // (30 * S) * 30 * S
    seen = {tuple(columns(rows, FlowState("delta", 30), 5, start + ns)["puts_above"]) for ns in (1, 9 * S, 30 * S)}
    assert len(seen) == 1
    later = columns(rows, FlowState("delta", 30), 5, start + 31 * S)["puts_above"]
    assert later[:-1] == list(seen.pop())[1:]


def test_spot_stands_still_while_nothing_trades() -> None:
    rows = spans((20, "calls_above_delta", 1.0), (5, "calls_above_delta", 1.0))
    rows["spot"] = [687.0, 688.0]
    _, spot = columns_of(rows, FlowState("delta", 5), 6, NOW)
    assert np.isnan(spot[0])
    assert spot[-4:].tolist() == [687.0, 687.0, 687.0, 688.0]


def test_lanes_lie_as_strikes_do_around_spot() -> None:
    _, panels = flow(120, 40)
    text = [text_of(row) for row in panels["chart"]]
    order = [next(at for at, row in enumerate(text) if name in row) for name in ("calls above", "spot ", "calls below")]
    assert order == sorted(order)


def heights(panels: Panels, name: str) -> int:
    """Cells with a bar in the lane that begins with a name."""
    text = [text_of(row) for row in panels["chart"]]
    first = next(at for at, row in enumerate(text) if name in row)
    lane = text[first : first + 6]
    return sum(row[:-24].count("█") for row in lane)


def test_all_lanes_have_one_scale() -> None:
    rows = np.zeros(1, FLOW_SPAN)
    rows["t_ns"] = frames.with_options().t_ns // (5 * S) * 5 * S - 5 * S
    rows["calls_above_premium"], rows["puts_above_premium"] = 1000.0, 250.0
    _, panels = flow(120, 40, FlowState("premium", 5), Chart(flow=rows))
    assert heights(panels, "calls above") >= 3 * max(heights(panels, "puts above"), 1)


def test_the_title_says_what_is_chosen_and_in_which_unit() -> None:
    _, panels = flow(120, 40, FlowState("gamma", 60, total=True))
    row = panels["chart_title"][0]
    loud = " ".join(text.strip() for text, style in row if style.startswith("bright"))
    assert loud.split() == ["gamma", "60", "s", "total"]
    assert "ES contracts a point" in text_of(row)
    assert "a minute" in text_of(flow(120, 40, FlowState())[1]["chart_title"][0])


def test_without_a_trade_it_says_so() -> None:
    _, panels = flow(120, 40, chart=Chart())
    assert "no option has traded yet" in text_of(panels["chart"][0])
    _, panels = flow(120, 40, chart=Chart(), frame=replace(frames.frame()))
    assert "no options" in text_of(panels["chart"][0])


def test_columns_are_as_wide_as_all_that_is_remembered_lets_them_be() -> None:
    rows = spans((600, "calls_above_delta", 1.0), (5, "calls_above_delta", 1.0))
    widths = [cells_of_a_column(rows, FlowState("delta", window_s), 100, NOW) for window_s in WINDOWS_S]
    assert widths == [1, 4, 4]


def test_as_much_to_either_side_is_as_high_where_the_line_is_not_in_the_middle() -> None:
    """Five rows: three above the line, two below it; the largest flow fills two of either."""
    rows = np.zeros(2, FLOW_SPAN)
    rows["t_ns"] = frames.with_options().t_ns // (5 * S) * 5 * S - np.array([10, 5]) * S
    rows["calls_above_delta"] = [25.0, -25.0]
    _, panels = flow(120, 30, FlowState("delta", 5), Chart(flow=rows))
    text = [text_of(row) for row in panels["chart"]]
    first = next(at for at, row in enumerate(text) if "calls above" in row)
    lane = [row[:-24].count("█") for row in text[first : first + 5]]
    assert lane == [0, 3, 3, 3, 3]
