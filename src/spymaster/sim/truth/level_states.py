"""What is true of every planted price at every snap, on both its sides: the tree's state and that beyond the level.

A price is watched from both sides: once price has gone through, those who defend it are the others. Where nothing is
planted on the other side its states are kept apart, for no mechanism acts there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.sim.truth.passed import PASSED, PassedZone
from spymaster.sim.truth.scales import LevelSpan
from spymaster.sim.truth.states import STATE_TRUTH, Block

_BEYOND: Final = tuple(name for name in PASSED.names or () if name != "ts_ns")
LEVEL_STATE: Final = np.dtype(
    [
        *((name, STATE_TRUTH[name]) for name in STATE_TRUTH.names or ()),
        *((name, PASSED[name]) for name in _BEYOND),
        ("side", "<i8"),
    ]
)
"""``STATE_TRUTH`` and ``PASSED`` of a level's side at a snap."""

Known = Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], NDArray[np.bool_]]
"""Which rows a market can answer for: given ``STATE_TRUTH`` rows, their sides and their ticks."""


def with_other_sides(spans: Sequence[LevelSpan]) -> list[LevelSpan]:
    """The spans, and behind them those of the other sides on which nothing is planted; numbered -1 - the level's."""
    planted = {(span.side, span.tick) for span in spans}
    others = [
        replace(span, number=-1 - span.number, side=1 - span.side, on=(), acts=False)
        for span in spans
        if (1 - span.side, span.tick) not in planted
    ]
    return [*spans, *others]


class LevelStates:
    """Judges consecutive blocks. ``known``: which rows can be answered for, None for all; the others are left out."""

    def __init__(self, known: Known | None = None) -> None:
        self._known = known
        self._zones: dict[int, PassedZone] = {}

    def of_block(
        self, block: Block, leavings: NDArray[Any], first: int, last: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """``LEVEL_STATE`` of the planted sides, and of the others, at the block's snaps first..last - 1, in time."""
        tree = block.states(first, last)
        rows = np.zeros(len(tree), LEVEL_STATE)
        ticks = np.zeros(len(tree), np.int64)
        for name in STATE_TRUTH.names or ():
            rows[name] = tree[name]
        for span in block.levels:
            own = np.flatnonzero(tree["level"] == span.number)
            rows["side"][own], ticks[own] = span.side, span.tick
            if len(own):
                passed = self._passed(block, span, leavings, tree["ts_ns"][own])
                for name in _BEYOND:
                    rows[name][own] = passed[name]
        if self._known is not None:
            known = self._known(tree, rows["side"], ticks)
            rows = rows[known]
        other = rows["level"] < 0
        rows["level"][other] = -1 - rows["level"][other]
        return rows[~other], rows[other]

    def _passed(self, block: Block, span: LevelSpan, leavings: NDArray[Any], times: NDArray[np.int64]) -> NDArray[Any]:
        zone = self._zones.setdefault(span.number, PassedZone(span.side, span.tick))
        touch, depth = block.zone_at(span, times)
        return zone.judge(touch, depth, leavings)
