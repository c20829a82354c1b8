"""What the heads of a model say together: chances that fit one another, curves that never fall, quantiles in order."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.models.prediction import PREDICTION, Stage

Floats = NDArray[np.float64]

BINS: Final = len(HORIZONS_S)
NEITHER, BROKE, BOUNCED = 0, 1, 2
CAUSES: Final = 3
"""Classes of the hazard: what happens within a bin to a race that reached it."""
QUANTILES: Final = (0.1, 0.5, 0.9)
LEAST_CHANCE: Final = 1e-6
"""No head is surer than this, either way."""
_MOST_ODDS: Final = 40.0
STAGE_GROUPS: Final = 2
"""Before contact and from contact on: each is calibrated by itself."""


class Said(NamedTuple):
    """What the heads say of n rows. ``tradeable``, ``direction`` float64[n]: calibrated chances, the latter of a break
    given that either comes; ``strength`` float64[n, 3]: by ``QUANTILES``; ``break_shape``, ``bounce_shape``
    float64[n, 6]: of those that come by the longest horizon, the share that has come by each."""

    tradeable: Floats
    direction: Floats
    strength: Floats
    break_shape: Floats
    bounce_shape: Floats


def stage_group(stage: NDArray[np.integer]) -> NDArray[np.int64]:
    """0 at ARM, 1 from CONTACT on: int64[n]."""
    group: NDArray[np.int64] = (np.asarray(stage) != Stage.ARM).astype(np.int64)
    return group


def predictions(said: Said) -> NDArray[np.void]:
    """PREDICTION[n]. Two heads say whether and which way, the curves when: each ends at its chance."""
    out = np.zeros(len(said.tradeable), PREDICTION)
    tradeable, direction = bounded(said.tradeable), bounded(said.direction)
    out["p_tradeable"] = tradeable
    out["p_break"] = tradeable * direction
    out["p_bounce"] = tradeable * (1.0 - direction)
    out["break_by"] = out["p_break"][:, np.newaxis] * said.break_shape
    out["bounce_by"] = out["p_bounce"][:, np.newaxis] * said.bounce_shape
    # quantiles that were learnt apart may cross; in order they are no worse for any of them
    low, middle, high = np.sort(said.strength, axis=1).T
    out["strength_p10"], out["strength_p50"], out["strength_p90"] = low, middle, high
    out["utility"] = tradeable * np.abs(middle)
    return out


def shapes(hazards: Floats) -> tuple[Floats, Floats]:
    """Shares of breaks and of bounces that have come by each horizon, float64[n, 6], the last of each 1.

    ``hazards`` float64[n, 6, 3]: chances of NEITHER, BROKE and BOUNCED in each bin, of a race that reached it.
    """
    reached = np.cumprod(hazards[:, :, NEITHER], axis=1)
    reached = np.concatenate([np.ones((len(reached), 1)), reached[:, :-1]], axis=1)
    broke, bounced = (_shape(np.cumsum(reached * hazards[:, :, cause], axis=1)) for cause in (BROKE, BOUNCED))
    return broke, bounced


def bounded(chances: Floats) -> Floats:
    """Chances a little away from 0 and 1."""
    inside: Floats = np.clip(chances, LEAST_CHANCE, 1.0 - LEAST_CHANCE)
    return inside


def calibrated(chances: Floats, maps: Floats, group: NDArray[np.int64]) -> Floats:
    """Chances float64[n] by the beta map of each row's stage group. ``maps`` float64[2, 3] (``beta_columns``)."""
    return chance((beta_columns(chances) * maps[group]).sum(axis=1))


def chance(odds: Floats) -> Floats:
    """Log odds as a share of one."""
    share: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -_MOST_ODDS, _MOST_ODDS)))
    return share


def beta_columns(chances: Floats) -> Floats:
    """ln p, -ln(1 - p) and 1, float64[n, 3]: weights 1, 1 and 0 leave a chance as it is (Kull et al., 2017)."""
    inside = bounded(chances)
    return np.stack([np.log(inside), -np.log1p(-inside), np.ones_like(inside)], axis=1)


def _shape(curve: Floats) -> Floats:
    """A curve that ends at 1; where nothing comes at all, it comes at the end."""
    last = curve[:, -1:]
    never = last <= 0.0
    shape: Floats = np.where(never, np.arange(curve.shape[1]) == curve.shape[1] - 1, curve / np.where(never, 1.0, last))
    return shape
