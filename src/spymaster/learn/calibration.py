"""How good chances are: Brier skill, calibration, reliability, with intervals by world (docs/p-break.md 3).

Rows of one world resemble each other, so worlds are drawn anew and never rows.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS: Final = 15
DRAWS: Final = 2000
_SEED: Final = 20_260_317
_ENDS: Final = (0.05, 0.95)


class Interval(msgspec.Struct, frozen=True):
    """A figure and its 90 % interval by world; the ends are None where there is one world alone."""

    value: float
    low: float | None
    high: float | None


class Bin(msgspec.Struct, frozen=True):
    """Rows that were told about the same: what they were told in the mean, how many, and how often it came."""

    rows: int
    told: float
    came: Interval


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Chances against outcomes. Skills are 1 - loss / loss of the baseline.

    ``ece``: expected calibration error over ``BINS`` bins of equally many rows, as counted; ``ece_corrected``: less
    what it would be by chance alone, estimated from draws of worlds, never below 0.
    """

    worlds: int
    rows: int
    came: float
    brier: float
    brier_baseline: float
    brier_skill: Interval
    log_skill: Interval
    auc: float
    auc_baseline: float
    ece: float
    ece_corrected: float
    ece_baseline: float
    reliability: tuple[Bin, ...]


def calibration(told: Floats, baseline: Floats, came: Floats, world: Ints) -> Calibration | None:
    """The figures of chances ``told`` beside a ``baseline``'s, both 0 to 1; ``came``: 0 or 1. None without rows."""
    if not len(told):
        return None
    names, place = np.unique(world, return_inverse=True)
    draws = _draws(len(names))
    edges = np.quantile(told, np.arange(1, BINS) / BINS)
    bins = np.searchsorted(edges, told, side="right")
    table = _table(told, came, place, bins, len(names))
    whole = table.sum(axis=0)
    ece = float(_ece(whole[np.newaxis])[0])
    drawn: Floats = np.tensordot(draws.astype(np.float64), table, axes=1)
    corrected = max(2.0 * ece - float(_ece(drawn).mean()), 0.0) if len(names) > 1 else ece
    edges = np.quantile(baseline, np.arange(1, BINS) / BINS)
    of_baseline = _table(baseline, came, place, np.searchsorted(edges, baseline, side="right"), len(names))
    return Calibration(
        worlds=len(names),
        rows=len(told),
        came=float(came.mean()),
        brier=float(((told - came) ** 2).mean()),
        brier_baseline=float(((baseline - came) ** 2).mean()),
        brier_skill=_skill((told - came) ** 2, (baseline - came) ** 2, place, draws),
        log_skill=_skill(_log_loss(told, came), _log_loss(baseline, came), place, draws),
        auc=area_under_curve(told, came),
        auc_baseline=area_under_curve(baseline, came),
        ece=ece,
        ece_corrected=corrected,
        ece_baseline=float(_ece(of_baseline.sum(axis=0)[np.newaxis])[0]),
        reliability=tuple(_bin(whole[b], drawn[:, b]) for b in range(BINS) if whole[b, 0]),
    )


def brier_skill(told: Floats, baseline: Floats, came: Floats, world: Ints) -> Interval | None:
    """1 - loss / loss of the baseline, of chances alone. None without rows."""
    if not len(told):
        return None
    names, place = np.unique(world, return_inverse=True)
    return _skill((told - came) ** 2, (baseline - came) ** 2, place, _draws(len(names)))


def mean_difference(ours: Floats, theirs: Floats, world: Ints) -> Interval | None:
    """How much larger one loss of the same rows is than another in the mean: below 0 it is smaller. None without."""
    if not len(ours):
        return None
    names, place = np.unique(world, return_inverse=True)
    sums = np.bincount(place, ours - theirs, len(names))
    draws = _draws(len(names))
    drawn = (draws @ sums) / (draws @ np.bincount(place, minlength=len(names)))
    return _interval(float((ours - theirs).mean()), drawn, len(names))


def area_under_curve(told: Floats, came: Floats) -> float:
    """The share of pairs (one that came, one that did not) told in the right order, ties half; NaN without both."""
    _, place, count = np.unique(told, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2.0)[place]
    ones = float(came.sum())
    zeros = len(came) - ones
    if not ones or not zeros:
        return float("nan")
    return float((rank[came > 0.5].sum() - ones * (ones + 1.0) / 2.0) / (ones * zeros))


def _draws(worlds: int) -> Ints:
    """How often each world is in each draw: int64[DRAWS, worlds]."""
    dice = np.random.default_rng(_SEED)
    chosen = dice.integers(0, worlds, (DRAWS, worlds))
    draws: Ints = np.apply_along_axis(np.bincount, 1, chosen, minlength=worlds).astype(np.int64)
    return draws


def _table(told: Floats, came: Floats, place: Ints, bins: Ints, worlds: int) -> Floats:
    """Per world and bin: rows, sum of what was told, sum of what came. float64[worlds, BINS, 3]."""
    cell = place * BINS + bins
    sums = [np.bincount(cell, weights, worlds * BINS) for weights in (np.ones_like(told), told, came)]
    table: Floats = np.stack(sums, axis=1).astype(np.float64).reshape((worlds, BINS, 3))
    return table


def _ece(tables: Floats) -> Floats:
    """Of each of several tables float64[d, BINS, 3]."""
    gaps: Floats = np.abs(tables[:, :, 1] - tables[:, :, 2]).sum(axis=1) / tables[:, :, 0].sum(axis=1)
    return gaps


def _skill(loss: Floats, reference: Floats, place: Ints, draws: Ints) -> Interval:
    worlds = draws.shape[1]
    ours, theirs = np.bincount(place, loss, worlds), np.bincount(place, reference, worlds)
    value = 1.0 - float(ours.sum() / theirs.sum())
    return _interval(value, 1.0 - (draws @ ours) / (draws @ theirs), worlds)


def _bin(whole: Floats, drawn: Floats) -> Bin:
    rows, told, came = whole.tolist()
    some = drawn[drawn[:, 0] > 0.0]
    return Bin(int(rows), told / rows, _interval(came / rows, some[:, 2] / some[:, 0], 2 if len(some) > 1 else 1))


def _interval(value: float, drawn: Floats, worlds: int) -> Interval:
    if worlds < 2:
        return Interval(value, None, None)
    low, high = np.quantile(drawn, _ENDS).tolist()
    return Interval(value, low, high)


def _log_loss(told: Floats, came: Floats) -> Floats:
    sure = np.clip(told, 1e-6, 1.0 - 1e-6)
    loss: Floats = -(came * np.log(sure) + (1.0 - came) * np.log(1.0 - sure))
    return loss
