"""Every tree of a forest over 64 rows at once: leaves are struck off, and the first that is left is where a row ends.

A row's way down a tree is a chain of loads, each waiting for the one before it. Here nothing waits: every node is asked
of all rows side by side, and where a row goes right the leaves on the node's left are struck off its set. What a node
would be asked in vain costs less than what the chain costs, because a processor asks eight rows at a time.

Lucchese et al., QuickScorer: a fast algorithm to rank documents with additive ensembles of regression trees, 2015.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.jit import kernel

Array = NDArray[Any]

LANES: Final = 64
"""Rows at a time."""
MOST_LEAVES: Final = 64
"""Leaves of a tree: one bit each."""
TOGETHER: Final = 4
"""Nodes asked in one pass: every tree has a multiple of it, filled up with such as strike nothing off."""
DE_BRUIJN: Final = np.uint64(0x03F79D71B4CB0A89)
"""Times a power of two, its upper six bits are another number for each: where that leaf's value lies."""
_LEAST: Final = float(np.float32(1e-35))
"""What is not further from zero is zero."""
_EVERY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE: Final = np.uint64(1)
_PLACE: Final = np.uint64(58)


@kernel
def add_trees(
    out: Array,
    rows: Array,
    inputs: Array,
    first_node: Array,
    node_input: Array,
    threshold: Array,
    kept: Array,
    leaf_value: Array,
    columns: Array,
    sets: Array,
) -> int:
    """Add to ``out`` float64[n, c] what trees say of ``rows`` float64[n, k]; tree t counts for class t % c.

    inputs int64[u]: column of the row times two, and one more where its NaN goes right. first_node int64[t + 1]: the
    nodes of a tree; node_input int64[m]: their place in ``inputs``; threshold float64[m]; kept uint64[m]: leaves that
    are left where a row goes right; leaf_value float64[t, 64] by ``DE_BRUIJN``. Room to work in: columns
    float64[u, 64], sets uint64[64]. Returns how many blocks of rows there were.
    """
    blocks = 0
    classes = out.shape[1]
    for begin in range(0, rows.shape[0], LANES):
        count = min(rows.shape[0] - begin, LANES)
        _fill(columns, rows, inputs, begin, count)
        for tree in range(first_node.shape[0] - 1):
            for lane in range(LANES):
                sets[lane] = _EVERY
            for node in range(first_node[tree], first_node[tree + 1], TOGETHER):
                _strike(sets, columns, node_input, threshold, kept, node)
            group = tree % classes
            for lane in range(count):
                left = sets[lane]
                first = left & (~left + _ONE)
                out[begin + lane, group] += leaf_value[tree, (first * DE_BRUIJN) >> _PLACE]
        blocks += 1
    return blocks


@kernel
def _fill(columns: Array, rows: Array, inputs: Array, begin: int, count: int) -> None:
    """The inputs of 64 rows, one after the other; NaN becomes what goes the way that it has to go."""
    for place in range(inputs.shape[0]):
        column = inputs[place] >> 1
        # not even at a threshold of infinity is NaN on the left, so it is left as it is where it goes right
        unknown = np.nan if inputs[place] & 1 else -np.inf
        for lane in range(count):
            value = rows[begin + lane, column]
            # the library drops what is this small from a row before it asks anything
            if -_LEAST <= value <= _LEAST:
                value = 0.0
            columns[place, lane] = value if value == value else unknown
        for lane in range(count, LANES):
            columns[place, lane] = 0.0


@kernel
def _strike(sets: Array, columns: Array, node_input: Array, threshold: Array, kept: Array, node: int) -> None:
    """Ask 64 rows the next questions, so many at a time that their sets are taken up and put down once for all."""
    a, b, c, d = node_input[node], node_input[node + 1], node_input[node + 2], node_input[node + 3]
    a_most, b_most, c_most, d_most = threshold[node], threshold[node + 1], threshold[node + 2], threshold[node + 3]
    a_kept, b_kept, c_kept, d_kept = kept[node], kept[node + 1], kept[node + 2], kept[node + 3]
    for lane in range(LANES):
        left = _EVERY if columns[a, lane] <= a_most else a_kept
        left &= _EVERY if columns[b, lane] <= b_most else b_kept
        left &= _EVERY if columns[c, lane] <= c_most else c_kept
        left &= _EVERY if columns[d, lane] <= d_most else d_kept
        sets[lane] &= left
