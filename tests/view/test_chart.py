"""The price chart: candles that mean what they look like, levels at their prices, times nothing is known of."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from syrupy.assertion import SnapshotAssertion

from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import ProfilePart
from spymaster.signals.chart.bars import BLIND_TIME, CHART_BAR, PROFILE_ROW, Chart
from spymaster.signals.frame import AlertView, Frame
from spymaster.view.chart.columns import MINUTES, NO_BAR, columns_of, merged_bars
from spymaster.view.chart.look import WIDTHS, ChartState, Look, chart_rects, furthest_back, look_at
from spymaster.view.chart.marks import outcome_of
from spymaster.view.chart.panels import chart_panels
from spymaster.view.chart.profile import by_row
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, Row, text_of, width_of
from spymaster.view.drawing.glyphs import UNICODE
from spymaster.view.layout import Layout
from spymaster.view.levels.items import level_items
from spymaster.view.market.candles import PriceScale, put_candle
from tests.support import frames, past
from tests.support.screens import being_recorded, placed_text, view_state

NAN = float("nan")
MINUTE = 60 * NS_PER_S
SIZES = ((200, 60), (160, 48), (120, 40), (80, 24), (48, 16))
NO_PROFILE = ChartState(profile=False)


def chart(
    width: int,
    height: int,
    given_chart: Chart | None = None,
    state: ChartState | None = None,
    frame: Frame | None = None,
    *,
    time_bar: bool = False,
    **changes: Any,
) -> tuple[Layout, Panels]:
    frame = being_recorded(frame or frames.frame())
    layout = chart_rects(width, height, time_bar)
    view = view_state(width, height, **changes)
    pictured = past.chart() if given_chart is None else given_chart
    return layout, chart_panels(frame, level_items(frame), pictured, state or ChartState(), view, layout)


def lines(*args: Any, **changes: Any) -> list[str]:
    return [text_of(row) for row in chart(*args, **changes)[1]["chart"]]


def look(width: int, height: int, bars: NDArray[Any], state: ChartState | None = None) -> Look:
    return look_at(bars, state or ChartState(), chart_rects(width, height, False), "unicode", None)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_morning_of_the_design(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert placed_text(*chart(*size)) == snapshot


def test_wide_candles_with_a_blind_time_and_ascii(snapshot: SnapshotAssertion) -> None:
    wide = placed_text(*chart(120, 40, past.chart(92, past.blind((9, 7), (3, 2))), ChartState(1, 6)))
    replay = frames.replay_frame()
    plain = placed_text(*chart(80, 24, past.chart(400), ChartState(15, 1), replay, time_bar=True, glyphs="ascii"))
    assert f"{wide}\n\n{plain}" == snapshot


@settings(max_examples=120, deadline=None)
@given(
    st.integers(20, 300),
    st.integers(5, 90),
    st.sampled_from([0, 1, 2, 19, 195, 1400]),
    st.sampled_from([0, *MINUTES]),
    st.sampled_from([0, *WIDTHS]),
    st.integers(0, 1500),
    st.sampled_from(["unicode", "ascii"]),
    st.booleans(),
    st.booleans(),
)
def test_rows_have_the_width_and_number_of_their_cells(
    width: int,
    height: int,
    count: int,
    minutes: int,
    cells: int,
    back: int,
    glyphs: Any,
    time_bar: bool,
    profile: bool,
) -> None:
    state = ChartState(minutes, cells, back, profile)
    pictured = past.chart(count, past.blind((40, 20), (5, 4)))
    layout, panels = chart(width, height, pictured, state, time_bar=time_bar, glyphs=glyphs)
    for panel, rect in layout.rects.items():
        assert [width_of(row) for row in panels[panel]] == [rect.width] * rect.height, panel
        assert rect.y + rect.height <= height, panel


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (280, 80)], ids=str)
def test_bars_and_prices_fill_the_screen(size: tuple[int, int]) -> None:
    """The newest bar stands beside the axis; with enough of them the oldest in sight is at the left edge."""
    drawn = lines(*size, past.chart(1000), NO_PROFILE)
    now = look(*size, past.bars(1000), NO_PROFILE)
    volume = drawn[now.rows + now.volume - 1]
    assert volume[: now.each].strip()
    assert volume[now.plot - now.each : now.plot].strip()
    assert len(drawn) == chart_rects(*size, False).rects["chart"].height


def test_a_short_recording_is_drawn_in_wide_bars_at_the_right() -> None:
    now = look(120, 40, past.bars(7))
    assert (now.minutes, now.each) == (1, WIDTHS[-1] if 7 * WIDTHS[-1] <= now.plot else 8)
    volume = lines(120, 40, past.chart(7))[now.rows + now.volume - 1]
    assert volume[now.plot - now.each : now.plot].strip()


def test_without_a_bar_it_says_what_it_waits_for() -> None:
    assert "waiting for the first bar" in lines(120, 40, Chart())[0]


def test_bars_of_unknown_averages_are_drawn() -> None:
    bars = past.bars()
    for name in ("vwap", "sma_200", "sma_400", "volume"):
        bars[name] = NAN
    shown = placed_text(*chart(160, 48, Chart(bars)))
    assert "nan" not in shown.lower()
    assert "VWAP —" in shown


# --- candles ---------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("minutes", MINUTES)
def test_bars_put_together_keep_extremes_and_sum_volumes(minutes: int) -> None:
    bars = past.bars(92)
    merged = merged_bars(bars, minutes)
    assert merged["volume"].sum() == bars["volume"].sum()
    assert merged["high"].max() == bars["high"].max()
    assert merged["low"].min() == bars["low"].min()
    assert (merged["open"][0], merged["close"][-1]) == (bars["open"][0], bars["close"][-1])
    assert all(t % (minutes * MINUTE) == 0 for t in merged["t_ns"].tolist())
    assert (merged["sma_200"][-1], merged["vwap"][-1]) == (bars["sma_200"][-1], bars["vwap"][-1])


def test_two_bars_of_one_minute_are_one() -> None:
    """History that reaches into the minute a recording begins in."""
    bars = past.bars(3)
    bars["t_ns"][1] = bars["t_ns"][0]
    merged = merged_bars(bars, 1)
    assert merged["t_ns"].tolist() == [bars["t_ns"][0], bars["t_ns"][2]]
    assert merged["volume"][0] == bars["volume"][:2].sum()
    assert (merged["open"][0], merged["close"][0]) == (bars["open"][0], bars["close"][1])


def test_two_minutes_are_shown_until_others_are_chosen_and_one_where_that_is_too_little() -> None:
    assert [look(120, 40, past.bars(count)).minutes for count in (10, 40, 60, 800)] == [1, 1, 2, 2]
    assert look(120, 40, past.bars(800), ChartState(minutes=15)).minutes == 15


def test_bars_are_as_wide_as_all_of_them_fit_or_else_readable() -> None:
    plot = look(120, 40, past.bars(2), ChartState(1)).plot
    for count in (10, 20, 30, plot, plot + 1):
        each = look(120, 40, past.bars(count), ChartState(1)).each
        wider = [width for width in WIDTHS if count * width <= plot]
        assert each == (max(wider) if wider else 2)
    assert look(120, 40, past.bars(10), ChartState(cells=1)).each == 1


def test_one_may_scroll_until_the_oldest_bar_is_at_the_left() -> None:
    state = ChartState(minutes=2, cells=1)
    now = look(120, 40, past.bars(600), state)
    back = furthest_back(past.bars(600), now)
    assert back == len(merged_bars(past.bars(600), 2)) - now.columns
    newest = lines(120, 40, past.chart(600), state)
    oldest = lines(120, 40, past.chart(600), ChartState(2, 1, back))
    assert newest != oldest
    assert furthest_back(past.bars(10), now) == 0


def test_a_quiet_market_is_not_blown_up() -> None:
    bars = past.bars(30)
    for name in ("open", "high", "low", "close"):
        bars[name] = 687.12
    assert any("▸ 687.12" in row for row in lines(120, 40, Chart(bars)))


# --- time ------------------------------------------------------------------------------------------------------------


def blind(*spans: tuple[float, float]) -> NDArray[Any]:
    return np.array([(int(a * MINUTE), int(b * MINUTE)) for a, b in spans], BLIND_TIME)


def columns(*minutes: int, unknown: tuple[tuple[float, float], ...] = ()) -> Any:
    return columns_of(np.array(minutes, np.int64) * MINUTE, MINUTE, blind(*unknown))


def test_a_minute_without_a_trade_keeps_its_column() -> None:
    assert columns(0, 1, 4, 5).bar.tolist() == [0, 1, NO_BAR, NO_BAR, 2, 3]


def test_a_longer_time_without_bars_is_one_column() -> None:
    made = columns(0, 1, 22, 43, 65)
    assert made.bar.tolist() == [0, 1, *(NO_BAR,) * 20, 2, *(NO_BAR,) * 20, 3, NO_BAR, 4]
    assert made.is_break(MINUTE).tolist() == [*(False,) * 44, True, False]
    assert (made.from_ns[-2] // MINUTE, made.to_ns[-2] // MINUTE) == (44, 65)


def test_a_column_is_blind_where_any_of_its_time_was() -> None:
    made = columns(0, 1, 2, 6, unknown=((1.5, 1.6), (4.0, 5.0), (9.0, 9.5)))
    assert made.blind.tolist() == [False, True, False, False, True, False, False]


def test_a_moment_is_found_in_its_column() -> None:
    made = columns(0, 1, 30)
    assert [made.column_at(int(m * MINUTE)) for m in (-0.1, 0, 0.9, 1, 15, 30.9, 31)] == [-1, 0, 0, 1, 2, 3, -1]


def test_a_blind_time_is_hatched_and_a_quiet_one_is_left_empty() -> None:
    bars = np.delete(past.bars(92), slice(80, 84))
    state = ChartState(1, 2, profile=False)
    quiet = lines(120, 40, Chart(bars), state)
    hatched = lines(120, 40, Chart(bars, blind=past.blind((11, 7))), state)
    assert not any("╱" in row for row in quiet)
    assert any("╱" * 8 in row for row in hatched)
    assert "╱" * 9 not in "\n".join(hatched)


def test_a_bar_of_which_some_was_blind_is_marked_behind() -> None:
    state = ChartState(1, 2, profile=False)
    seen = lines(120, 40, past.chart(60), state)
    partly = lines(120, 40, past.chart(60, past.blind((5, 4))), state)
    assert sum(row.count("┊") for row in partly) > 10
    assert sum(row.count("┊") for row in seen) == 0


def test_time_that_is_left_out_is_a_dotted_column_down_to_its_axis() -> None:
    bars = np.delete(past.bars(92), slice(40, 70))
    drawn = lines(160, 48, Chart(bars), ChartState(1, 2, profile=False))
    now = look(160, 48, bars, ChartState(1, 2, profile=False))
    (x,) = {row.index("┊") for row in drawn if "┊" in row}
    assert drawn[now.rows + now.volume][x] == "┊"


def test_times_are_those_of_new_york_and_a_new_day_is_named() -> None:
    axis = next(row for row in lines(160, 48, past.chart(60)) if row.rstrip().endswith("ET"))
    assert ":" in axis
    evening = past.bars(60)
    midnight = 1_704_430_800 * NS_PER_S  # 5 January 2024, 00:00 in New York
    evening["t_ns"] = midnight + (np.arange(60) - 30) * MINUTE
    axis = next(row for row in lines(160, 48, Chart(evening), ChartState(1, 2)) if row.rstrip().endswith("ET"))
    assert "5 Jan" in axis
    assert "23:45" in axis


# --- levels ----------------------------------------------------------------------------------------------------------


def test_a_level_stands_on_the_row_of_its_price_with_its_name() -> None:
    items = level_items(frames.frame())
    now = look(160, 48, past.bars(), NO_PROFILE)
    rows = lines(160, 48, state=NO_PROFILE)[: now.rows]
    for name in ("SMA_200", "open", "OR_LOW"):
        (item,) = [item for item in items if item.name == name]
        (row,) = [row for row in rows if row[now.axis_x :].split()[-1:] == [name]]
        assert f"{item.price:.2f} {name}" in row
        assert "┄" in row[: now.plot]


def test_no_name_is_cut_at_any_size() -> None:
    from spymaster.market.levels import LevelKind

    whole = {kind.label for kind in LevelKind} | {kind.short for kind in LevelKind} | {"open", "FLIP"}
    for size in SIZES[:-1]:
        now = look(*size, past.bars(), NO_PROFILE)
        rows = lines(*size, state=NO_PROFILE)[: now.rows]
        for row in rows:
            for word in row[now.axis_x + 9 :].replace("=", " ").split():
                if word[0].isalpha():
                    assert word in whole, (size, row)


def crowded(prices: list[float]) -> Frame:
    """A frame whose nearest levels stand at these prices."""
    rows, views = frames.levels()
    rows = rows.copy()
    rows["price"][: len(prices)] = prices
    return frames.frame(levels=rows[: len(prices)], level_views=views[: len(prices)])


def test_levels_on_one_row_are_all_named_or_counted() -> None:
    frame = crowded([687.0, 687.0, 687.0, 687.0])
    for size in ((80, 24), (120, 40), (200, 60)):
        (row,) = [row for row in lines(*size, state=NO_PROFILE, frame=frame) if "687.00" in row]
        now = look(*size, past.bars(), NO_PROFILE)
        words = row[now.axis_x + 9 :].split()
        names = [word for word in words if word[0].isalpha()]
        more = [int(word[1:]) for word in words if word[0] == "+"]
        assert len(names) + sum(more) == 4, row


def test_the_last_price_is_always_marked() -> None:
    assert any("▸ 687.12" in row for row in lines(120, 40))


def test_a_level_at_the_last_price_keeps_its_name() -> None:
    (row,) = [
        row for row in lines(120, 40, state=NO_PROFILE, frame=crowded([687.12])) if "▸" in row and "687.12" in row
    ]
    assert level_items(crowded([687.12]))[0].name in row


def test_the_nearest_level_off_the_chart_is_named_with_its_direction() -> None:
    assert any("↓ 68" in row or "↑ 68" in row for row in lines(160, 48))


def test_volume_is_missing_only_where_there_is_no_room() -> None:
    assert any("volume" in row for row in lines(120, 40))
    assert not any("volume" in row for row in lines(48, 14))


# --- volume profile --------------------------------------------------------------------------------------------------


def profile_of(*volume: float, point: int, area: tuple[int, int]) -> NDArray[Any]:
    out = np.zeros(len(volume), PROFILE_ROW)
    out["price"] = 100.0 + np.arange(len(volume))
    out["volume"] = volume
    out["part"][area[0] : area[1] + 1] = ProfilePart.VALUE_AREA
    out["part"][point] = ProfilePart.POINT_OF_CONTROL
    return out


def test_of_the_prices_of_one_row_the_most_traded_is_shown_and_the_point_of_control_wins() -> None:
    rows = profile_of(1, 2, 4, 8, point=3, area=(2, 3))
    volume, part = by_row(rows, PriceScale(103.75, 99.75, 2))
    assert volume.tolist() == [8.0, 2.0]
    assert part.tolist() == [ProfilePart.POINT_OF_CONTROL, ProfilePart.REST]


@pytest.mark.parametrize("rows", range(3, 30))
def test_the_longest_row_is_the_point_of_control_at_every_height(rows: int) -> None:
    volume, part = by_row(past.profile(), PriceScale(688.0, 686.0, rows))
    assert part[volume == volume.max()].tolist() == [ProfilePart.POINT_OF_CONTROL] * int((volume == volume.max()).sum())


def test_a_price_fills_all_rows_that_are_nearest_it() -> None:
    rows = profile_of(1, 2, point=1, area=(1, 1))
    volume, _ = by_row(rows, PriceScale(101.5, 99.5, 8))
    assert volume.tolist() == [2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]


def test_what_lies_beyond_the_axis_is_left_out() -> None:
    volume, part = by_row(profile_of(5, 6, 7, point=2, area=(1, 2)), PriceScale(100.9, 99.9, 1))
    assert (volume.tolist(), part.tolist()) == ([5.0], [ProfilePart.REST])


def test_point_of_control_and_value_area_are_named_at_their_rows() -> None:
    text = "\n".join(lines(160, 48))
    for name, value in (("POC", "687.00"), ("VAH", "687.25"), ("VAL", "686.70")):
        assert any(name in row and value in row for row in text.splitlines()), name


def test_the_profile_can_be_left_out_and_its_cells_go_to_the_bars() -> None:
    assert not any("POC" in row for row in lines(160, 48, state=NO_PROFILE))
    with_it, without = (look(160, 48, past.bars(), state) for state in (ChartState(), NO_PROFILE))
    assert without.plot == with_it.plot + with_it.profile


# --- alerts ----------------------------------------------------------------------------------------------------------


def alert(minutes_ago: float, signal: str, direction: int, **about: Any) -> AlertView:
    t_ns = int(past.bars(1)["t_ns"][0] - minutes_ago * MINUTE)
    made = AlertView(f"a{minutes_ago}", t_ns, t_ns, "ROUND_687", 687.0, signal, direction, 85.0, 85.0, "HIGH", "", True)
    return msgspec.structs.replace(made, **about)


def marked(*alerts: AlertView, state: ChartState | None = None) -> list[str]:
    """Where marks stand, from the top: the characters of the newest bar's middle cell without candle and lines."""
    frame = frames.frame(alerts=alerts, levels=frames.levels()[0][:0], level_views=())
    bars = past.bars(40)
    bars["high"], bars["low"], bars["open"], bars["close"] = 687.3, 687.1, 687.15, 687.25
    for name in ("vwap", "sma_200", "sma_400"):
        bars[name] = NAN
    bars["high"][0], bars["low"][0] = 688.0, 686.4
    state = state or ChartState(1, 1, profile=False)
    now = look(120, 40, bars, state)
    x = now.plot - now.each + (max(now.each - 1, 1) - 1) // 2
    return [row[x : x + 2].strip() for row in lines(120, 40, Chart(bars), state, frame)[: now.rows]]


