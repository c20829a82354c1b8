"""The flow wave: delta bought above its line and sold below it, calls and puts apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.signals.frame import OPTION_FLOW, OPTION_FLOW_NS
from spymaster.view.drawing.cells import Rows, text_of, width_of
from spymaster.view.options.flow_wave import wave_rows
from tests.support import option_scene
from tests.support.heat_scene import T0

WIDTH, LANE = 39, 2
NOW = T0 - T0 % (20 * 1_000_000_000) + 1


def wave(*spans: tuple[int, float, float], width: int = WIDTH, lane: int = LANE, words: str = "") -> Rows:
    """``spans``: how many ago, calls, puts."""
    rows: NDArray[np.void] = np.zeros(len(spans), OPTION_FLOW)
    for row, (ago, calls, puts) in zip(rows, spans, strict=True):
        row["t_ns"], row["calls"], row["puts"] = NOW - ago * OPTION_FLOW_NS, calls, puts
    return wave_rows(rows, NOW, width, lane, words, "unicode")


@pytest.mark.parametrize("width", [17, 39, 45])
def test_it_fills_its_rows(width: int) -> None:
    rows = wave_rows(option_scene.flow(), T0, width, 3, "", "unicode")
    assert len(rows) == 8
    assert {width_of(row) for row in rows} == {width}


def test_totals_of_calls_and_puts_stand_in_the_corners() -> None:
    assert text_of(wave((0, 312.0, 0.0), (9, 0.0, -588.0))[1]).split() == ["calls", "+312", "puts", "−588"]


def test_bought_delta_rises_and_sold_delta_hangs_at_the_newest_end() -> None:
    bought, sold = wave((0, 10.0, 0.0)), wave((0, -10.0, 0.0))
    assert [text_of(row)[-1] for row in bought[2:]] == ["█", "█", " ", " "]
    assert [text_of(row)[-1] for row in sold[2:]] == [" ", " ", "█", "█"]


def test_older_flow_stands_further_left() -> None:
    assert text_of(wave((5, 10.0, 0.0))[3]).rstrip().endswith("█")
    assert len(text_of(wave((5, 10.0, 0.0))[3]).rstrip()) < WIDTH


def test_calls_stand_next_to_the_line_and_puts_beyond_them() -> None:
    rows = wave((0, 8.0, 8.0))
    assert [rows[y][-1][1] for y in (2, 3)] == ["dim:gamma_below", "dim:gamma_above"]
    rows = wave((0, -8.0, -8.0))
    assert [rows[y][-1][1] for y in (4, 5)] == ["dim:gamma_above", "dim:gamma_below"]


def test_bought_calls_and_sold_puts_do_not_cancel() -> None:
    """Opposite flows of one moment are both seen."""
    rows = [text_of(row)[-1] for row in wave((0, 10.0, -10.0))[2:]]
    assert rows == ["█", "█", "█", "█"]


def test_a_part_of_a_cell_grows_from_the_line() -> None:
    rows = wave((0, 16.0, 0.0), (8, 6.0, 0.0), (16, -6.0, 0.0))
    assert "▆" in text_of(rows[3])
    hanging = next((text, name) for text, name in rows[4] if text.strip())
    assert hanging == ("▂", "ground/dim:gamma_above")


def test_without_flow_it_says_so() -> None:
    assert "no option trades" in text_of(wave()[2])
    assert "no option trades" in text_of(wave((500, 3.0, 3.0))[2])


def test_what_is_to_be_said_instead_stands_in_the_title() -> None:
    rows = wave(words="no options")
    assert len(rows) == 1
    assert text_of(rows[0]).split(maxsplit=2)[-1] == "no options"
