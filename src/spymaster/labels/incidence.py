"""How often each end comes by a time, where the ends compete and some races are not seen to their end (Aalen-Johansen).

A race that was censored says only that nothing had happened by then. Leaving it out, or counting it as neither, would
make slow ends look rarer than they are; here it counts as long as it was seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.first_passage import Outcome

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """Shares of all races by each of the times asked, float64[k]: that broke by then, that bounced, and that had done
    neither. The three add up to 1. ``at_risk``: the weight of races that were still running and seen just before."""

    break_by: Floats
    bounce_by: Floats
    neither: Floats
    at_risk: Floats


def incidence(outcome: NDArray[np.integer], end_s: Floats, at_s: Floats, weight: Floats | None = None) -> Incidence:
    """The Aalen-Johansen curves of races at some times.

    ``outcome``: ``Outcome`` [n], those without a race left out; ``end_s``: when each ended, seconds from its beginning;
    CHOP is the end of looking. ``weight`` float64[n], 1 each if absent. Ends of one moment come before censorings of
    that moment. NaN where nobody was seen.
    """
    outcome = np.asarray(outcome)
    ran = (outcome >= Outcome.BREAK) & (outcome <= Outcome.CENSORED)
    outcome, ends = outcome[ran], np.asarray(end_s, np.float64)[ran]
    weights = np.ones(len(ends)) if weight is None else np.asarray(weight, np.float64)[ran]
    times, place = np.unique(ends, return_inverse=True)
    broke, bounced, left = (
        np.bincount(place, weights * mask, len(times))
        for mask in (outcome == Outcome.BREAK, outcome == Outcome.BOUNCE, np.ones(len(ends)))
    )
    risk = left[::-1].cumsum()[::-1]
    running = np.cumprod(1.0 - (broke + bounced) / risk)
    before = np.concatenate([[1.0], running[:-1]]) if len(times) else running
    curves = (np.concatenate([[0.0], np.cumsum(before * one / risk)]) for one in (broke, bounced))
    at = np.searchsorted(times, at_s, side="right")
    break_by, bounce_by = (curve[at] if len(times) else np.full(len(at), np.nan) for curve in curves)
    still = np.append(risk, 0.0)[np.searchsorted(times, at_s, side="left")]
    return Incidence(break_by, bounce_by, 1.0 - break_by - bounce_by, still)
