"""The heatmap: what is seen, what is not, and how it moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spymaster.market.rows import BarrierState
from spymaster.signals.frame import HEAT_TICKS, LEVEL_MARK, TRADE_DOT, UNSEEN, HeatColumns
from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.drawing.cells import Rows, text_of
from spymaster.view.market.heat import (
    STEPS,
    HeatLook,
    HeatScale,
    band_rows,
    page_of,
    steady,
    time_axis,
    visible_gaps,
    visible_scale,
)
from spymaster.view.market.heat_history import HeatHistory
from spymaster.view.state import Layers, Limits

BASE = 1000
MIDDLE = BASE + HEAT_TICKS // 2
AXIS = PriceAxis.centred(MIDDLE, 9, 1)
LOOK = HeatLook(AXIS, 1, HeatScale(10.0, 110.0, 50, 200), Layers(), (), False, False, "unicode")


def columns(count: int, first: int = 0, size: int = 60, last: int = MIDDLE) -> HeatColumns:
    """Columns that see four ticks either side of the middle, with ``size`` contracts at each."""
    depth = np.full((count, HEAT_TICKS), UNSEEN, np.int32)
    depth[:, HEAT_TICKS // 2 - 3 : HEAT_TICKS // 2 + 4] = size
    ticks = np.full(count, last, np.int64)
    return HeatColumns(
        first,
        first,
        (np.arange(count) + first + 1) * 1_000_000_000,
        np.full(count, BASE, np.int64),
        depth,
        ticks,
        ticks - 1,
        ticks,
        np.zeros(count, np.int64),
        np.zeros(0, TRADE_DOT),
        np.zeros(0, LEVEL_MARK),
    )


def history_of(*parts: HeatColumns) -> HeatHistory:
    history = HeatHistory()
    for part in parts:
        history.merge(part)
    return history


def styles_at(rows: Rows, row: int, cell: int) -> tuple[str, str]:
    """Character and style of a cell."""
    x = 0
    for text, name in rows[row]:
        if x <= cell < x + len(text):
            return text[cell - x], name
        x += len(text)
    raise AssertionError(f"no cell {cell}")


def test_out_of_sight_is_hatched_and_in_sight_has_a_step() -> None:
    rows = band_rows(history_of(columns(8)), LOOK, 0, 8)
    assert styles_at(rows, 0, 3) == ("╱", "hatch")
    assert styles_at(rows, 2, 3) == (" ", "text/heat:7")


def test_a_thin_price_is_seen_and_not_hatched() -> None:
    rows = band_rows(history_of(columns(8, size=0)), LOOK, 0, 8)
    assert styles_at(rows, 2, 3) == (" ", "text/heat:0")


def test_the_cells_after_the_newest_carry_only_the_lines_of_levels() -> None:
    look = replace(LOOK, lines=((2, "level_strike"),))
    rows = band_rows(history_of(columns(3)), look, 0, 8)
    assert styles_at(rows, 2, 6) == ("┄", "weak:level_strike")
    assert text_of(rows[3])[4:] == "    "


def test_a_level_in_sight_has_no_line() -> None:
    look = replace(LOOK, lines=((2, "level_strike"), (0, "level_strike")))
    rows = band_rows(history_of(columns(8)), look, 0, 8)
    assert styles_at(rows, 2, 3)[0] == " "
    assert styles_at(rows, 0, 3)[0] == "┄"


def test_a_gap_in_the_data_is_drawn_as_a_gap() -> None:
    part = columns(8)
    part.gap_ns[4] = 2_100_000_000
    history = history_of(part)
    rows = band_rows(history, LOOK, 0, 8)
    assert {styles_at(rows, row, 4) for row in range(9)} == {("┊", "faint")}
    assert visible_gaps(history, 1, 8) == [(4, 2_100_000_000)]


def test_seconds_that_were_never_received_are_unseen() -> None:
    history = history_of(columns(4, first=12))
    rows = band_rows(history, LOOK, 0, 8)
    assert {char for row in rows for char in text_of(row)} == {"╱"}


def test_the_path_turns_with_round_corners() -> None:
    part = columns(8)
    part.last[4:] = MIDDLE + 2
    rows = band_rows(history_of(part), LOOK, 0, 8)
    middle = AXIS.row_of(MIDDLE)
    assert [styles_at(rows, row, 4)[0] for row in (middle, middle - 1, middle - 2)] == ["╯", "│", "╭"]
    assert styles_at(rows, middle, 3) == ("─", "on:last_path/heat:7")


@pytest.mark.parametrize(
    ("buys", "sells", "glyph"), [(60, 0, "▴"), (0, 60, "▾"), (300, 10, "▲"), (10, 300, "▼"), (40, 40, "─")]
)
def test_trades_show_their_aggressor_and_size(buys: int, sells: int, glyph: str) -> None:
    part = replace(columns(8), trades=np.array([(5, MIDDLE, buys, sells)], TRADE_DOT))
    assert styles_at(band_rows(history_of(part), LOOK, 0, 8), AXIS.row_of(MIDDLE), 5)[0] == glyph


@pytest.mark.parametrize(("confidence", "glyph"), [(0.3, "▁"), (0.5, "▂"), (0.9, "▃")])
def test_a_ribbon_is_as_high_as_the_confidence(confidence: float, glyph: str) -> None:
    mark = np.array([(5, MIDDLE + 2, int(BarrierState.WALL), confidence)], LEVEL_MARK)
    rows = band_rows(history_of(replace(columns(8), marks=mark)), LOOK, 0, 8)
    assert styles_at(rows, AXIS.row_of(MIDDLE + 2), 5) == (glyph, "ribbon:wall/clamp:7")


def test_layers_can_be_left_out() -> None:
    mark = np.array([(5, MIDDLE + 2, int(BarrierState.WALL), 0.9)], LEVEL_MARK)
    history = history_of(replace(columns(8), marks=mark))
    row = AXIS.row_of(MIDDLE + 2)
    assert styles_at(band_rows(history, replace(LOOK, layers=Layers(True, False)), 0, 8), row, 5)[0] == " "
    assert styles_at(band_rows(history, replace(LOOK, layers=Layers(False, True)), 0, 8), row, 5) == ("▃", "wall")


def test_stale_cells_fade_and_the_path_is_muted() -> None:
    rows = band_rows(history_of(columns(8)), replace(LOOK, stale=True), 0, 8)
    assert styles_at(rows, AXIS.row_of(MIDDLE), 3) == ("─", "muted/fade:heat:7")


def test_half_blocks_show_two_prices_in_a_cell() -> None:
    part = columns(8)
    part.depth[:, HEAT_TICKS // 2 + 2] = 500
    look = replace(LOOK, axis=PriceAxis.centred(MIDDLE, 9, 2), halves=True)
    row = look.axis.row_of(MIDDLE + 2)
    assert styles_at(band_rows(history_of(part), look, 0, 8), row, 3) == ("▀", "heat:7/heat:11")


def test_a_narrow_band_shows_the_last_cells_of_its_page() -> None:
    part = columns(8)
    part.gap_ns[2] = 1
    rows = band_rows(history_of(part), LOOK, 0, 6)
    assert styles_at(rows, 0, 0)[0] == "┊"


def test_columns_are_grouped_by_their_seconds() -> None:
    history = history_of(columns(20))
    assert [page_of(history, seconds) for seconds in (1, 2, 4)] == [2, 1, 0]


def test_the_scale_runs_between_the_percentiles() -> None:
    part = columns(8)
    part.depth[:, HEAT_TICKS // 2 - 3 : HEAT_TICKS // 2 + 4] = np.arange(1, 8) * 100
    scale = visible_scale(history_of(part), LOOK, 8, Limits())
    assert (scale.low, scale.high) == (100.0, 700.0)
    assert len(scale.cuts) == STEPS - 1


def test_a_scale_that_hardly_moved_stays() -> None:
    old = HeatScale(10.0, 100.0, 5, 10)
    assert steady(old, HeatScale(11.0, 108.0, 5, 10)) is old
    assert steady(old, HeatScale(11.0, 140.0, 5, 10)).high == 140.0


def test_the_newest_column_may_be_written_again() -> None:
    history = history_of(columns(8))
    history.merge(columns(2, first=7, size=110))
    second = history.second(7)
    assert second is not None
    assert int(history.depth(7, AXIS, False)[4]) == 110
    assert history.epoch == 0


def test_columns_that_came_later_than_their_followers_are_filled_in() -> None:
    history = history_of(columns(2, first=10), columns(12))
    assert history.second(3) is not None
    assert history.epoch == 1


def test_a_hole_is_noticed() -> None:
    history = history_of(columns(4), columns(2, first=9))
    assert history.holed
    assert history.second(5) is None


def test_going_back_in_time_forgets_the_future() -> None:
    history = history_of(columns(20), columns(4))
    assert history.newest == 3
    assert history.second(10) is None


def test_the_time_axis_names_round_seconds_and_now() -> None:
    part = replace(columns(40), t_ns=(np.arange(40) + 1_795_190_401) * 1_000_000_000)
    text = text_of(time_axis(history_of(part), LOOK, 64, ""))
    assert "╵11:00:15" in text
    assert text.rstrip().endswith("now")


def test_the_time_axis_says_since_when_nothing_arrives() -> None:
    assert text_of(time_axis(history_of(columns(40)), LOOK, 64, "stopped 11:02:51")).endswith("stopped 11:02:51")
