"""Whether features of one data set lie where those of the set before lay: the population stability index."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.learn.dataset.findings import Finding, Grade
from spymaster.learn.dataset.read import DataSet

Floats = NDArray[np.float64]

MOVED: Final = 0.25
"""An index beyond it is a shift, by the usual reading; below 0.1 nothing has moved."""
_BINS: Final = 10
_LEAST: Final = 1e-3
"""A share below it counts as so much, so that one row in an empty bin is no shift."""


def stability_index(before: Floats, now: Floats) -> float:
    """Sum of (q - p) ln(q / p) over tenths of the values before, and those that are absent; 0 where nothing moved."""
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS)) if len(known) else np.zeros(0)
    p, q = (_shares(values, edges) for values in (before, now))
    return float(((q - p) * np.log(q / p)).sum())


def check_drift(before: DataSet, now: DataSet) -> Finding:
    """Every feature that both sets have: a warning names those that moved most."""
    both = [name for name in now.names if name in before.names]
    if not both or not len(before) or not len(now):
        return Finding("drift", Grade.WARNING, f"{before.id} has no feature or no row to compare with")
    found = {
        name: stability_index(before.design[:, before.names.index(name)], now.design[:, now.names.index(name)])
        for name in both
    }
    moved = sorted((name for name in both if found[name] > MOVED), key=lambda name: -found[name])
    if not moved:
        return Finding("drift", Grade.OK, f"{len(both)} features lie where those of {before.id} lay")
    told = ", ".join(f"{name} {found[name]:.2f}" for name in moved[:5])
    return Finding("drift", Grade.WARNING, f"{len(moved)} of {len(both)} features moved since {before.id}: {told}")


def _shares(values: Floats, edges: Floats) -> Floats:
    """Of each bin, and of absent values."""
    absent = np.isnan(values)
    counts = np.bincount(np.searchsorted(edges, values[~absent], side="right"), minlength=len(edges) + 1)
    shares: Floats = np.maximum(np.append(counts, absent.sum()) / len(values), _LEAST)
    return shares
