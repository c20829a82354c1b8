"""The days before are asked about once a second of event time, and again while an answer is still being read."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from spymaster.signals.frame import Frame
from spymaster.signals.header_parts import Usual
from spymaster.tui.usual_pull import UsualPull
from tests.support.scripted_source import ScriptedSource


class Asked:
    """Answers with what it is given to say, and counts."""

    def __init__(self, liquidity: float) -> None:
        self.times = 0
        self._liquidity = liquidity

    def __call__(self, frame: Frame, bars: NDArray[Any]) -> Usual:
        self.times += 1
        return Usual(3, 1.0, self._liquidity)


def looks(asked: Asked | None, seconds: int) -> list[Usual | None]:
    """Four looks a second of event time."""
    source = ScriptedSource()
    pull = UsualPull(source, asked)
    told = []
    for _ in range(4 * seconds):
        told.append(pull.look(source.latest()))
        source.advance(0.25)
    return told


def test_one_question_a_second() -> None:
    asked = Asked(0.5)
    assert set(looks(asked, 5)) == {Usual(3, 1.0, 0.5)}
    assert asked.times in (5, 6)


def test_what_is_still_being_read_is_asked_for_again() -> None:
    asked = Asked(math.nan)
    looks(asked, 5)
    assert asked.times == 20


def test_without_anybody_to_ask_nothing_is_told() -> None:
    assert set(looks(None, 2)) == {None}
