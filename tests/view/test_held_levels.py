"""A held level is never shown as what it is named after: it is marked, and the true one is drawn where it is."""

from __future__ import annotations

import pytest

from spymaster.market.levels import LevelKind
from spymaster.market.rows import BarrierState
from spymaster.signals.frame import Frame, LevelView
from spymaster.view.chart.look import ChartState, chart_rects
from spymaster.view.chart.panels import chart_panels
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Row, text_of
from spymaster.view.level_detail import DetailState, detail_panels, detail_rects
from spymaster.view.levels.items import HELD, level_items, running_places
from tests.support import frames, past
from tests.support.screens import view_state
from tests.view.test_words import panels_of

HELD_AT, NOW_AT = 687.20, 687.43


def held_frame(kind: LevelKind = LevelKind.SESSION_HIGH, held: float = 1.0) -> Frame:
    """The scene with its PM_HIGH as a moving level that what it is named after has passed."""
    rows, views = frames.levels()
    at = next(k for k, view in enumerate(views) if view.kind == "PM_HIGH")
    rows["kind"][at], rows["held"][at], rows["dynamic"][at] = kind, held, 1.0
    rows["price"][at], rows["tick"][at] = HELD_AT, round(HELD_AT * 10.0002 * 4)
    rows["running_price"][at] = NOW_AT if held else HELD_AT
    views = (*views[:at], LevelView(kind.name, kind.name, kind.name), *views[at + 1 :])
    return frames.frame(levels=rows, level_views=views)


def all_text(rows: tuple[Row, ...]) -> str:
    return "\n".join(text_of(row) for row in rows)


def chart_lines(frame: Frame) -> list[str]:
    layout = chart_rects(160, 48, False)
    chart = past.chart()
    chart.bars["high"][-3] = 687.45
    return [
        text_of(row)
        for row in chart_panels(frame, level_items(frame), chart, ChartState(), view_state(160, 48), layout)["chart"]
    ]


def detail(frame: Frame, ident: str) -> Panels:
    layout = detail_rects(160, 48, False)
    state = DetailState(ident, 60)
    return detail_panels(frame, level_items(frame), None, state, view_state(160, 48), layout)


def test_the_rail_marks_a_held_level_and_draws_the_true_one_at_its_price() -> None:
    lines = [text_of(row) for row in panels_of(held_frame(), 200, 60)["rail"]]
    held = next(at for at, line in enumerate(lines) if f"{HELD}SES_HI" in line)
    true = next(at for at, line in enumerate(lines) if " SES_HI" in line)
    assert "687.20" in lines[held]
    assert "687.43" in lines[true]
    assert true < held


def test_the_row_of_the_true_one_says_nothing_that_is_said_of_levels() -> None:
    (rect,) = running_places(level_items(held_frame()), held_frame())
    assert (rect.price, rect.state, rect.signal, rect.seen) == (NOW_AT, BarrierState.MISSING, 0, False)


def test_the_ladder_tints_the_row_of_the_true_one() -> None:
    def tinted(frame: Frame) -> int:
        return sum(any("raised" in style for _, style in row) for row in panels_of(frame, 200, 60)["price"])

    assert tinted(held_frame()) == tinted(held_frame(held=0.0)) + 1


def test_the_chart_names_the_true_one_at_its_price_and_marks_the_held_one() -> None:
    lines = chart_lines(held_frame())
    assert sum(f"687.20 {HELD}SESS_HIGH" in line for line in lines) == 1
    assert sum("687.43 SESS_HIGH" in line for line in lines) == 1


def test_the_table_marks_a_held_level() -> None:
    assert f"{HELD}SESS_HIGH" in all_text(panels_of(held_frame(), 200, 60)["levels_left"])


def test_the_level_s_own_screen_says_where_the_true_one_is() -> None:
    title = all_text(detail(held_frame(), "SESSION_HIGH")["level_title"])
    assert f"687.2 {HELD}SESS_HIGH" in title
    assert "held while price is at it, now 687.43" in title


def test_a_level_that_is_not_held_is_drawn_once_and_unmarked() -> None:
    frame = held_frame(held=0.0)
    assert running_places(level_items(frame), frame) == ()
    text = all_text(panels_of(frame, 200, 60)["rail"]) + "\n".join(chart_lines(frame))
    assert HELD not in text.replace("==", "")


@pytest.mark.parametrize("kind", [kind for kind in LevelKind if kind not in (LevelKind.USER, LevelKind.STRIKE)])
def test_the_mark_leaves_no_name_too_long_for_its_column(kind: LevelKind) -> None:
    item = next(item for item in level_items(held_frame(kind)) if item.held)
    assert item.name.startswith(HELD)
    assert item.short.startswith(HELD)
    assert len(item.name) <= 10
    assert len(item.short) <= 7


def test_an_obstacle_that_is_held_is_marked_too() -> None:
    frame = held_frame()
    frame.levels["runway_kind"][0], frame.levels["runway_distance"][0] = LevelKind.SESSION_HIGH, 0.5
    frame.levels["runway_direction"][0], frame.levels["runway_obstructed"][0] = 1.0, 0.0
    runway = level_items(frame)[0].runway
    assert runway is not None
    assert runway.to == f"{HELD}SES_HI"
