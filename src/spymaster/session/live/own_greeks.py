"""Our own greeks of the options of the day, as an engine has them now: to be held against a vendor's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from spymaster.feeds.massive_rest.greeks import OwnGreeks
from spymaster.market.kinds import NS_PER_S

if TYPE_CHECKING:
    from spymaster.physics.engine import Engine

_KEY_SHIFT: Final = 16
_YEAR_NS: Final = 365 * 86_400 * NS_PER_S
_ROOT_2_PI: Final = math.sqrt(2.0 * math.pi)


class OwnGreeksReader:
    """Reads the greeks of the engine it follows. To be called in the engine's thread.

    They are given as vendors give them. Gamma is that of Black's formula at the smile's deviation; what the engine
    publishes is averaged over a band of prices, which near expiry is something else. Volatility is of a calendar year;
    the engine's is of a year of regular hours, more than twice that during a day.
    """

    def __init__(self) -> None:
        self._engine: Engine | None = None

    def follow(self, engine: Engine) -> None:
        """Read this one from now on."""
        self._engine = engine

    def __call__(self) -> Mapping[int, OwnGreeks]:
        """Volatility a year, delta and gamma by instrument id; nothing before the first smile."""
        if self._engine is None or self._engine.config is None:
            return {}
        chain, fuel = self._engine.state["chain"][0], self._engine.state["fuel"][0]
        left_ns = int(chain["close_ns"]) - int(self._engine.state["clock"][0]["now_ns"])
        if not fuel["has_smile"] or left_ns <= 0:
            return {}
        contracts = chain["contract"][: int(chain["contracts"])]
        places = contracts["strike"]
        strike = fuel["strikes"]["strike"][places]
        deviation = fuel["strikes"]["deviation"][places]
        forward = float(fuel["forward"])
        with np.errstate(all="ignore"):
            d1 = np.log(forward / strike) / deviation + 0.5 * deviation
            gamma = np.exp(-0.5 * d1 * d1) / (_ROOT_2_PI * forward * deviation)
            vol = deviation / math.sqrt(left_ns / _YEAR_NS)
        ids = (contracts["key"] >> _KEY_SHIFT).tolist()
        figures = zip(vol.tolist(), contracts["delta"].tolist(), gamma.tolist(), strict=True)
        return {number: OwnGreeks(*one) for number, one in zip(ids, figures, strict=True)}
