"""The stylised facts as a table: what each is, its bounds, and how a real half hour differs (docs/physics.md 7.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

ANY: Final = (float("-inf"), float("inf"))
Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact by its name in ``facts.measure``: what it says, its bounds, and why the real half hour may differ."""

    name: str
    description: str
    bounds: Bounds
    about_real: str = ""


HOLIDAY: Final = "the real half hour is a holiday evening: few orders, no crowd at the touch"

FACTS: Final = (
    Fact("records_per_hour", "MBP-10 records per hour", ANY, HOLIDAY),
    Fact("volume_per_s", "contracts traded per second", ANY, HOLIDAY),
    Fact("orders_per_s", "aggressor orders per second", ANY, HOLIDAY),
    Fact(
        "one_tick_share", "share of time with a spread of one tick", (0.97, 0.999), "wider while hardly anybody quotes"
    ),
    Fact("best_size", "mean contracts at the best prices", ANY),
    Fact("hump_level", "level with the deepest queue", (3.0, 6.0)),
    Fact("hump_ratio", "its depth against the best level's", (1.1, 3.0)),
    Fact("sigma_1m_points", "volatility, points per root minute (from 10 s)", ANY),
    Fact("trade_size_median", "median trade, contracts", (1.0, 2.0)),
    Fact("trade_size_mean", "mean trade, contracts", (3.0, 4.0), "fewer large orders in the evening"),
    Fact("trade_size_tail", "tail exponent of aggressor orders", (1.5, 2.5)),
    Fact(
        "cancels_per_add", "orders leaving per order arriving", (0.945, 1.0), "trades take a larger part of few orders"
    ),
    Fact("return_ac1", "autocorrelation of 1 s returns, lag 1 s", (-0.25, -0.05)),
    Fact("return_ac_far", "the same beyond 30 s, absolute", (0.0, 0.02)),
    Fact(
        "variance_ratio_60s", "variance ratio 60 s to 1 s", (0.45, 0.9), "it trended through its half hour; one sample"
    ),
    Fact("kurtosis_1s", "kurtosis of 1 s returns", (4.0, 20.0), "most seconds there have no move at all"),
    Fact(
        "kurtosis_5min",
        "kurtosis of 5 min returns",
        (0.0, 6.0),
        "half an hour holds few of them, and the opening's is one",
    ),
    Fact(
        "abs_return_ac_60s",
        "autocorrelation of absolute 1 s returns at 60 s",
        (0.1, 1.0),
        "ticks drown it at 1 s; an hour is short for it, four hours show more",
    ),
    Fact("abs_10s_ac_60s", "the same of 10 s returns", ANY),
    Fact("sign_ac1", "autocorrelation of aggressor signs, lag 1", (0.3, 0.7)),
    Fact("sign_exponent", "exponent of its decay, lags 4 to 200", (0.4, 0.7), "too few trades for the long lags"),
    Fact(
        "ofi_r2_10s",
        "share of 10 s moves explained by order-flow imbalance",
        (0.4, 0.8),
        "just below; gaps between levels",
    ),
    Fact("ofi_slope_2d", "its slope times twice the best size (1: ideal book)", (0.4, 1.2)),
    Fact("imbalance_auc", "how well queue imbalance tells the next move, AUC", (0.6, 0.75)),
    Fact("imbalance_ascends", "fifths of imbalance ascend in the share of up moves", (1.0, 1.0)),
    Fact("order_impact_exponent", "move over 1 s grows with order size to the power", (0.4, 0.7)),
    Fact(
        "order_impact_kept_10s",
        "share of large orders' move left after 10 s",
        (-1.0, 1.0),
        "signs go on: followers hide what reverts",
    ),
    Fact("gap_half_life_s", "median life of a gap in the spread, seconds", (0.0, 2.0)),
)

BY_INTENSITY: Final[Mapping[str, Mapping[str, Bounds]]] = MappingProxyType(
    {
        "midday": MappingProxyType(
            {"records_per_hour": (0.3e6, 1.0e6), "best_size": (25.6, 38.4), "sigma_1m_points": (0.7, 1.6)}
        ),
        "open": MappingProxyType(
            {"records_per_hour": (1.0e6, 3.0e6), "best_size": (21.6, 32.4), "sigma_1m_points": (1.5, 3.5)}
        ),
    }
)
"""Bounds that hold for one intensity only: records per hour, best size within 20 per cent of the profile's."""


@dataclass(frozen=True, slots=True)
class Column:
    """One market's facts: mean over samples, and the standard error of that mean."""

    title: str
    mean: Mapping[str, float]
    error: Mapping[str, float]
    intensity: str | None = None

    @property
    def judged(self) -> bool:
        """Whether bounds are meant for it."""
        return self.intensity in BY_INTENSITY


def column(title: str, samples: Sequence[Mapping[str, float]], intensity: str | None = None) -> Column:
    """Facts of several samples of one market as a column."""
    names = [fact.name for fact in FACTS]
    values = {name: np.array([sample[name] for sample in samples]) for name in names}
    return Column(
        title,
        {name: float(v.mean()) for name, v in values.items()},
        {name: float(v.std()) / float(np.sqrt(len(v))) for name, v in values.items()},
        intensity,
    )


def bounds_of(fact: Fact, intensity: str | None) -> Bounds:
    """Where a fact should lie at an intensity."""
    return BY_INTENSITY.get(intensity or "", {}).get(fact.name, fact.bounds)


def outside(found: Column) -> list[str]:
    """Names of a judged column's facts that lie outside their bounds."""
    wrong = []
    for fact in FACTS:
        low, high = bounds_of(fact, found.intensity)
        if not low <= found.mean[fact.name] <= high:
            wrong.append(fact.name)
    return wrong


def table(columns: Sequence[Column]) -> str:
    """Columns side by side, a star at what is out of bounds, and below why the real half hour differs."""
    lines = [f"{'':54}" + "".join(f"{found.title:>20}" for found in columns)]
    for fact in FACTS:
        cells = []
        for found in columns:
            low, high = bounds_of(fact, found.intensity)
            star = "*" if found.judged and not low <= found.mean[fact.name] <= high else " "
            error = found.error[fact.name]
            cells.append(f"{found.mean[fact.name]:>11.4g}{f' ±{error:.2g}' if error else '':<8}{star}")
        lines.append(f"{fact.description:54}" + "".join(cells))
    lines.append("")
    lines.append("* outside the bounds that were asked for (midday and open only)")
    lines += [f"{fact.description}: {fact.about_real}" for fact in FACTS if fact.about_real]
    return "\n".join(lines)
