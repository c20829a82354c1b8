"""What a model says, on the screen: with whose it is, where it may be seen, and never as a score."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from spymaster.signals.frame import Frame
from spymaster.signals.said.model_chances import ModelChances
from spymaster.view.drawing.cells import text_of
from tests.support import frames
from tests.support.screens import projected


def with_chances(said: float, *, simulated: bool = True) -> Frame:
    frame = frames.frame()
    chances = np.full(len(frame.levels), said)
    return replace(frame, chances=ModelChances(chances, 240.0, 2.0, simulated, "sim-1"))


def side(frame: Frame, size: tuple[int, int] = (200, 60)) -> str:
    _, panels = projected(frame, *size, side="focus")
    return "\n".join(text_of(row) for row in panels["side"])


def test_the_chance_stands_beside_the_score_with_its_horizon_and_whose_it_is() -> None:
    text = side(with_chances(0.37))
    assert "+2 before −2 in 240 s" in text
    assert "37 %" in text
    assert "model, simulated markets" in text


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (176, 48)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_it_is_never_shown_without_whose_it_is(size: tuple[int, int]) -> None:
    text = side(with_chances(0.37), size)
    assert "37 %" in text
    assert re.search(r"model,?\s+simulated markets", text)


def test_a_level_that_is_too_far_has_none() -> None:
    assert "model" not in side(with_chances(float("nan")))


def test_without_a_model_the_panel_is_what_it_was() -> None:
    assert "model" not in side(frames.frame())


def test_no_screen_calls_it_a_probability() -> None:
    assert "probability" not in side(with_chances(0.37)).lower()
