"""The heatmap: what is seen, what is not, and how it moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spymaster.market.rows import BarrierState
from spymaster.signals.frame import HEAT_TICKS, LEVEL_MARK, TRADE_DOT, UNSEEN, HeatColumns
from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.drawing.cells import Rows, text_of
from spymaster.view.market.heat import Band, Lines, page_of
from spymaster.view.market.heat import band_rows as rows_of_band
from spymaster.view.market.heat_column import HeatLook
from spymaster.view.market.heat_fate import Fate, fates
from spymaster.view.market.heat_head import heat_head, time_axis, visible_gaps
from spymaster.view.market.heat_history import HeatHistory
from spymaster.view.market.heat_scale import STEPS, HeatScale, steady, stepped, visible_scale
from spymaster.view.state import Layers, Limits

BASE = 1000
MIDDLE = BASE + HEAT_TICKS // 2
AXIS = PriceAxis.centred(MIDDLE, 9, 1)
LOOK = HeatLook(AXIS, 1, HeatScale(10.0, 110.0, 50, 200), Layers(), False, False, "unicode")


def band_rows(history: HeatHistory, look: HeatLook, page: int, width: int, lines: Lines | None = None) -> Rows:
    return rows_of_band(history, look, page, width, lines or {})


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
    rows = band_rows(history_of(columns(3)), LOOK, 0, 8, {2: "level_strike"})
    assert styles_at(rows, 2, 6) == ("┄", "weak:level_strike")
    assert text_of(rows[3])[4:] == "    "


def test_a_level_in_sight_has_no_line() -> None:
    rows = band_rows(history_of(columns(8)), LOOK, 0, 8, {2: "level_strike", 0: "level_strike"})
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
    scale = visible_scale(history_of(part), AXIS, range(8), 1, Limits(), halves=False)
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


def test_time_before_the_recording_is_blank_and_not_unseen() -> None:
    rows = band_rows(history_of(columns(3)), LOOK, -1, 8, {0: "level_strike"})
    assert {char for row in rows for char in text_of(row)} == {" "}


def test_a_level_that_moves_takes_its_line_along_and_leaves_all_other_rows_as_they_are() -> None:
    history, band = history_of(columns(8)), Band(LOOK, 0, 8)
    before = band.rows(history, {0: "level_strike"})
    after = band.rows(history, {8: "level_strike"})
    assert [styles_at(after, row, 3)[0] for row in (0, 8)] == ["╱", "┄"]
    assert all(after[row] is before[row] for row in range(1, 8))


def test_a_band_kept_from_frame_to_frame_is_the_band_made_anew() -> None:
    band = Band(LOOK, 0, 8)
    history = HeatHistory()
    for count in range(1, 12):
        part = columns(1, first=count - 1, size=count * 12, last=MIDDLE + count % 3)
        history.merge(part)
        lines = {count % 9: "level_wall"}
        assert band.rows(history, lines) == band_rows(history, LOOK, 0, 8, lines)


def test_a_trade_is_as_long_as_it_was_large() -> None:
    part = replace(columns(8), trades=np.array([(2, MIDDLE + 2, 600, 0)], TRADE_DOT))
    part.ask[:] = MIDDLE + 3
    rows = band_rows(history_of(part), LOOK, 0, 8)
    assert [styles_at(rows, AXIS.row_of(MIDDLE + 2), cell)[0] for cell in range(1, 7)] == [" ", "▲", "▬", "▬", " ", " "]


@pytest.mark.parametrize(("seconds", "zoom", "glyph"), [(1, 1, "▴"), (2, 1, "▲"), (1, 2, "▲")])
def test_what_traded_in_a_cell_counts_together(seconds: int, zoom: int, glyph: str) -> None:
    low = MIDDLE // 2 * 2
    trades = [
        (4, low, 150, 0),
        (5 if seconds == 2 else 4, low + (zoom == 2), 150 if (seconds, zoom) != (1, 1) else 0, 0),
    ]
    part = replace(columns(8), trades=np.array(trades, TRADE_DOT))
    part.ask[:] = MIDDLE + 3
    look = replace(LOOK, seconds=seconds, axis=PriceAxis.centred(MIDDLE, 9, zoom))
    rows = band_rows(history_of(part), look, 0, 8)
    assert styles_at(rows, look.axis.row_of(low), 4 // seconds)[0] == glyph


@pytest.mark.parametrize(
    ("buys", "sells", "ask", "left", "glyph"),
    [
        (300, 0, MIDDLE + 2, 300, "△"),
        (300, 0, MIDDLE + 2, 299, "▲"),
        (300, 0, MIDDLE + 3, 300, "▲"),
        (0, 300, MIDDLE + 3, 300, "▽"),
        (0, 300, MIDDLE + 2, 300, "▼"),
        (60, 0, MIDDLE + 2, 300, "▴"),
    ],
)
def test_a_large_trade_against_as_much_that_still_stands_there_is_marked_as_absorbed(
    buys: int, sells: int, ask: int, left: int, glyph: str
) -> None:
    part = replace(columns(8), trades=np.array([(5, MIDDLE + 2, buys, sells)], TRADE_DOT))
    part.ask[:], part.bid[:] = ask, ask - 1
    part.depth[:, HEAT_TICKS // 2 + 2] = left
    assert styles_at(band_rows(history_of(part), LOOK, 0, 8), AXIS.row_of(MIDDLE + 2), 5)[0] == glyph


@pytest.mark.parametrize(
    ("before", "after", "traded", "fate"),
    [
        (100, 40, 0, Fate.PULLED),
        (100, 40, 60, Fate.EATEN),
        (100, 20, 30, Fate.PULLED),
        (100, 90, 60, Fate.REFILLED),
        (100, 140, 0, None),
        (100, 95, 5, None),
        (-1, 40, 60, None),
        (100, -1, 60, None),
    ],
)
def test_what_became_of_resting_orders(before: int, after: int, traded: int, fate: Fate | None) -> None:
    found = fates(np.array([before], np.int32), np.array([after], np.int32), {0: (traded, 0)}, 25.0)
    assert found.get(0) is fate


def test_the_fate_of_orders_is_drawn_only_when_asked_for() -> None:
    part = columns(8)
    part.depth[5:, HEAT_TICKS // 2 + 2] = 5
    history, row = history_of(part), AXIS.row_of(MIDDLE + 2)
    asked = replace(LOOK, layers=Layers(fate=True))
    assert styles_at(band_rows(history, LOOK, 0, 8), row, 5)[0] == " "
    assert [styles_at(band_rows(history, asked, 0, 8), row, cell)[0] for cell in (4, 5, 6)] == [" ", "□", " "]


def test_with_too_few_colours_more_resting_is_a_denser_character() -> None:
    part = columns(8)
    part.depth[:, HEAT_TICKS // 2 + 1 : HEAT_TICKS // 2 + 4] = (20, 60, 400)
    rows = band_rows(history_of(part), replace(LOOK, shades=True), 0, 8)
    assert [styles_at(rows, AXIS.row_of(MIDDLE + up), 3)[0] for up in (1, 2, 3)] == ["░", "▓", "█"]
    assert "heat" not in styles_at(rows, AXIS.row_of(MIDDLE), 3)[1]


def test_the_head_says_the_scale_in_contracts() -> None:
    look = replace(LOOK, scale=HeatScale(12.0, 340.0, 20, 40))
    wide, narrow = (text_of(heat_head(look, width, False, [])[0]) for width in (80, 40))
    assert wide.endswith("12        340 lots   ▲40")
    assert narrow.endswith("1 s/col  12–340")


def test_a_scale_chosen_by_hand_ends_where_it_was_set_and_says_so() -> None:
    scale = HeatScale(12.0, 340.0, 20, 40).topped(200)
    assert (scale.low, scale.high) == (12.0, 200.0)
    assert "200 set" in text_of(heat_head(replace(LOOK, scale=scale), 80, False, [])[0])
    assert "12=200" in text_of(heat_head(replace(LOOK, scale=scale), 40, False, [])[0])


def test_contrast_steps_by_a_quarter_up_and_down() -> None:
    assert stepped(200.0, up=True) == 250
    assert stepped(250.0, up=False) == 200
    assert stepped(12.0, up=False) == STEPS
