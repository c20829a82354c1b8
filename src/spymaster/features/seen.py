"""What was seen of the levels that are asked about, turned towards the break: what features are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.features.schema import Feature
from spymaster.ledger.rules import LEAST_SIGMA
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW

Array = NDArray[Any]
Floats = NDArray[np.float64]

_PLACES: Final = {name: place for place, name in enumerate(LEVEL_ROW.names or ())}
_BELOW: Final = 0
_ABOVE: Final = 1


class Seen:
    """Levels of one snap or of several. ``direction``: +1 where a break is up; ``turn``: -1 where that is not the
    direction published, 1 otherwise; ``sigma``: volatility, points per root minute; ``looked``: what was looked up.

    Nothing here adds over rows, or takes a logarithm: each number is the same bits however many rows there are.
    """

    def __init__(self, looked: Array, numbers: Floats) -> None:
        self.looked = looked
        self._columns = np.ascontiguousarray(numbers.T)
        self.direction: Floats = looked["direction"].copy()
        self.turn: Floats = self.direction * self.same("direction")
        self.sigma: Floats = np.maximum(self.same("sigma_1m"), LEAST_SIGMA)
        self.ratio = self.same("ratio")
        self._is_up = self.direction > 0.0

    def same(self, name: str) -> Floats:
        """A published column that a market upside down leaves alone."""
        column: Floats = self._columns[_PLACES[name]]
        return column

    def up(self, name: str) -> Floats:
        """A column that is + upwards: + towards the break."""
        return self.same(name) * self.direction

    def turned(self, name: str) -> Floats:
        """A column that is + towards the published break: + towards this one."""
        return self.same(name) * self.turn

    def beyond(self, name: str) -> Floats:
        """How far beyond the level a price in the profile's unit is, points."""
        away: Floats = (self.same(name) * self.ratio - self.looked["level"]) * self.direction
        return away

    def ahead(self, pair: Array) -> Floats:
        """Of pairs [n, 2] of what is below the level and above it: what is beyond it."""
        chosen: Floats = np.where(self._is_up, pair[:, _ABOVE], pair[:, _BELOW])
        return chosen

    def behind(self, pair: Array) -> Floats:
        """The other one of each pair."""
        chosen: Floats = np.where(self._is_up, pair[:, _BELOW], pair[:, _ABOVE])
        return chosen

    def side(self, up: str, down: str) -> Floats:
        """The column ``up`` where the break is up, and the column ``down`` where it is down."""
        chosen: Floats = np.where(self._is_up, self.same(up), self.same(down))
        return chosen

    def kind(self, up: LevelKind, down: LevelKind | None = None) -> Floats:
        """How far beyond the level the level of a kind is, points: ``up`` where the break is up, else ``down``."""
        kinds = self.looked["kinds"]
        away: Floats = np.where(self._is_up, kinds[:, up], kinds[:, up if down is None else down]) * self.direction
        return away


class Made(NamedTuple):
    """A feature and how it is made: float64[n]."""

    feature: Feature
    make: Callable[[Seen], Any]