def above_and_below(cells: list[str]) -> tuple[list[str], list[str]]:
    candle_rows = [at for at, text in enumerate(cells) if text and text in "│┃╽╿╷╵╻╹"]
    top, bottom = candle_rows[0], candle_rows[-1]
    return [text for text in cells[:top] if text], [text for text in cells[bottom + 1 :] if text]


def test_what_expected_a_rise_stands_above_its_bar_and_what_expected_a_fall_below() -> None:
    assert above_and_below(marked(alert(0, "BREAK", 1))) == (["▶"], [])
    assert above_and_below(marked(alert(0, "BREAK", -1))) == ([], ["▶"])
    assert above_and_below(marked(alert(0, "REJECT", 1))) == ([], ["◀"])


def test_where_price_went_first_stands_outside_of_the_mark() -> None:
    assert above_and_below(marked(alert(0, "BREAK", 1, went=1))) == (["↑", "▶"], [])
    assert above_and_below(marked(alert(0, "BREAK", -1, went=1))) == ([], ["▶", "↑"])
    assert above_and_below(marked(alert(0, "REJECT", 1, settled=True))) == ([], ["◀", "·"])


def test_at_wide_bars_mark_and_outcome_stand_side_by_side() -> None:
    cells = marked(alert(0, "BREAK", 1, went=-1), state=ChartState(1, 4, profile=False))
    assert "▶↓" in cells


