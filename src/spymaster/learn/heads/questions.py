"""What the heads are asked of the rows of a data set, and what came: the longest race by the scaled distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.learn.dataset.read import DataSet
from spymaster.models.heads import BINS, BOUNCED, BROKE, NEITHER

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_EDGES = np.array(HORIZONS_S, np.float64)
_LONGEST = -1
MOST_WEIGHT: Final = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Of n rows. ``outcome`` int64[n], ``end_s`` float64[n]: of the longest race, by the scaled distance; ``strength``
    float64[n]; ``barrier`` float64[n]: that distance, points; ``block`` int64[n]: the trade date, or the world, that a
    row belongs to: rows of one resemble each other."""

    outcome: Ints
    end_s: Floats
    strength: Floats
    barrier: Floats
    block: Ints

    @property
    def ran(self) -> Mask:
        """There was a race; how it ended need not be known."""
        return _between(self.outcome, Outcome.BREAK, Outcome.CENSORED)

    @property
    def known(self) -> Mask:
        """It was seen to its end."""
        return _between(self.outcome, Outcome.BREAK, Outcome.CHOP)

    @property
    def resolved(self) -> Mask:
        """Price went the distance on either side."""
        return _between(self.outcome, Outcome.BREAK, Outcome.BOUNCE)

    @property
    def broke(self) -> Mask:
        """Beyond the level first."""
        return _between(self.outcome, Outcome.BREAK, Outcome.BREAK)

    @property
    def measurable(self) -> Mask:
        """How strong it was is known."""
        return self.known & np.isfinite(self.strength)


def _between(outcome: Ints, first: Outcome, last: Outcome) -> Mask:
    found: Mask = (outcome >= first) & (outcome <= last)
    return found


def questions(data: DataSet) -> Questions:
    """What is asked of all rows of a set."""
    return Questions(
        data.outcome[:, _LONGEST].astype(np.int64),
        data.end_s[:, _LONGEST],
        data.strength[:, _LONGEST],
        data.barrier[:, _LONGEST],
        data.source if data.simulated else data.date,
    )


def weights(data: DataSet) -> Floats:
    """How much each row counts where something is learnt: float64[n], 1 in the mean.

    An attempt counts once however many rows it has, and less the more of its time it shares with attempts at other
    levels, which saw the same market: by the mean of one over how many were in progress. None counts more than
    ``MOST_WEIGHT`` times as much as the middle one, so that no few quiet hours decide.
    """
    told = np.zeros(len(data))
    place = np.unique(np.stack([data.date, data.source], axis=1), axis=0, return_inverse=True)[1].ravel()
    for group in range(int(place.max(initial=-1)) + 1):
        rows = np.flatnonzero(place == group)
        _, attempt = np.unique(data.attempt[rows], return_inverse=True)
        begins = np.full(attempt.max() + 1, np.iinfo(np.int64).max)
        ends = np.zeros(attempt.max() + 1, np.int64)
        np.minimum.at(begins, attempt, data.arm_ns[rows])
        np.maximum.at(ends, attempt, data.ends_ns[rows])
        told[rows] = data.weight[rows] * _uniqueness(begins, ends)[attempt]
    if not len(told):
        return told
    held: Floats = np.minimum(told, MOST_WEIGHT * float(np.median(told)))
    return held / float(held.mean())


def _uniqueness(begins: Ints, ends: Ints) -> Floats:
    """Of spans of time: the mean over each of one over how many of them there are (Lopez de Prado, 2018)."""
    times = np.unique(np.concatenate([begins, ends]))
    count = np.searchsorted(np.sort(begins), times, side="right") - np.searchsorted(np.sort(ends), times, side="right")
    lengths = np.diff(times, append=times[-1:]).astype(np.float64)
    shared = np.concatenate([[0.0], np.cumsum(lengths / np.maximum(count, 1))])
    first, last = np.searchsorted(times, begins), np.searchsorted(times, ends)
    mean: Floats = (shared[last] - shared[first]) / np.maximum(ends - begins, 1)
    return mean


def resolved_attempts(data: DataSet) -> int:
    """Attempts of which at least one row was resolved."""
    return len(np.unique(data.attempt[questions(data).resolved]))


def hazard_rows(asked: Questions, rows: NDArray[np.int64]) -> tuple[Ints, Ints, Ints]:
    """The bins that races went through: the place of each in ``rows``, the bin, and what happened in it.

    A race that was censored counts for the bins it was seen through.
    """
    outcome, end_s = asked.outcome[rows], asked.end_s[rows]
    # a bin ends with its horizon: what comes at 15 s has come by 15 s
    last = np.minimum(np.searchsorted(_EDGES, end_s, side="left"), BINS - 1)
    ended = (outcome == Outcome.BREAK) | (outcome == Outcome.BOUNCE)
    seen = np.where(ended, last + 1, np.searchsorted(_EDGES, end_s, side="right"))
    seen = np.where(outcome == Outcome.CHOP, BINS, seen)
    place = np.repeat(np.arange(len(rows)), seen)
    bins = np.arange(len(place)) - np.repeat(np.cumsum(seen) - seen, seen)
    happened = np.where(outcome == Outcome.BREAK, BROKE, BOUNCED)[place]
    cause = np.where(ended[place] & (bins == last[place]), happened, NEITHER)
    return place, bins, cause.astype(np.int64)
