"""Confluence and runway of a set of levels a second time, in plain Python and from the definitions alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WEIGHTS = {
    "USER": 0.3,
    "ROUND": 0.2,
    "STRONG_ROUND": 0.4,
    "STRIKE": 0.4,
    "SESSION_HIGH": 0.6,
    "SESSION_LOW": 0.6,
    "VWAP": 0.7,
    "SMA_200": 0.8,
    "SMA_400": 0.8,
    "GAMMA_FLIP": 0.85,
    "OR_HIGH": 0.9,
    "OR_LOW": 0.9,
    **dict.fromkeys(("PM_HIGH", "PM_LOW", "ON_HIGH", "ON_LOW", "PD_HIGH", "PD_LOW", "PD_CLOSE"), 1.0),
    "CALL_WALL": 1.0,
    "PUT_WALL": 1.0,
    **dict.fromkeys(("POC", "VAH", "VAL"), 0.6),
}
STRONG = frozenset(WEIGHTS) - {"USER", "ROUND", "STRONG_ROUND", "STRIKE", "SMA_200", "SMA_400", "POC", "VAH", "VAL"}
NOTABLE = 0.4


@dataclass(frozen=True)
class Place:
    """A level: its kind (STRONG_ROUND is one of its own), its price, and what else a runway depends on."""

    kind: str
    price: float
    direction: int = 1
    points: int = 1
    holds: bool = False
    """Whether its barrier is a WALL or an ABSORPTION."""

    @property
    def weight(self) -> float:
        """How much it adds to a confluence."""
        return WEIGHTS[self.kind]


@dataclass(frozen=True)
class Company:
    """What stands near a level."""

    count: int
    pressure: float
    strength: float
    centre: float


def company(levels: Sequence[Place], own: int, band: float) -> Company:
    """Each kind counts once, the nearest of it; pressure leaves the level itself out, strength takes it in."""
    level = levels[own]
    others = [(abs(o.price - level.price), o) for k, o in enumerate(levels) if k != own]
    near = sorted((entry for entry in others if entry[0] <= band), key=lambda entry: entry[0])
    pressure: dict[str, float] = {}
    strength = {level.kind: level.weight}
    for distance, other in near:
        pressure.setdefault(other.kind, other.weight * (1.0 - distance / band))
        strength.setdefault(other.kind, other.weight)
    total = level.weight + math.fsum(other.weight for _, other in near)
    centre = (level.weight * level.price + math.fsum(other.weight * other.price for _, other in near)) / total
    return Company(
        len(near),
        1.0 - math.prod(1.0 - weight for weight in pressure.values()),
        1.0 - math.prod(1.0 - weight for weight in strength.values()),
        centre,
    )


@dataclass(frozen=True)
class Runway:
    """The way from a level: where it points, the price of the next obstacle, whether something notable lies between."""

    direction: int
    price: float | None
    obstructed: bool


def runway(levels: Sequence[Place], own: int) -> Runway:
    """Levels at the same price are no obstacles to each other, nor do they lie between."""
    level = levels[own]
    beyond = [o for o in levels if (o.price - level.price) * level.points > 0]
    prices = [o.price for o in beyond if o.kind in STRONG or o.holds]
    nearest = min(prices, key=lambda price: abs(price - level.price)) if prices else None
    between = [o for o in beyond if nearest is None or abs(o.price - level.price) < abs(nearest - level.price) - 1e-12]
    notable = any(o.weight >= NOTABLE and o.kind not in STRONG and not o.holds for o in between)
    return Runway(level.points, nearest, notable)
