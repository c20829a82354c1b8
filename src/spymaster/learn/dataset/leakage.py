"""Whether a row knows what it cannot know: checks of a data set, of folds, and of whatever makes rows and chances.

Each is held by a test that plants a leak and sees it found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.learn.calibration import Interval, area_under_curve, calibration
from spymaster.learn.dataset.findings import Finding, Grade, finding
from spymaster.learn.dataset.label_columns import LABEL_SETS
from spymaster.learn.dataset.read import DataSet
from spymaster.models.prediction import Stage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_ALONE: Final = 0.9
"""No honest feature orders nine of ten pairs of attempts rightly before the attempt is decided."""
FEWEST: Final = 40
"""Rows of each end, below which one feature's area says nothing."""
FEWEST_BLOCKS: Final = 10
"""And days of runs with that end."""
_EARLY: Final = (Stage.ARM, Stage.CONTACT)
_SEED: Final = 20_260_317


def check_alone(data: DataSet, block: Ints) -> Finding:
    """One feature alone at arm or contact, whichever way it points, by any distance and horizon.

    ``block`` int64[n]: days of runs. Attempts of one resemble each other: where a feature is known in few, a high area
    is chance, and it is not judged.
    """
    wrong, judged = [], 0
    best = (0.5, "")
    for stage in _EARLY:
        rows = data.stage == stage
        for label_set in LABEL_SETS:
            outcomes = data.labels[label_set].outcome[rows]
            for k, horizon in enumerate(HORIZONS_S):
                ended = np.isin(outcomes[:, k], (Outcome.BREAK, Outcome.BOUNCE))
                came = (outcomes[ended, k] == Outcome.BREAK).astype(np.float64)
                for name, column in zip(data.names, data.design[rows][ended].T, strict=True):
                    area = _area(column, came, block[rows][ended])
                    judged += area is not None
                    best = max(best, (area or 0.0, f"{name} at {stage.name}, {label_set} {horizon} s"))
                    if area is not None and area > MOST_ALONE:
                        wrong.append(f"{name} alone at {stage.name} says {label_set} {horizon} s with AUC {area:.3f}")
    if not judged:
        said = f"no feature is known in {FEWEST_BLOCKS} days of runs of each end at arm or contact: none was judged"
        return Finding("one feature alone", Grade.WARNING, said)
    return finding("one feature alone", wrong, f"best AUC {best[0]:.3f}: {best[1]}")


def check_folds(data: DataSet, train: NDArray[np.bool_], test: NDArray[np.bool_]) -> Finding:
    """No attempt is on both sides, and no label of the training side looks into the time of the other."""
    both = np.intersect1d(data.attempt[train], data.attempt[test])
    wrong = [f"attempt {data.attempt_ids[k]} is in both folds" for k in both.tolist()]
    # sources are worlds of their own: only rows of one source share a time
    for source in np.intersect1d(data.source[train], data.source[test]).tolist():
        own = data.source == source
        late = int(_overlap(data, train & own, test & own).sum())
        if late:
            wrong.append(f"{late} rows of {data.sources[source]} overlap the time of the other fold")
    return finding("folds", wrong, "no attempt and no time in two folds")


def check_same(whole: Floats, t_ns: Ints, other: Floats, other_t_ns: Ints, until_ns: int, check: str) -> Finding:
    """Rows decided by ``until_ns`` are the same bits whatever stood after it in the recording."""
    ours, theirs = whole[t_ns <= until_ns], other[other_t_ns <= until_ns]
    if len(ours) != len(theirs):
        return Finding(check, Grade.FAILED, f"{len(ours)} rows became {len(theirs)} when what follows was changed")
    differ = ours.view(np.int64) != theirs.view(np.int64)
    if differ.any():
        columns = np.flatnonzero(differ.any(axis=0)).tolist()
        said = f"{int(differ.any(axis=1).sum())} rows changed with what follows them, in columns {columns[:5]}"
        return Finding(check, Grade.FAILED, said)
    return Finding(check, Grade.OK, f"{len(ours)} rows are the same bits")


def check_shuffled(
    tell: Callable[[Floats], Floats], came: Floats, attempt: Ints, block: Ints, seed: int = _SEED
) -> Finding:
    """What is learnt from labels dealt out anew among attempts must be worth nothing.

    ``tell``: from what came (0 or 1, float64[n]) to the chances it would tell of the same rows; ``block``: what is
    drawn anew for the interval: a day, a world.
    """
    names, first, place = np.unique(attempt, return_index=True, return_inverse=True)
    dealt = came[first][np.random.default_rng(seed).permutation(len(names))][place]
    return _worth_nothing("shuffled labels", tell(dealt), np.full(len(came), dealt.mean()), dealt, block)


def check_placebo(told: Floats, baseline: Floats, came: Floats, block: Ints) -> Finding:
    """At prices at which nothing is, chances ``told`` must be worth no more than the baseline of distance and
    volatility."""
    return _worth_nothing("placebo levels", told, baseline, came, block)


def _overlap(data: DataSet, rows: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows have, from arm to where their labels end, a moment in common with any of the others."""
    order = np.argsort(data.arm_ns[others], kind="stable")
    begins, ends = data.arm_ns[others][order], np.maximum.accumulate(data.ends_ns[others][order])
    begun = np.searchsorted(begins, data.ends_ns[rows], side="right")
    meets: NDArray[np.bool_] = (begun > 0) & (ends[np.maximum(begun - 1, 0)] >= data.arm_ns[rows])
    return meets


def _worth_nothing(check: str, told: Floats, baseline: Floats, came: Floats, block: Ints) -> Finding:
    figures = calibration(told, baseline, came, block)
    if figures is None or figures.brier_skill.low is None:
        return Finding(check, Grade.WARNING, "fewer than two blocks to draw: not judged")
    skill = figures.brier_skill
    grade = Grade.FAILED if skill.low is not None and skill.low > 0.0 else Grade.OK
    return Finding(check, grade, f"Brier skill {_told(skill)} on {figures.rows:,} rows of {figures.worlds} blocks")


def _told(skill: Interval) -> str:
    assert skill.low is not None
    assert skill.high is not None
    return f"{skill.value:+.3f} [{skill.low:+.3f}, {skill.high:+.3f}]"


def _area(column: Floats, came: Floats, block: Ints) -> float | None:
    """The area of a feature whichever way it points, over rows in which it is known; None where these are too few, or
    of too few blocks, to say."""
    known = ~np.isnan(column)
    ones, blocks = came[known], block[known]
    for end in (0.0, 1.0):
        if (ones == end).sum() < FEWEST or len(np.unique(blocks[ones == end])) < FEWEST_BLOCKS:
            return None
    area = area_under_curve(column[known], ones)
    return max(area, 1.0 - area)
