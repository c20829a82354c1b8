"""The price chart: candles that mean what they look like, levels at their prices, and bars that fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from syrupy.assertion import SnapshotAssertion

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import CHART_BAR, Frame
from spymaster.view.chart import (
    ZOOMS,
    ChartState,
    chart_panels,
    chart_rects,
    furthest_back,
    merged_bars,
    plot_cells,
    zoom_of,
)
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, text_of, width_of
from spymaster.view.drawing.glyphs import UNICODE
from spymaster.view.layout import Layout
from spymaster.view.levels.items import level_items
from spymaster.view.market.candles import PriceScale, put_candle
from tests.support import frames, past
from tests.support.screens import being_recorded, placed_text, view_state

NAN = float("nan")
SIZES = ((200, 60), (160, 48), (120, 40), (80, 24), (48, 16))


def chart(
    width: int,
    height: int,
    bars: NDArray[Any] | None = None,
    state: ChartState | None = None,
    frame: Frame | None = None,
    *,
    time_bar: bool = False,
    **changes: Any,
) -> tuple[Layout, Panels]:
    frame = being_recorded(frame or frames.frame())
    layout = chart_rects(width, height, time_bar)
    given_bars = past.bars() if bars is None else bars
    view = view_state(width, height, **changes)
    return layout, chart_panels(frame, level_items(frame), given_bars, state or ChartState(), view, layout)


def lines(*args: Any, **changes: Any) -> list[str]:
    return [text_of(row) for row in chart(*args, **changes)[1]["chart"]]


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_morning_of_the_design(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert placed_text(*chart(*size)) == snapshot


def test_wide_candles_and_ascii(snapshot: SnapshotAssertion) -> None:
    wide = placed_text(*chart(120, 40, state=ChartState(zoom=6)))
    plain = placed_text(
        *chart(80, 24, past.bars(200), ChartState(zoom=1), frames.replay_frame(), time_bar=True, glyphs="ascii")
    )
    assert f"{wide}\n\n{plain}" == snapshot


@settings(max_examples=120, deadline=None)
@given(
    st.integers(20, 260),
    st.integers(5, 80),
    st.sampled_from([0, 1, 2, 19, 195, 700]),
    st.sampled_from([None, *range(len(ZOOMS))]),
    st.integers(0, 900),
    st.sampled_from(["unicode", "ascii"]),
    st.booleans(),
)
def test_rows_have_the_width_and_number_of_their_cells(
    width: int, height: int, count: int, zoom: int | None, back: int, glyphs: Any, time_bar: bool
) -> None:
    layout, panels = chart(width, height, past.bars(count), ChartState(zoom, back), time_bar=time_bar, glyphs=glyphs)
    for panel, rect in layout.rects.items():
        assert [width_of(row) for row in panels[panel]] == [rect.width] * rect.height, panel
        assert rect.y + rect.height <= height, panel


def test_without_a_bar_it_says_what_it_waits_for() -> None:
    assert "waiting for the first bar" in lines(120, 40, past.bars(0))[0]


def test_bars_of_unknown_averages_are_drawn() -> None:
    bars = past.bars()
    for name in ("vwap", "sma_200", "sma_400", "volume"):
        bars[name] = NAN
    layout, panels = chart(160, 48, bars)
    shown = placed_text(layout, panels)
    assert "nan" not in shown.lower()
    assert "VWAP —" in shown


def bar(opened: float, high: float, low: float, closed: float) -> Any:
    row = np.zeros(1, CHART_BAR)[0]
    row["open"], row["high"], row["low"], row["close"] = opened, high, low, closed
    return row


def candle(row: Any, cells: int = 1) -> list[str]:
    """One bar on an axis of six rows from 112 down to 100: two points a row, one point a half."""
    drawn = [Line(max(cells, 1)) for _ in range(6)]
    put_candle(drawn, 0, row, PriceScale(112.0, 100.0, 6), cells, UNICODE)
    return [text_of(line.row()) for line in drawn]


def test_a_bar_that_closed_higher_is_slim_and_one_that_closed_lower_is_full() -> None:
    assert candle(bar(103.5, 110.5, 101.5, 108.5)) == ["╷", "╽", "┃", "┃", "╿", "╵"]
    assert candle(bar(108.5, 110.5, 101.5, 103.5)) == ["╷", "▄", "█", "█", "▀", "╵"]


def test_wide_bars_that_closed_higher_are_outlined() -> None:
    rows = candle(bar(103.5, 108.5, 103.5, 108.5), 4)
    assert [row.strip() for row in rows] == ["", "╭─╮", "│ │", "│ │", "╰─╯", ""]
    assert [row.strip() for row in candle(bar(108.5, 108.5, 103.5, 103.5), 4)] == ["", "▄▄▄", "███", "███", "▀▀▀", ""]


def test_a_level_stands_on_the_row_of_its_price_with_its_name() -> None:
    rows = [row for row in lines(160, 48) if "┄┄┄┄" in row]
    named = {row.split()[-1] if row.split()[-1].isascii() else row.split()[-2] for row in rows}
    assert {"STRIKE", "VWAP", "open", "OR_LOW"} <= named


def test_the_last_price_is_always_marked() -> None:
    assert any("▸ 687.12" in row for row in lines(120, 40))


def test_the_nearest_level_off_the_chart_is_named_with_its_direction() -> None:
    assert any(row.rstrip().endswith("↓ 686.00 STRIKE") for row in lines(160, 48))


def test_volume_is_missing_only_where_there_is_no_room() -> None:
    assert any("volume" in row for row in lines(120, 40))
    assert not any("volume" in row for row in lines(48, 14))


def test_bars_put_together_keep_extremes_and_sum_volumes() -> None:
    bars = past.bars(46)
    merged = merged_bars(bars, 4)
    assert merged["volume"].sum() == bars["volume"].sum()
    assert merged["high"].max() == bars["high"].max()
    assert merged["low"].min() == bars["low"].min()
    assert (merged["open"][0], merged["close"][-1]) == (bars["open"][0], bars["close"][-1])
    assert all(t % (4 * 120 * NS_PER_S) == 0 for t in merged["t_ns"][1:].tolist())


def test_the_zoom_suits_the_number_of_bars_until_one_is_chosen() -> None:
    chosen = [zoom_of(count, ChartState(), 90) for count in (10, 30, 80, 400)]
    assert [ZOOMS[zoom] for zoom in chosen] == [(1, 4), (1, 2), (1, 1), (1, 2)]
    assert zoom_of(10, ChartState(zoom=0), 90) == 0


def test_one_may_scroll_until_the_oldest_bar_is_at_the_left() -> None:
    layout = chart_rects(120, 40, False)
    cells = plot_cells(layout)
    back = furthest_back(300, ChartState(zoom=3), cells)
    assert back == 300 - cells
    _, newest = chart(120, 40, past.bars(300), ChartState(3, 0))
    _, oldest = chart(120, 40, past.bars(300), ChartState(3, back))
    assert newest["chart"] != oldest["chart"]
    assert furthest_back(5, ChartState(zoom=3), cells) == 0


def test_missing_bars_leave_a_mark_on_the_time_axis() -> None:
    bars = past.bars(46)
    assert "┊" not in lines(160, 48, bars)[-1]
    assert "┊" in lines(160, 48, np.delete(bars, slice(20, 30)))[-1]


def test_a_quiet_market_is_not_blown_up() -> None:
    bars = past.bars(30)
    for name in ("open", "high", "low", "close"):
        bars[name] = 687.12
    _, panels = chart(120, 40, bars)
    assert any("▸ 687.12" in text_of(row) for row in panels["chart"])


def test_what_is_said_to_the_user_stands_in_the_title() -> None:
    _, panels = chart(120, 40, note="theme dark")
    assert "theme dark" in text_of(panels["chart_title"][0])
