"""Which levels Gold keeps: those near the price at every snap, the others when they change or a second ends."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.blocks import LEVEL_NAMES

NEAR_BANDS: Final = 2.0
"""A level within this many monitor bands of the price is near."""

_INDEX: Final = {name: index for index, name in enumerate(LEVEL_NAMES)}
_IDENTITY: Final = ("kind", "user_index", "price", "dynamic")
_STATE: Final = ("barrier_state", "signal", "direction")
_BASE: Final = 64
_MOST_INDICES: Final = 2.0**20
"""More than there are levels of one kind: kind and index make one number, exactly."""


class GoldChoice:
    """Chooses rows of consecutive snaps. ``monitor_band`` in the profile's unit."""

    def __init__(self, monitor_band: float) -> None:
        self._near = NEAR_BANDS * monitor_band
        self._last: dict[tuple[float, float], float] = {}

    def forget(self) -> None:
        """Begin anew: the first row of every level is kept, so that each hour's file stands for itself."""
        self._last.clear()

    def keep(self, rows: NDArray[Any], t_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the rows (float64[n, fields], oldest first, snap time of each) are kept."""
        near = rows[:, _INDEX["distance"]] <= self._near
        second = t_ns % NS_PER_S == 0
        kept: NDArray[np.bool_] = near | second | self._changed(rows)
        return kept

    def _changed(self, rows: NDArray[Any]) -> NDArray[np.bool_]:
        """Rows whose level was in another state when it was published last, or is new."""
        if not len(rows):
            return np.zeros(0, np.bool_)
        kind, index, price, dynamic = (rows[:, _INDEX[name]] for name in _IDENTITY)
        which = kind * _MOST_INDICES + index
        fixed = np.where(dynamic != 0.0, 0.0, price)
        state = np.zeros(len(rows))
        for name in _STATE:
            state = state * _BASE + (rows[:, _INDEX[name]] + 1.0)
        order = np.lexsort((fixed, which))
        which, fixed, ordered = which[order], fixed[order], state[order]
        is_first = np.ones(len(rows), np.bool_)
        is_first[1:] = (which[1:] != which[:-1]) | (fixed[1:] != fixed[:-1])
        differs = np.ones(len(rows), np.bool_)
        differs[1:] = ordered[1:] != ordered[:-1]
        starts = np.flatnonzero(is_first)
        ends = np.append(starts[1:], len(rows)) - 1
        keys = zip(which[starts].tolist(), fixed[starts].tolist(), strict=True)
        states = zip(ordered[starts].tolist(), ordered[ends].tolist(), strict=True)
        last = self._last
        for start, key, (first_state, last_state) in zip(starts.tolist(), keys, states, strict=True):
            differs[start] = last.get(key) != first_state
            last[key] = last_state
        changed = np.empty(len(rows), np.bool_)
        changed[order] = differs
        return changed
