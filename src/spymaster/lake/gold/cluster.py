"""Gold's rows side by side with those of their kind, so that who asks for one kind of level reads that alone.

Rows arrive by time, and a file takes them in bundles. Within a bundle they lie by kind, level and time, and a row group
holds one kind, or several that are rare. So a file has the times of each bundle after those of the one before.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.signals.blocks import LEVEL_NAMES

SHARED_ROWS: Final = 8192
"""Rows of a row group that several kinds share, at most. What is the same for all levels of a snap is stored once in
each row group, so they are as large as somebody who asks for one rare kind can bear."""

_INDEX: Final = {name: index for index, name in enumerate(LEVEL_NAMES)}
KIND: Final = _INDEX["kind"]
"""The column of a row that tells its kind."""
_MOST_INDICES: Final = 2.0**20
"""More than there are levels of one kind: kind and index make one number, exactly."""


def clustered(rows: NDArray[Any]) -> NDArray[np.intp]:
    """The order in which rows (float64[n, fields], oldest first) lie by kind and level, those of a level by time."""
    kind, index, price, dynamic = (rows[:, _INDEX[name]] for name in ("kind", "user_index", "price", "dynamic"))
    # a level that moves with the market is one level at every price
    return np.lexsort((np.where(dynamic != 0.0, 0.0, price), kind * _MOST_INDICES + index))


def row_groups(kinds: NDArray[Any]) -> list[slice]:
    """The row groups of a bundle whose rows lie by kind (``kinds``: of each row, ascending; one row at least)."""
    edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(kinds)]
    groups: list[slice] = []
    begin = 0
    for start, end in itertools.pairwise(edges):
        if begin < start and end - begin > SHARED_ROWS:
            groups.append(slice(begin, start))
            begin = start
    return [*groups, slice(begin, len(kinds))]
