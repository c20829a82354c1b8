"""How well the fuel an engine publishes agrees with what the simulated dealers really hold (docs/physics.md 5.7).

Compared at spot and at every level inside the monitor band, once a second: the sign of the exposure where it is large,
whether its 90 % band holds the truth, and whether an effect that is claimed is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.option_rows import FuelEffect
from spymaster.sim.options.exposure import TrueExposure

LARGE: Final = 20.0
"""From this many ES contracts per point on the sign of the exposure must be right."""
CLAIMED: Final = 10.0
"""Below this an exposure is none to speak of: an effect claimed there is overclaimed."""
SIGN_WITH_SIDES: Final = 0.90
SIGN_WITHOUT_SIDES: Final = 0.80
COVERAGE: Final = (0.85, 0.95)

SAID_FUEL: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("price", "<f8"),
        ("at_spot", "<i8"),
        ("hedge", "<f8"),
        ("low", "<f8"),
        ("high", "<f8"),
        ("effect", "<i8"),
        ("sigma_1m", "<f8"),
    ]
)
"""What an engine said of dealers' exposure at a price; ``sigma_1m``: the volatility it knew, ES points."""

Rows = NDArray[np.void]


class FuelScore(msgspec.Struct, frozen=True):
    """One recording. Shares are None where nothing is to be divided by.

    ``sides``: the feed says who the aggressor was; ``large``: points with a true exposure of ``LARGE`` or more and
    ``sign_right`` of them; ``covered``: points whose band holds the truth; ``claims``: points at which an effect was
    claimed, ``overclaimed``: of them those without one of that sign; ``median_error``: contracts per point.
    """

    name: str
    sides: bool
    points: int
    large: int
    sign_right: float | None
    covered: float | None
    claims: int
    overclaimed: float | None
    median_error: float | None
    median_true: float | None


class FuelReport(msgspec.Struct, frozen=True):
    """What ``evaluate fuel --json`` prints. ``recordings``: each on its own; the rest: all points of a kind of feed."""

    recordings: tuple[FuelScore, ...]
    with_sides: FuelScore
    without_sides: FuelScore
    sign_wanted: tuple[float, float]
    coverage_wanted: tuple[float, float]


def compare(truth: TrueExposure, said: Rows, strike_range: float) -> NDArray[np.float64]:
    """``said`` (SAID_FUEL) beside the truth: float64[n, 2], true exposure and whether it is known (1) or not (0)."""
    out = np.zeros((len(said), 2))
    for k, row in enumerate(said):
        if row["t_ns"] < truth.seconds[0] or row["t_ns"] > truth.seconds[-1]:
            continue
        out[k] = (
            truth.hedge(
                int(row["t_ns"]),
                float(row["price"]),
                strike_range=strike_range,
                minute_sigma_points=float(row["sigma_1m"]),
            ),
            1.0,
        )
    return out


def score(name: str, sides: bool, said: Rows, true: NDArray[np.float64]) -> FuelScore:
    """The figures of what was said (SAID_FUEL) beside the true exposures (as ``compare`` gives them)."""
    known = true[:, 1] > 0.0
    said, h = said[known], true[known, 0]
    large = np.abs(h) >= LARGE
    inside = (said["low"] <= h) & (h <= said["high"])
    claims = said["effect"] != FuelEffect.NEUTRAL
    sign = np.where(said["effect"] == FuelEffect.AMPLIFY, -1.0, 1.0)
    wrong = claims & (sign * h < CLAIMED)
    return FuelScore(
        name=name,
        sides=sides,
        points=len(h),
        large=int(large.sum()),
        sign_right=_share(np.sign(said["hedge"][large]) == np.sign(h[large])),
        covered=_share(inside),
        claims=int(claims.sum()),
        overclaimed=_share(wrong[claims]),
        median_error=float(np.median(np.abs(said["hedge"] - h))) if len(h) else None,
        median_true=float(np.median(np.abs(h))) if len(h) else None,
    )


def report(parts: Sequence[tuple[str, bool, Rows, NDArray[np.float64]]]) -> FuelReport:
    """Of several recordings: name, whether the feed gives sides, what was said, what is true."""
    return FuelReport(
        recordings=tuple(score(*part) for part in parts),
        with_sides=_pooled("all with sides", True, parts),
        without_sides=_pooled("all without sides", False, parts),
        sign_wanted=(SIGN_WITH_SIDES, SIGN_WITHOUT_SIDES),
        coverage_wanted=COVERAGE,
    )


def report_text(found: FuelReport) -> str:
    """The report for people."""
    rows = [["SIMULATED", "points", "|H|>=20", "sign right", "in band", "claims", "overclaimed", "error", "|H|"]]
    for s in (*found.recordings, found.with_sides, found.without_sides):
        if s.points:
            counts = (str(s.points), str(s.large), _percent(s.sign_right), _percent(s.covered), str(s.claims))
            rows.append([s.name, *counts, _percent(s.overclaimed), _number(s.median_error), _number(s.median_true)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(c.rjust(w) if k else c.ljust(w) for k, (c, w) in enumerate(zip(r, widths, strict=True))) for r in rows
    ]
    low, high = found.coverage_wanted
    with_sides, without = found.sign_wanted
    wanted = (
        f"wanted: sign {with_sides:.0%} with sides, {without:.0%} without; truth in the band {low:.0%} to {high:.0%}"
    )
    return "\n".join([*lines, "", wanted, "median error and |H| in ES contracts per ES point"])


def _pooled(name: str, sides: bool, parts: Sequence[tuple[str, bool, Rows, NDArray[np.float64]]]) -> FuelScore:
    own = [part for part in parts if part[1] == sides]
    said = np.concatenate([np.zeros(0, SAID_FUEL), *(part[2] for part in own)])
    return score(name, sides, said, np.concatenate([np.zeros((0, 2)), *(part[3] for part in own)]))


def _share(found: NDArray[np.bool_]) -> float | None:
    return float(found.mean()) if len(found) else None


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
