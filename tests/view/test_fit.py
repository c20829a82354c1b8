"""Every panel is filled exactly, whatever the size and whatever there is to show."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.signals.frame import Frame
from spymaster.view.drawing.cells import text_of, width_of
from tests.support import frames
from tests.support.screens import projected

SCENES = ("moment", "blind", "replay", "compiling", "nothing")


@cache
def scene(name: str) -> Frame | None:
    makers = {
        "moment": frames.frame,
        "blind": frames.blind_frame,
        "replay": frames.replay_frame,
        "compiling": frames.empty_frame,
    }
    return makers[name]() if name in makers else None


@settings(max_examples=150, deadline=None)
@given(
    st.integers(20, 260),
    st.integers(5, 80),
    st.sampled_from(SCENES),
    st.sampled_from([1, 2, 4]),
    st.sampled_from(["unicode", "ascii"]),
)
def test_rows_have_the_width_and_number_of_their_cells(
    width: int, height: int, name: str, zoom: int, glyphs: str
) -> None:
    layout, panels = projected(scene(name), width, height, time_bar=name == "replay", zoom=zoom, glyphs=glyphs)
    for panel, rect in layout.rects.items():
        assert [width_of(row) for row in panels[panel]] == [rect.width] * rect.height, panel
    for row in panels.get("card", ()):
        assert width_of(row) <= min(width, 72)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("width", [40, 47, 60, 80, 99, 120, 160, 200])
def test_mode_word_trust_and_screen_age_are_never_dropped(name: str, width: int) -> None:
    layout, panels = projected(scene(name), width, 24, time_bar=name == "replay")
    left, right = text_of(panels["header_left"][0]), text_of(panels["header_right"][0])
    words = {"moment": "LIVE", "blind": "LIVE", "replay": "REPLAY 2×", "compiling": "COMPILING", "nothing": "STARTING"}
    assert words[name] in left
    assert "41 ms" in right
    lights = text_of(panels["trust_left"][0]) if layout.two_headers else right
    if name != "nothing":
        names = ("DEPTH", "TAPE", "OPT", "EQ") if layout.two_headers else ("D", "T", "O", "E")
        assert all(word in lights for word in names)


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40), (200, 60)])
def test_price_best_bid_best_ask_and_the_nearest_level_are_always_shown(size: tuple[int, int]) -> None:
    _, panels = projected(scene("moment"), *size)
    assert any("6871.25" in text_of(row) for row in panels["price"])
    assert any(" 32" in text_of(row) for row in panels["bid"])
    assert any("107" in text_of(row) for row in panels["ask"])
    nearest = text_of(panels["levels_left"][0])
    assert "STRIKE" in nearest
    assert "▶" in nearest
