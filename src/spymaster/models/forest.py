"""Boosted trees as plain arrays: what a model's file holds of them, and what they say of rows."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.models.tree_walk import DE_BRUIJN, LANES, MOST_LEAVES, TOGETHER, add_trees

Array = NDArray[Any]
Floats = NDArray[np.float64]

_ALL_BITS: Final = (1 << MOST_LEAVES) - 1
_PLACES: Final = np.array([((1 << leaf) * int(DE_BRUIJN) & _ALL_BITS) >> 58 for leaf in range(MOST_LEAVES)])
"""Where the value of each leaf of a tree lies."""


class Link(enum.IntEnum):
    """What makes a sum of leaves the answer."""

    IDENTITY = 0
    LOGISTIC = 1
    SOFTMAX = 2


class _Compiled(NamedTuple):
    """What ``add_trees`` takes."""

    inputs: Array
    first_node: Array
    node_input: Array
    threshold: Array
    kept: Array
    leaf_value: Array


@dataclass(frozen=True, eq=False)
class Forest:
    """T trees with N inner nodes and M leaves in all. Raises ValueError where they do not fit together.

    ``first_node``, ``first_leaf`` int32[T + 1]: where a tree's nodes and leaves begin. Of a node: ``feature`` int32[N];
    ``threshold`` float64[N]: values up to it go left; ``nan_left`` uint8[N]: whether NaN does; ``left_from``,
    ``left_to`` uint8[N]: the leaves on its left, counted within the tree from its leftmost one. ``leaf_value``
    float64[M] from left to right. ``shape`` int32[3]: classes, inputs of a row, and the ``Link``.
    """

    first_node: Array
    first_leaf: Array
    feature: Array
    threshold: Array
    nan_left: Array
    left_from: Array
    left_to: Array
    leaf_value: Array
    shape: Array

    def __post_init__(self) -> None:
        if self.shape.shape != (3,) or self.classes < 1 or self.width < 0 or self.trees < 0:
            raise ValueError("trees without a shape")
        nodes, leaves = np.diff(self.first_node), np.diff(self.first_leaf)
        told = (self.feature, self.threshold, self.nan_left, self.left_from, self.left_to)
        if len(self.first_leaf) != len(self.first_node) or any(len(one) != self.first_node[-1] for one in told):
            raise ValueError("trees whose nodes are not all there")
        if (nodes < 0).any() or (leaves != nodes + 1).any() or len(self.leaf_value) != self.first_leaf[-1]:
            raise ValueError("trees whose leaves are not all there")
        if len(leaves) and int(leaves.max()) > MOST_LEAVES:
            raise ValueError(f"a tree has {int(leaves.max())} leaves, and {MOST_LEAVES} are the most")
        if len(self.feature) and not 0 <= int(self.feature.min()) <= int(self.feature.max()) < self.width:
            raise ValueError(f"a tree asks for an input beyond {self.width}")
        if np.isnan(self.threshold).any() or not np.isfinite(self.leaf_value).all():
            raise ValueError("trees with numbers that are none")
        self.link  # noqa: B018  (raises for a number that is no link)

    @property
    def trees(self) -> int:
        """How many."""
        return len(self.first_node) - 1

    @property
    def classes(self) -> int:
        """Sums that come of a row: tree t counts for class t % classes."""
        return int(self.shape[0])

    @property
    def width(self) -> int:
        """Inputs of a row."""
        return int(self.shape[1])

    @property
    def link(self) -> Link:
        """See the class."""
        return Link(int(self.shape[2]))

    def raw(self, rows: Floats) -> Floats:
        """Sums of leaves of rows float64[n, width], NaN where an input is absent: float64[n, classes].

        In the order of the trees, so that they are those of LightGBM to the last bit.
        """
        if rows.ndim != 2 or rows.shape[1] != self.width:
            raise ValueError(f"rows of {rows.shape[-1]} inputs, and the trees were made for {self.width}")
        plain = np.ascontiguousarray(rows, np.float64)
        out = np.zeros((len(plain), self.classes))
        made = self._compiled
        add_trees(out, plain, *made, np.empty((len(made.inputs), LANES)), np.empty(LANES, np.uint64))
        return out

    def predict(self, rows: Floats) -> Floats:
        """What is meant by the sums: chances for LOGISTIC and SOFTMAX, float64[n, classes]."""
        raw = self.raw(rows)
        if self.link is Link.LOGISTIC:
            return 1.0 / (1.0 + exponentials(-raw))
        if self.link is Link.SOFTMAX:
            return softmax(raw)
        return raw

    @classmethod
    def empty(cls, width: int, classes: int, link: Link) -> Forest:
        """No trees, whose sums are 0."""
        none, numbers, bounds = np.zeros(0, np.uint8), np.zeros(0), np.zeros(1, np.int32)
        shape = np.array([classes, width, link], np.int32)
        return cls(bounds, bounds, np.zeros(0, np.int32), numbers, none, none, none, numbers, shape)

    def first(self, rounds: int) -> Forest:
        """The first trees of each class alone: a model that stopped learning there."""
        trees = min(rounds * self.classes, self.trees)
        nodes, leaves = int(self.first_node[trees]), int(self.first_leaf[trees])
        of_nodes = ("feature", "threshold", "nan_left", "left_from", "left_to")
        cut = {name: getattr(self, name)[:nodes] for name in of_nodes}
        bounds = {name: getattr(self, name)[: trees + 1] for name in ("first_node", "first_leaf")}
        return Forest(**bounds, **cut, leaf_value=self.leaf_value[:leaves], shape=self.shape)

    def arrays(self, name: str) -> dict[str, Array]:
        """For a model's file, each under ``name`` and its own."""
        return {f"{name}/{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, Array]) -> Forest:
        """Out of a model's file. Raises ValueError."""
        missing = [field.name for field in fields(cls) if f"{name}/{field.name}" not in arrays]
        if missing:
            raise ValueError(f"the trees of {name} lack {missing[0]}")
        return cls(**{field.name: arrays[f"{name}/{field.name}"] for field in fields(cls)})

    @cached_property
    def _compiled(self) -> _Compiled:
        inputs, node_input = np.unique(self.feature.astype(np.int64) * 2 + (self.nan_left == 0), return_inverse=True)
        nodes: NDArray[np.int64] = np.diff(self.first_node.astype(np.int64)).astype(np.int64)
        room = -(-nodes // TOGETHER) * TOGETHER
        first_node = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
        tree_of = np.repeat(np.arange(self.trees), nodes)
        place = first_node[tree_of] + np.arange(len(self.feature)) - self.first_node[tree_of]
        padded_input = np.zeros(first_node[-1], np.int64)
        threshold = np.full(first_node[-1], np.inf)
        kept = np.full(first_node[-1], _ALL_BITS, np.uint64)
        padded_input[place] = node_input
        threshold[place] = self.threshold
        kept[place] = [
            _ALL_BITS & ~((1 << end) - (1 << begin)) if begin < end else _ALL_BITS
            for begin, end in zip(self.left_from.tolist(), self.left_to.tolist(), strict=True)
        ]
        leaves: NDArray[np.int64] = np.diff(self.first_leaf.astype(np.int64)).astype(np.int64)
        leaf_tree = np.repeat(np.arange(self.trees), leaves)
        leaf = np.arange(len(self.leaf_value)) - self.first_leaf[leaf_tree]
        leaf_value = np.zeros((self.trees, MOST_LEAVES))
        leaf_value[leaf_tree, _PLACES[leaf]] = self.leaf_value
        return _Compiled(inputs, first_node, padded_input, threshold, kept, leaf_value)


def softmax(raw: Floats) -> Floats:
    """Sums of classes as chances that add up to one: float64[n, c]."""
    powers = exponentials(raw - raw.max(axis=1, keepdims=True))
    total = np.zeros((len(raw), 1))
    for k in range(raw.shape[1]):
        total += powers[:, k : k + 1]
    return powers / total


def exponentials(values: Floats) -> Floats:
    """e to each, as the C library has it, which LightGBM calls: numpy's own differs from it in the last bit."""
    told = np.fromiter(map(_exponential, values.ravel().tolist()), np.float64, values.size)
    return told.reshape(values.shape)


def _exponential(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
