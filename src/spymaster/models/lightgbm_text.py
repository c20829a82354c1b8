"""LightGBM's text of a model, read into plain arrays. What it says and we do not serve is refused, never ignored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from spymaster.models.errors import ModelError
from spymaster.models.forest import Forest, Link
from spymaster.models.tree_walk import MOST_LEAVES

_HEAD: Final = frozenset(
    {
        "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective",
        "feature_names", "monotone_constraints", "feature_infos", "tree_sizes",
    }
)  # fmt: skip
_OF_TREE: Final = frozenset(
    {
        "num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type", "left_child",
        "right_child", "leaf_value", "leaf_weight", "leaf_count", "internal_value", "internal_weight",
        "internal_count", "is_linear", "shrinkage",
        # of splits and leaves that are then refused by name
        "cat_boundaries", "cat_threshold", "leaf_const", "num_features", "leaf_features", "leaf_coeff",
    }
)  # fmt: skip
_VERSION: Final = "v4"
_END: Final = "end of trees"
_LINKS: Final = {
    "binary sigmoid:1": Link.LOGISTIC, "multiclass": Link.SOFTMAX, "quantile": Link.IDENTITY,
    "regression": Link.IDENTITY, "regression_l1": Link.IDENTITY, "huber": Link.IDENTITY,
}  # fmt: skip
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_SHIFT = 1, 2, 2
_NO_MISSING, _ZERO_MISSING, _NAN_MISSING = 0, 1, 2
_REMEDY: Final = "train it with numbers alone, NaN for what is missing, and 64 leaves at most"


@dataclass
class _Nodes:
    """What has been read, tree after tree: see ``Forest``."""

    first_node: list[int] = field(default_factory=lambda: [0])
    first_leaf: list[int] = field(default_factory=lambda: [0])
    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    nan_left: list[bool] = field(default_factory=list)
    left_from: list[int] = field(default_factory=list)
    left_to: list[int] = field(default_factory=list)
    leaf_value: list[float] = field(default_factory=list)


def forest_of_text(text: str, place: Path | str, inputs: Sequence[str] | None = None) -> Forest:
    """The trees of ``Booster.model_to_string``. ``place``: what an error names; ``inputs``: the names of the columns it
    is to be given, by position as the library has it, unless they need not be held against anything.

    Raises ModelError for what is not understood: another version, categorical or linear trees, zero as missing,
    averaged forests, more than 64 leaves, other inputs.
    """
    whole, ended, _ = text.partition(_END)
    if not ended:
        raise ModelError(place, "is not the whole text of a LightGBM model", _REMEDY)
    first, *rest = whole.split("\nTree=")
    try:
        head = _lines(first, _HEAD, bare="tree")
        nodes = _Nodes()
        for number, body in enumerate(rest):
            _add_tree(nodes, _lines(body, _OF_TREE, bare=str(number)))
        return _forest(head, nodes, inputs)
    except (ValueError, KeyError, IndexError) as error:
        raise ModelError(place, f"holds trees that are not served here ({error})", _REMEDY) from None


def _lines(text: str, known: frozenset[str], bare: str) -> dict[str, str]:
    """Keys and values; the line that is none of these has to be ``bare``."""
    told = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, is_pair, value = line.partition("=")
        if not is_pair and line == bare:
            continue
        if key not in known or not is_pair:
            raise ValueError(f"'{line[:40]}' is not understood")
        told[key] = value
    return told


def _forest(head: dict[str, str], nodes: _Nodes, inputs: Sequence[str] | None) -> Forest:
    if head["version"] != _VERSION:
        raise ValueError(f"version {head['version']}, and {_VERSION} is known")
    objective, *options = head["objective"].split(" num_class:")
    if objective not in _LINKS:
        raise ValueError(f"objective {head['objective']}")
    names = head["feature_names"].split()
    if inputs is not None and names != list(inputs):
        raise ValueError("it was made for other inputs")
    classes = int(head["num_tree_per_iteration"])
    if (len(nodes.first_node) - 1) % classes or (options and int(options[0]) != classes):
        raise ValueError(f"{len(nodes.first_node) - 1} trees of {classes} classes")
    return Forest(
        first_node=np.array(nodes.first_node, np.int32),
        first_leaf=np.array(nodes.first_leaf, np.int32),
        feature=np.array(nodes.feature, np.int32),
        threshold=np.array(nodes.threshold, np.float64),
        nan_left=np.array(nodes.nan_left, np.uint8),
        left_from=np.array(nodes.left_from, np.uint8),
        left_to=np.array(nodes.left_to, np.uint8),
        leaf_value=np.array(nodes.leaf_value, np.float64),
        shape=np.array([classes, int(head["max_feature_idx"]) + 1, _LINKS[objective]], np.int32),
    )


def _add_tree(nodes: _Nodes, told: dict[str, str]) -> None:
    leaves = int(told["num_leaves"])
    if told["num_cat"] != "0":
        raise ValueError("a categorical split")
    if told["is_linear"] != "0":
        raise ValueError("a linear tree")
    if not 1 <= leaves <= MOST_LEAVES:
        raise ValueError(f"a tree of {leaves} leaves, and {MOST_LEAVES} are the most")
    # a tree of one leaf has the other keys too, with nothing or anything behind them
    count = leaves - 1
    feature, kind, left, right = (
        list(map(int, told[key].split()))[:count]
        for key in ("split_feature", "decision_type", "left_child", "right_child")
    )
    threshold = list(map(float, told["threshold"].split()))[:count]
    value = list(map(float, told["leaf_value"].split()))
    if {len(feature), len(kind), len(left), len(right), len(threshold)} != {count} or len(value) != leaves:
        raise ValueError("a tree that is not all there")
    order, ranges = _in_order(left, right, leaves)
    nodes.feature += feature
    nodes.threshold += threshold
    nodes.nan_left += [_nan_goes_left(one, most) for one, most in zip(kind, threshold, strict=True)]
    nodes.left_from += [begin for begin, _ in ranges]
    nodes.left_to += [end for _, end in ranges]
    nodes.leaf_value += [value[leaf] for leaf in order]
    nodes.first_node.append(len(nodes.feature))
    nodes.first_leaf.append(len(nodes.leaf_value))


def _nan_goes_left(kind: int, threshold: float) -> bool:
    """Where training met no NaN in a column, one counts as 0."""
    if kind & _CATEGORICAL:
        raise ValueError("a categorical split")
    missing = kind >> _MISSING_SHIFT
    if missing == _NO_MISSING:
        return threshold >= 0.0
    if missing != _NAN_MISSING:
        raise ValueError("zero as missing" if missing == _ZERO_MISSING else f"decision type {kind}")
    return bool(kind & _DEFAULT_LEFT)


def _in_order(left: list[int], right: list[int], leaves: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Leaves from left to right, and of each node the places of those on its left. Children below 0 are leaves."""
    order: list[int] = []
    ranges = [(-1, -1)] * len(left)
    # a node is met twice: with nothing on its left yet, and with everything
    waiting = [(0 if left else -1, -1)]
    while waiting:
        node, begin = waiting.pop()
        if node < 0:
            order.append(~node)
        elif begin < 0:
            if ranges[node] != (-1, -1):
                raise ValueError("a tree that runs in a circle")
            ranges[node] = (len(order), -1)
            waiting += [(node, len(order)), (left[node], -1)]
        else:
            ranges[node] = (begin, len(order))
            waiting.append((right[node], -1))
    if sorted(order) != list(range(leaves)) or any(end < 0 for _, end in ranges):
        raise ValueError("a tree whose branches do not meet")
    return order, ranges
