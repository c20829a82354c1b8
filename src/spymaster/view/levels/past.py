"""The remembered seconds of one level cut to the cells of a time axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.view.drawing.plot import cell_edges

_LAST: Final = ("score", "x", "depth", "confidence")
_FLOWS: Final = ("added", "pulled", "filled")
_STALE_NS: Final = NS_PER_S + NS_PER_S // 2


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """One entry a cell, oldest first. ``known``: there is a second in it; ``state``: -1 where there is none. ``score``,
    ``x``, ``depth``, ``confidence`` as of its last second, flows in contracts per second; NaN where unknown."""

    known: NDArray[np.bool_]
    state: NDArray[np.int64]
    score: NDArray[np.float64]
    x: NDArray[np.float64]
    depth: NDArray[np.float64]
    confidence: NDArray[np.float64]
    added: NDArray[np.float64]
    pulled: NDArray[np.float64]
    filled: NDArray[np.float64]

    def gap(self, cell: int) -> bool:
        """Whether nothing is known of the cell although something is of earlier and of later ones."""
        return bool(not self.known[cell] and self.known[:cell].any() and self.known[cell:].any())


def past_of(seconds: NDArray[Any], end_ns: int, span_s: float, cells: int) -> Past:
    """The seconds (LEVEL_SECOND[n]) of the last ``span_s`` seconds before ``end_ns`` in ``cells`` cells."""
    t_ns = seconds["t_ns"]
    edges = cell_edges(end_ns, span_s, cells)
    if edges[1] - edges[0] < NS_PER_S:
        # a second is wider than a cell: the one that covers the middle of the cell
        middles = (edges[:-1] + edges[1:]) // 2
        first = np.minimum(np.searchsorted(t_ns, middles, "left"), max(len(t_ns) - 1, 0))
        past_end = first + 1
        known = np.abs(t_ns[first] - middles) < _STALE_NS if len(t_ns) else np.zeros(cells, bool)
    else:
        ends = np.searchsorted(t_ns, edges, "right")
        first, past_end = ends[:-1], ends[1:]
        known = past_end > first
    last = np.clip(past_end - 1, 0, max(len(t_ns) - 1, 0))
    columns = {name: _picked(seconds[name], last, known) for name in _LAST}
    flows = {name: _mean(seconds[name], first, past_end, known) for name in _FLOWS}
    state = np.full(cells, -1, np.int64)
    if len(t_ns):
        state[known] = seconds["state"][last[known]]
    columns["score"] = np.where(state == int(BarrierState.MISSING), np.nan, columns["score"])
    return Past(known=known, state=state, **columns, **flows)


def _picked(values: NDArray[Any], indices: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    out = np.full(len(indices), np.nan)
    out[known] = values[indices[known]]
    return out


def _mean(
    values: NDArray[Any], first: NDArray[np.int64], past_end: NDArray[np.int64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Mean of the known values from ``first`` to before ``past_end``."""
    sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
    counts = np.concatenate([[0], np.cumsum(~np.isnan(values))])
    out = np.full(len(first), np.nan)
    number = counts[past_end[known]] - counts[first[known]]
    total = sums[past_end[known]] - sums[first[known]]
    out[known] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return out
