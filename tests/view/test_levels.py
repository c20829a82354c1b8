"""Levels in table, rail and focus."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spymaster.market.rows import Signal, Tag
from spymaster.signals.frame import Frame
from spymaster.view.drawing.cells import Line, text_of
from spymaster.view.drawing.glyphs import UNICODE
from spymaster.view.drawing.meter import put_components, put_meter
from spymaster.view.levels.items import level_items, level_text, picked_item
from tests.support import frames
from tests.support.screens import projected

NAN = float("nan")


def table(frame: Frame, **changes: Any) -> list[str]:
    _, panels = projected(frame, 200, 60, **changes)
    return [
        text_of(left) + text_of(right)
        for left, right in zip(panels["levels_left"], panels["levels_right"], strict=True)
    ]


def test_the_nearest_level_is_marked_until_another_is_picked() -> None:
    assert table(frames.frame())[0].startswith("▎")
    rows = table(frames.frame(), picked="VWAP")
    assert rows[3].startswith("▎")
    assert not rows[0].startswith("▎")


def test_a_picked_level_that_is_gone_gives_way_to_the_nearest() -> None:
    items = level_items(frames.frame())
    assert picked_item(items, "no such level") is items[0]


def test_a_level_without_a_book_has_no_score_and_no_meter() -> None:
    row = table(frames.frame())[6]
    assert "· unseen" in row
    assert "—" in row
    assert "─" not in row


def test_a_signal_outside_the_window_is_muted() -> None:
    rows, views = frames.levels(in_window=0.0)
    _, panels = projected(frames.frame(levels=rows, level_views=views), 200, 60)
    first = panels["levels_left"][0]
    assert "◦ BREAK ↓" in text_of(first)
    assert not any(name.startswith("break") for _, name in first)


def test_a_break_points_where_the_level_breaks_and_a_reject_back() -> None:
    rows = table(frames.frame())
    assert "▶ BREAK ↓" in rows[0]
    assert "◀ REJECT ↓" in rows[3]


def test_blind_levels_keep_price_and_distance_but_no_score() -> None:
    row = table(frames.blind_frame())[0]
    assert "687.00 −0.12 ✕ blind" in row
    assert "84" not in row


def test_long_prices_take_their_cell_from_the_name() -> None:
    rows, views = frames.levels()
    rows["price"] *= 10
    rows["spot"] *= 10
    assert any("6870.00" in line for line in table(frames.frame(levels=rows, level_views=views)))


def test_runway_and_confluence_stand_beside_a_level() -> None:
    rows = table(frames.frame())
    assert rows[0].endswith("↓1.00 → 686       3")
    assert rows[1].endswith("↑0.06 → VWAP      3")


def test_a_lesser_level_in_the_way_is_marked() -> None:
    assert "↓0.92 ┤ 686" in table(frames.frame())[2]


def test_a_level_without_a_known_obstacle_has_a_dash() -> None:
    rows, views = frames.levels(runway_distance=NAN, confluence_count=NAN)
    assert table(frames.frame(levels=rows, level_views=views))[0].split()[-2:] == ["—", "—"]


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (84.0, "────┼─────╺━━━━━━╸───"),
        (17.0, "────━━━━━━╸─────┼────"),
        (50.0, "────┼─────┼─────┼────"),
        (100.0, "────┼─────╺━━━━━━━━━╸"),
        (NAN, "────┼─────┼─────┼────"),
    ],
)
def test_the_meter_runs_from_fifty_to_the_score(score: float, text: str) -> None:
    line = Line(21)
    put_meter(line, 0, 21, score, "break", UNICODE)
    assert text_of(line.row()) == text


@pytest.mark.parametrize(
    ("components", "text"),
    [
        ((20, 9, 5), "       │BBBBFFT"),
        ((-21, -6, -5), " TFBBBB│       "),
        ((60, 60, 60), "       │BBBBBBB"),
        ((16, NAN, -4), "      T│BBB    "),
    ],
)
def test_forces_are_runs_of_their_letters(components: tuple[float, float, float], text: str) -> None:
    line = Line(15)
    put_components(line, 0, 15, components, "ground", UNICODE)
    assert text_of(line.row()) == text


@pytest.mark.parametrize(
    ("ident", "value", "text"),
    [
        ("STRIKE_687", 687.0, "687 STRIKE"),
        ("VWAP", 687.34, "687.34 VWAP"),
        ("SESSION_HIGH", 6875.5, "6875.5 SESS_HIGH"),
        ("open", 687.28, "687.28 open"),
    ],
)
def test_levels_are_named_as_people_say_them(ident: str, value: float, text: str) -> None:
    assert level_text(ident, value) == text


def test_two_levels_on_one_row_show_the_one_nearer_to_a_signal() -> None:
    rows, views = frames.levels()
    rows["tick"][1] = rows["tick"][3]
    _, panels = projected(frames.frame(levels=rows, level_views=views), 120, 40)
    shared = [text_of(row) for row in panels["rail"] if "VWAP" in text_of(row)]
    assert len(shared) == 1
    assert "+1" in shared[0]
    assert not any("USER" in text_of(row) for row in panels["rail"])


def test_levels_off_the_screen_wait_at_the_ends_of_the_rail() -> None:
    _, panels = projected(frames.frame(), 120, 40)
    assert text_of(panels["rail_head"][1]).split() == ["↑", "PM_HIGH", "+0.39"]
    assert text_of(panels["rail_foot"][0]).split() == ["↓", "OR_LOW", "−0.34"]


def test_the_focus_follows_the_picked_level() -> None:
    _, panels = projected(frames.frame(), 200, 60, picked="VWAP")
    side = "\n".join(text_of(row) for row in panels["side"])
    assert "687.34 VWAP" in side
    assert "◆ ABSORPTION" in side
    assert "REJECT 83" in side
    assert "BREAK 17" in side


def side(width: int, height: int, frame: Frame | None = None, **changes: Any) -> str:
    _, panels = projected(frame or frames.frame(), width, height, **changes)
    return "\n".join(text_of(row) for row in panels["side"])


def test_the_side_column_says_what_is_missing() -> None:
    text = side(200, 60)
    assert "STRIKES                      no options" in text
    assert "GAMMA                        no options" in text


def test_the_focus_tells_everything_about_its_level_where_there_is_room() -> None:
    text = side(200, 60)
    for part in (
        "REJECT 16                  BREAK 84",
        "iceberg  184 eaten, peak 20, 150 left",
        "alarm                   PULLING 2.3 s",
        "to break  z +2.2",
        "reach in      24 s",
        "touches before   2   attempt          3",
        "RUNWAY  ↓1.00 → 686               clear",
        "3 near, with the trend",
    ):
        assert part in text, part


def test_an_attack_that_makes_no_way_takes_the_row_of_what_comes_and_goes() -> None:
    frame = frames.frame()
    levels = frame.levels.copy()
    nearest = int(np.argmin(levels["distance"]))
    levels["tags"][nearest] = Tag.ABSORBING
    levels["effort"][nearest], levels["progress"][nearest] = 240.0, 0.25
    text = side(200, 60, replace(frame, levels=levels), picked=frame.level_views[nearest].id)
    assert "absorbing" in text
    assert "240 for 0.25" in text
    assert "fleeting" not in text


def test_a_narrow_focus_keeps_the_essentials() -> None:
    text = side(120, 40)
    for part in (
        "84 ▶",
        "Barrier",
        "gamma  no options",
        "5 s",
        "reach in     24 s",
        "RUN ↓1.00 → 686",
        "CONFLUENCE 3 near",
    ):
        assert part in text, part


def test_the_stack_holds_the_levels_of_the_group_and_no_other() -> None:
    text = side(200, 60)
    stack = text[text.index("CONFLUENCE") :].splitlines()[2:]
    prices = [line.split()[1] for line in (row.strip("▎") for row in stack) if len(line.split()) > 1]
    assert prices == ["687.34", "687.28", "687.00", "686.92"]


def test_what_the_engine_does_not_know_yet_is_a_dash_and_never_a_number() -> None:
    rows, views = frames.levels()
    known = (
        "kind",
        "price",
        "tick",
        "direction",
        "spot",
        "score",
        "signal",
        "barrier_state",
        "user_index",
        "in_window",
    )
    for name in rows.dtype.names or ():
        if name not in known:
            rows[name] = NAN
    text = side(200, 60, frames.frame(levels=rows, level_views=views))
    assert "nan" not in text.lower()
    assert "touches before   —" in text


def test_blindness_hides_the_numbers_of_the_focus() -> None:
    text = side(200, 60, frames.blind_frame())
    assert "184" not in text
    assert "✕ blind" in text


def test_contested_has_no_direction() -> None:
    rows, views = frames.levels()
    rows["signal"][0] = int(Signal.CONTESTED)
    item = level_items(frames.frame(levels=rows, level_views=views))[0]
    assert item.arrow == 0