def test_of_many_alerts_at_one_bar_the_newest_are_drawn_and_the_others_counted() -> None:
    many = [alert(0.1 * n, "BREAK", 1, t_ns=int(past.bars(1)["t_ns"][0]) + n) for n in range(6)]
    above, _ = above_and_below(marked(*many))
    assert above == ["4", "▶", "▶"]


@pytest.mark.parametrize(("went", "role"), [(1, "break"), (-1, "muted")])
def test_a_right_outcome_has_the_signal_s_colour(went: int, role: str) -> None:
    assert outcome_of(alert(0, "BREAK", 1, went=went), UNICODE) == ("↑" if went > 0 else "↓", role)


def test_outside_the_signal_window_a_mark_is_hushed() -> None:
    above, _ = above_and_below(marked(alert(0, "BREAK", 1, in_window=False)))
    assert above == [UNICODE.hushed]


def test_the_latest_alerts_are_listed_below_where_there_is_room() -> None:
    tall, low = ("\n".join(lines(*size)) for size in ((160, 48), (120, 30)))
    assert "ALERTS" in tall
    assert "ALERTS" not in low


def test_what_is_said_to_the_user_stands_in_the_title() -> None:
    _, panels = chart(120, 40, note="theme dark")
    assert "theme dark" in text_of(panels["chart_title"][0])


def test_the_title_says_the_minutes_of_a_bar() -> None:
    for minutes in MINUTES:
        _, panels = chart(120, 40, state=ChartState(minutes))
        title: Row = panels["chart_title"][0]
        loud = " ".join(text for text, style in title if style == "bright*").split()
        assert loud == ["SPY", f"{minutes}"]
        assert " 1 2 5 15 min" in text_of(title)
