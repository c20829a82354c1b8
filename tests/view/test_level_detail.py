"""The screen of one level: what its plots show, what its facts say, and that everything fits."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.signals.frame import LEVEL_SECOND, Frame, LevelHistory, TouchView
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import text_of, width_of
from spymaster.view.layout import Layout
from spymaster.view.level_detail import WINDOWS_S, DetailState, detail_panels, detail_rects
from spymaster.view.levels.items import level_items
from spymaster.view.levels.past import past_of
from spymaster.view.levels.plots import heights_for
from tests.support import frames, past
from tests.support.heat_scene import T0
from tests.support.screens import being_recorded, placed_text, view_state

NAN = float("nan")
SIZES = ((200, 60), (160, 48), (120, 40), (80, 24), (48, 16))


def detail(
    width: int,
    height: int,
    *,
    frame: Frame | None = None,
    history: LevelHistory | None = None,
    level_id: str | None = "STRIKE_687",
    window_s: int = 120,
    time_bar: bool = False,
    **changes: Any,
) -> tuple[Layout, Panels]:
    frame = being_recorded(frame or frames.frame())
    layout = detail_rects(width, height, time_bar)
    state = view_state(width, height, **changes)
    shown = history or past.level_history()
    panels = detail_panels(frame, level_items(frame), shown, DetailState(level_id, window_s), state, layout)
    return layout, panels


def text(name: str, width: int, height: int, **changes: Any) -> str:
    _, panels = detail(width, height, **changes)
    return "\n".join(text_of(row) for row in panels[name])


def inks(name: str, width: int, height: int, **changes: Any) -> set[str]:
    _, panels = detail(width, height, **changes)
    return {style for row in panels[name] for _, style in row}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_level_of_the_design(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert placed_text(*detail(*size)) == snapshot


def test_in_ascii_over_a_replay(snapshot: SnapshotAssertion) -> None:
    shown = detail(120, 40, frame=frames.replay_frame(), window_s=900, time_bar=True, glyphs="ascii")
    assert placed_text(*shown) == snapshot


@cache
def scene(name: str) -> Frame | None:
    makers = {"moment": frames.frame, "blind": frames.blind_frame, "compiling": frames.empty_frame}
    return makers[name]() if name in makers else None


@settings(max_examples=120, deadline=None)
@given(
    st.integers(20, 260),
    st.integers(5, 80),
    st.sampled_from(["moment", "blind", "compiling", "nothing"]),
    st.sampled_from(WINDOWS_S),
    st.sampled_from([0, 1, 7, 300]),
    st.sampled_from(["STRIKE_687", "PM_HIGH", "PUT_WALL", "gone", None]),
    st.sampled_from(["unicode", "ascii"]),
    st.booleans(),
)
def test_rows_have_the_width_and_number_of_their_cells(
    width: int, height: int, name: str, window_s: int, count: int, level_id: str | None, glyphs: Any, time_bar: bool
) -> None:
    layout = detail_rects(width, height, time_bar)
    frame = scene(name)
    items = level_items(frame) if frame is not None else ()
    state = view_state(width, height, glyphs=glyphs)
    history = past.level_history(count=count, touches=past.TOUCHES * 3)
    panels = detail_panels(frame, items, history, DetailState(level_id, window_s), state, layout)
    for panel, rect in layout.rects.items():
        assert [width_of(row) for row in panels[panel]] == [rect.width] * rect.height, panel
        assert rect.y + rect.height <= height, panel


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90))
def test_plots_share_their_rows_without_taking_more(rows: int) -> None:
    heights = heights_for(rows)
    assert heights.total <= max(rows, 6)
    assert heights.score % 2 == 1


def test_a_score_beyond_the_thresholds_is_loud_and_one_between_them_is_not() -> None:
    assert {"break", "dim:break", "dim:reject"} <= inks("level_plots", 160, 48)
    calm = past.level_seconds()
    calm["score"] = 60.0
    shown = inks("level_plots", 160, 48, history=LevelHistory("STRIKE_687", calm, ()))
    assert "dim:break" in shown
    assert "dim:reject" not in shown


def test_depth_takes_the_colour_of_a_vacuum_while_it_lasts() -> None:
    rows = past.level_seconds()
    assert {"dim:vacuum", "dim:bid"} <= inks("level_plots", 160, 48)
    rows["state"] = BarrierState.WALL
    rows["pulled"] = 0.0
    assert "dim:vacuum" not in inks("level_plots", 160, 48, history=LevelHistory("STRIKE_687", rows, ()))


def test_seconds_out_of_sight_are_hatched() -> None:
    rows = past.out_of_sight(past.level_seconds(), 240, 260)
    lines = text("level_plots", 160, 48, history=LevelHistory("STRIKE_687", rows, ())).splitlines()
    assert all("╱" in lines[row] for row in (1, 5, 10))
    assert "unseen" in "\n".join(lines)


def test_seconds_that_are_missing_are_a_gap() -> None:
    rows = past.level_seconds()
    rows = np.concatenate([rows[:200], rows[230:]])
    assert "┊" in text("level_plots", 160, 48, history=LevelHistory("STRIKE_687", rows, ()))


def test_a_plot_without_a_number_says_so() -> None:
    rows = past.level_seconds()
    rows["added"] = rows["pulled"] = NAN
    assert "nothing known yet" in text("level_plots", 160, 48, history=LevelHistory("STRIKE_687", rows, ()))


@pytest.mark.parametrize("window_s", WINDOWS_S)
def test_the_window_is_named_and_ends_now(window_s: int) -> None:
    shown = text("level_plots", 160, 48, window_s=window_s)
    assert f"{window_s} s," in shown
    assert shown.rstrip().splitlines()[-1].rstrip().endswith("now")


def test_the_title_says_what_where_and_how_often() -> None:
    title = text("level_title", 160, 48)
    for part in (
        "687 STRIKE",
        "support, 0.12 below spot",
        "ES 6870.25",
        "third test",
        "▶ BREAK ↓  84  HIGH",
        "held 3.0 s",
    ):
        assert part in title, part


def test_a_level_that_is_no_longer_published_is_said_so_and_keeps_its_history() -> None:
    assert "not published now" in text("level_title", 160, 48, level_id="PD_HIGH")
    assert "█" in text("level_plots", 160, 48, level_id="PD_HIGH")


def test_blindness_gives_no_signal_and_no_numbers() -> None:
    blind = frames.blind_frame()
    assert "✕ blind: no signal" in text("level_title", 160, 48, frame=blind)
    facts = text("level_facts", 160, 48, frame=blind)
    assert "184" not in facts
    assert "86 %" not in facts
    assert "█" not in facts
    assert "84" not in text("level_plots", 160, 48, frame=blind)


def test_tests_are_listed_with_their_outcome_the_newest_last() -> None:
    rows = [row for row in text("level_facts", 160, 48).splitlines() if row[2:3] == ":"]
    assert [row.split()[1:3] for row in rows] == [["◀", "REJECT"], ["▶", "BREAK"], ["▶", "BREAK"]]
    assert rows[0].split()[-5:] == ["1240", "−0.02", "2", "m", "14"]
    assert rows[-1].split()[-5:] == ["24", "+0.04", "3.0", "s", "84"]


def test_the_head_of_the_tests_says_how_many_there_were_and_what_they_cost_together() -> None:
    assert "3 this session, 1582 lots" in text("level_facts", 160, 48)


def test_a_test_that_lasts_is_open_until_it_has_a_signal() -> None:
    touch = TouchView(T0 - 3 * NS_PER_S, None, -1, 0.0, "", NAN, NAN)
    facts = text("level_facts", 160, 48, history=past.level_history(touches=(touch,)))
    (row,) = [row for row in facts.splitlines() if row[2:3] == ":"]
    assert row.split()[1:3] == ["open", "—"]
    assert "1 this session" in facts
    assert "lots" not in facts.partition("1 this session")[2].splitlines()[0]


def test_a_level_never_tested_says_so() -> None:
    assert "none yet this session" in text("level_facts", 160, 48, history=past.level_history(touches=()))


def test_a_test_without_a_signal_is_no_signal() -> None:
    touch = TouchView(T0 - 90 * NS_PER_S, T0 - 50 * NS_PER_S, 1, -0.01, "", NAN)
    assert "no signal" in text("level_facts", 160, 48, history=past.level_history(touches=(touch,)))


def test_the_sentence_is_about_the_level_shown() -> None:
    assert "bids pulled 684" in text("note", 160, 48)
    assert "asks" in text("note", 160, 48, level_id="VWAP")


def test_a_sentence_is_left_out_where_its_numbers_are_not_known() -> None:
    rows, views = frames.levels(filled=NAN)
    assert text("note", 160, 48, frame=frames.frame(levels=rows, level_views=views)).strip() == ""


def test_without_a_book_the_screen_says_what_it_waits_for() -> None:
    assert "waiting for the first book" in text("level_plots", 120, 40, frame=frames.empty_frame(), level_id=None)


def second(t_s: float, **changes: float) -> Any:
    row = np.full(1, 0, LEVEL_SECOND)[0]
    row["t_ns"] = T0 + round(t_s * NS_PER_S)
    for name, value in changes.items():
        row[name] = value
    return row


def test_a_cell_of_several_seconds_ends_with_its_last_and_flows_are_per_second() -> None:
    rows = np.array([second(at - 7, score=10.0 * at, added=float(at)) for at in range(8)], LEVEL_SECOND)
    end_ns = T0 - T0 % (4 * NS_PER_S) + 4 * NS_PER_S
    cut = past_of(rows, end_ns, 12.0, 3)
    held = [
        [at for at in range(8) if end_ns - (3 - c) * 4 * NS_PER_S < rows["t_ns"][at] <= end_ns - (2 - c) * 4 * NS_PER_S]
        for c in range(3)
    ]
    for cell, inside in enumerate(held):
        assert bool(cut.known[cell]) is bool(inside)
        if inside:
            assert cut.score[cell] == 10.0 * inside[-1]
            assert cut.added[cell] == pytest.approx(np.mean(inside))


def test_cells_keep_their_content_when_time_moves_on() -> None:
    rows = past.level_seconds()
    now, later = (past_of(rows, T0 + at * NS_PER_S, 300.0, 100) for at in (0, 3))
    assert np.array_equal(now.score[1:], later.score[:-1], equal_nan=True)


def test_a_second_wider_than_a_cell_fills_all_its_cells() -> None:
    cut = past_of(past.level_seconds(), T0, 60.0, 120)
    assert cut.known.all()


def test_a_frame_of_unknown_numbers_is_drawn() -> None:
    rows, views = frames.levels()
    for name in rows.dtype.names or ():
        if name not in ("kind", "price", "user_index", "barrier_state", "spot"):
            rows[name] = NAN
    seconds = past.level_seconds()
    for name in ("score", "confidence", "x", "depth", "added", "pulled", "filled"):
        seconds[name] = NAN
    frame = dataclasses.replace(frames.frame(), levels=rows, level_views=views)
    _, panels = detail(160, 48, frame=frame, history=LevelHistory("STRIKE_687", seconds, ()))
    assert "nan" not in "".join(text_of(row) for rows in panels.values() for row in rows).lower()


@pytest.mark.parametrize("size", SIZES[:3], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_gamma_at_the_level_is_told(size: tuple[int, int]) -> None:
    shown = text("level_facts", *size, frame=frames.with_options())
    assert "AMPLIFY" in shown
    assert "−43 ES/pt" in shown


def test_without_options_the_gamma_says_so() -> None:
    assert "no options" in text("level_facts", 160, 48)
