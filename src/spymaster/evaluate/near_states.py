"""States at every snap near a level, passed ones and other sides too, against what is true of the side price came from.

The side is the truth's own (``MidPath.defenders``): an engine that judges the other one is told by what it says all the
same. Beyond a level the truth is what became of the contracts there where that decides, and the tree's otherwise; both
are kept apart, so that every figure can be given with those snaps, without them, and by the tree alone.

A level's truth begins when it is planted. Where price was at it or beyond it by then, the truth has not seen what
rested there when price came; snaps beyond the level are left out until price has been in front of it, and counted in a
view of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.mid_path import HALF_TICKS_PER_POINT, MidPath
from spymaster.market.rows import BarrierState
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.truth.scales import HALF

Rows = NDArray[Any]
Ints = NDArray[np.int64]

STATES: Final = tuple(state for state in BarrierState if state is not BarrierState.MISSING)
NEAR: Final = 2 * HALF_TICKS_PER_POINT
"""A snap is near a level when the mid is at most two points from it."""
PAST: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"just before": (-0.5, 0.0), "0 to .5": (0.0, 0.5), ".5 to 1": (0.5, 1.0), "beyond": (1.0, 2.0)}
)
"""Points past a level: more than the first, at most the second."""
ALL, FRONT, TREE, PLACEBO = "all", "decided beyond left out", "by the tree", "placebo"
UNSEEN: Final = "arrival unseen too"
VIEWS: Final = (ALL, FRONT, TREE, PLACEBO, UNSEEN)
_UNKNOWN: Final = -1
_IN_FRONT: Final = -2 * HALF - 1
"""Half ticks past a level: less, and price has not reached its zone."""
_PASSED: Final = 2
"""From so many half ticks past it on, price has passed a level."""
LEVEL: Final = np.dtype([("level", "<i8"), ("kind", "<i8"), ("side", "<i8"), ("tick", "<i8")])
TRUE: Final = np.dtype([("ts_ns", "<i8"), ("level", "<i8"), ("side", "<i8"), ("state", "<i8"), ("passed_state", "<i8")])
"""The truth of a side of a planted price at a snap: the tree's state, and that beyond the level or -1."""


class StateCounts(msgspec.Struct, frozen=True):
    """Counts of near snaps. ``confusion``: by view, [true][said] over ``STATES``; views as ``VIEWS``.

    ``recall``: by points past the level, [state] -> (said rightly, true). ``directions``: (agree, snaps). ``missing``:
    snaps the engine could not judge; ``unpublished``: levels it did not publish; ``unknown``: no truth. These three are
    not compared.
    """

    confusion: dict[str, list[list[int]]]
    recall: dict[str, dict[str, tuple[int, int]]]
    directions: tuple[int, int]
    missing: int
    unpublished: int
    unknown: int


def count_states(path: MidPath, levels: Rows, true: Rows, said: Rows) -> StateCounts:
    """Compare what was said (``watch.SAID``) of planted prices (``LEVEL``) near them with what was true (``TRUE``)."""
    confusion = {view: np.zeros((6, 6), np.int64) for view in VIEWS}
    recall = {band: np.zeros((6, 2), np.int64) for band in PAST}
    agree = snaps = missing = unpublished = unknown = 0
    for tick in np.unique(levels["tick"]).tolist():
        here = levels[levels["tick"] == tick]
        sides = path.defenders(tick)
        past = path.past(tick, sides)
        near = abs(past) <= NEAR
        tree, beyond, kind, arrived = _truth_at(path, here, true, sides)
        word, side = _said_at(path, said[said["tick"] == tick])
        known = near & (tree != _UNKNOWN)
        unknown += int(np.count_nonzero(near & (tree == _UNKNOWN)))
        unpublished += int(np.count_nonzero(known & (word == _UNKNOWN)))
        told = known & (word != _UNKNOWN)
        agree += int(np.count_nonzero(told & (side == sides)))
        snaps += int(np.count_nonzero(told))
        missing += int(np.count_nonzero(told & (word == BarrierState.MISSING)))
        judged = told & (word != BarrierState.MISSING)
        decided = beyond != _UNKNOWN
        now = np.where(decided, beyond, tree)
        np.add.at(confusion[UNSEEN], (now[judged], word[judged]), 1)
        judged &= arrived
        for view, which, state in (
            (ALL, judged, now),
            (FRONT, judged & ~decided, tree),
            (TREE, judged, tree),
            (PLACEBO, judged & (kind == LevelKind.PLACEBO), now),
        ):
            np.add.at(confusion[view], (state[which], word[which]), 1)
        points = past / HALF_TICKS_PER_POINT
        for band, (low, high) in PAST.items():
            inside = judged & (points > low) & (points <= high)
            np.add.at(recall[band], (now[inside], 1), 1)
            np.add.at(recall[band], (now[inside & (word == now)], 0), 1)
    return StateCounts(
        {view: table.tolist() for view, table in confusion.items()},
        {
            band: {state.name: (int(table[state, 0]), int(table[state, 1])) for state in STATES}
            for band, table in recall.items()
        },
        (agree, snaps),
        missing,
        unpublished,
        unknown,
    )


def _truth_at(path: MidPath, levels: Rows, true: Rows, sides: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """The tree's state, that beyond the level, and what was planted, of the defenders' side at each bucket's end;
    and False where price has passed a level that it was not seen in front of."""
    tree, beyond, kind = (np.full(len(sides), _UNKNOWN) for _ in range(3))
    arrived = np.full(len(sides), True)
    # what is planted on a side speaks for it where both sides' levels do
    for level in sorted(levels, key=lambda one: int(one["side"])):
        for planted in (False, True):
            own = true[(true["level"] == level["level"]) & ((true["side"] == level["side"]) == planted)]
            rows = path.rows(own["ts_ns"])
            past = (2 * own["side"] - 1) * (path.mids[rows] - 2 * level["tick"])
            came = np.maximum.accumulate(past < _IN_FRONT) | (past < _PASSED)
            here = sides[rows] == own["side"]
            own, rows, came = own[here], rows[here], came[here]
            free = np.full(len(rows), True) if planted else tree[rows] == _UNKNOWN
            tree[rows[free]], beyond[rows[free]] = own["state"][free], own["passed_state"][free]
            kind[rows[free]], arrived[rows[free]] = level["kind"], came[free]
    return tree, beyond, kind, arrived


def _said_at(path: MidPath, said: Rows) -> tuple[Ints, Ints]:
    """State and side said of a price at each bucket's end; -1 where nothing was."""
    word, side = np.full(len(path.times), _UNKNOWN), np.full(len(path.times), _UNKNOWN)
    rows = path.rows(said["t_ns"])
    exact = path.times[rows] == said["t_ns"]
    word[rows[exact]], side[rows[exact]] = said["state"][exact], said["side"][exact]
    return word, side
