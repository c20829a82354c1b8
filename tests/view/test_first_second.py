"""The first second: what a trader must read off the screen at once stands on it, at every size, live and in replay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spymaster.signals.frame import AlertView, Frame
from spymaster.view.cockpit import CockpitProjector
from spymaster.view.drawing.cells import text_of
from spymaster.view.layout import layout_for
from tests.support import frames
from tests.support.heat_scene import T0
from tests.support.screens import view_state

SIZES = ((80, 24), (120, 40), (200, 60))
S = 1_000_000_000


def resolved() -> AlertView:
    """The last alert of the scene: a REJECT that was right."""
    return AlertView(
        id="done",
        t_ns=T0 - 90 * S,
        resolved_ns=T0 - 60 * S,
        level_id="VWAP",
        price=687.34,
        signal="REJECT",
        direction=1,
        score=17.0,
        peak_score=12.0,
        confidence="HIGH",
        reason="asks refilled",
        in_window=True,
        outcome="right: fell 1 point within 12 s",
        went=-1,
        went_s=12.0,
        settled=True,
    )


def scene(*, replayed: bool) -> Frame:
    frame = frames.replay_frame() if replayed else frames.frame()
    return replace(frame, alerts=(resolved(),))


def screen(frame: Frame, size: tuple[int, int], *, replayed: bool) -> list[str]:
    """The whole screen as text, row by row."""
    width, height = size
    layout = layout_for(width, height, replayed)
    cells = [[" "] * width for _ in range(height)]
    for name, rows in CockpitProjector().project(frame, view_state(width, height), layout, 0.0).items():
        place = layout.rect(name)
        if place is None:
            continue
        for y, row in enumerate(rows):
            for x, char in enumerate(text_of(row)):
                if place.y + y < height and place.x + x < width:
                    cells[place.y + y][place.x + x] = char
    return ["".join(row) for row in cells]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


@pytest.fixture(params=[False, True], ids=["live", "replay"])
def rows(request: pytest.FixtureRequest, size: tuple[int, int]) -> list[str]:
    return screen(scene(replayed=request.param), size, replayed=request.param)


def test_price_and_time_stand_in_the_first_row(rows: list[str]) -> None:
    assert "687.12" in rows[0]
    assert "11:02:51" in rows[0]


def test_the_first_row_says_whether_this_is_the_market_now(rows: list[str]) -> None:
    assert ("LIVE" in rows[0]) is not ("REPLAY" in rows[0])


def test_the_light_of_every_input_stands_in_the_first_two_rows(rows: list[str]) -> None:
    top = rows[0] + rows[1]
    short = [letter + light for letter, light in zip("DTOE", "●●·●", strict=True)]
    long = ["● DEPTH", "● TAPE", "· OPT", "● EQ"]
    assert all(light in top for light in short) or all(light in top for light in long)


def table_row(rows: list[str]) -> str:
    """The nearest level's row: the first with its state in a word below the axis."""
    return next(row for row in rows if "STRIKE" in row and "VACUUM" in row)


def test_the_nearest_level_is_named_with_price_score_and_state(rows: list[str]) -> None:
    row = table_row(rows)
    assert "687.00" in row
    assert " 84" in row
    assert "□ VACUUM" in row


def test_what_is_expected_of_it_is_said_by_a_sign(rows: list[str]) -> None:
    assert "▶" in table_row(rows)


def test_why_stands_in_a_sentence(rows: list[str]) -> None:
    assert any("bids pulled 684" in row for row in rows)


def test_what_became_of_the_last_signal_is_said(rows: list[str]) -> None:
    assert any("REJECT" in row and ("right" in row or "↓12s" in row) for row in rows)
