"""The market's liveliness by name. Each name is a set of parameters and the time of day it is meant for.

Tuned against the stylised facts of docs/physics.md 7.5 (``evaluate facts`` prints them). What was
changed, and why:

- ``flicker``: seven in ten of all arriving orders leave within 120 ms (at quiet times and in stress fewer), and half of
  the other departures only change price or size; large orders are patient. So many records come of a book whose depth
  lasts: with the same rates spread evenly, ten seconds' noise was as large as a zone's depth, and no rule could have
  told a vacuum from it. With fewer, trades took a larger part of the orders that arrive than in real markets.
- ``refill_boost``, ``flight``: a thin best price is joined faster, and left faster when the other side is heavy.
  Without them a new best price stays thin for seconds and queue imbalance says little about the next move.
- ``echo_same`` 0.6 and ``echo_cross`` 0.05 instead of 0.5 and 0.1, fading faster where there are more orders: signs of
  successive trades were too independent.
- ``lean`` 0.4 to 0.5 instead of 0.3: with less, the memory of signs was too short. Alone it made prices trend
  (variance ratio above 1), hence ``meet`` and ``doubt``: resting orders come to meet lasting pressure, and fewer gaps
  follow it, with a ``memory_s`` that is shorter where the market is faster. They also make impact revert in part.
- ``slow_noise``: activity swings by a log-normal factor, and ``shy``: fewer resting orders arrive while it is high, so
  that books are thin when markets are fast. Without both, absolute returns forget within seconds.
- ``sweep``: more than half of aggressors go on to up to four prices. With fewer, large orders' impact was too concave;
  to the end of their size, and 1 s returns had too fat tails.
- ``follow`` 0.92 instead of 0.62 to 0.70: what else sets the volatility is metaorders, and they may not trend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.sim.market.day_shape import EVENING_MINUTE, MIDDAY_MINUTE, OPEN_MINUTE, activity_of_minute
from spymaster.sim.market.state import PARAMETERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """A market's parameters: rates are per second and price, order or market, at the reference minute's activity."""

    start_minute: int
    """Minute of the New York day at which its sessions start."""
    reference: float
    """Activity (1 = midday) at which the rates below hold."""
    add: float
    cancel: float
    market: float
    usual: float
    in_spread: float
    follow: float
    refill_boost: float
    flight: float
    sweep: float
    lean: float
    meet: float
    doubt: float
    memory_s: float
    echo_same: float = 0.6
    echo_cross: float = 0.05
    echo_decay: float = 8.0
    size_scale: float
    resting_scale: float = 1.0
    iceberg: float
    flicker: float = 0.45
    flicker_s: float = 0.12
    shy: float = 0.0
    slow_noise: float
    fast_noise: float
    news_per_day: float
    news_contracts: int = 0
    outcome_ticks: int
    horizon_s: int
    plant_near: int
    plant_far: int
    plant_every_s: int

    def pack(self) -> NDArray[np.void]:
        """The parameters as one element of ``PARAMETERS``."""
        row = np.zeros(1, PARAMETERS)
        for name in PARAMETERS.names or ():
            value = getattr(self, name.removesuffix("_ns") + "_s") * NS_PER_S if name.endswith("_ns") else None
            row[name] = getattr(self, name) if value is None else value
        return row


INTENSITIES: Final[Mapping[str, Intensity]] = MappingProxyType(
    {
        "quiet": Intensity(
            start_minute=EVENING_MINUTE,
            reference=activity_of_minute(EVENING_MINUTE + 5),
            add=0.25,
            cancel=0.02,
            market=0.9,
            usual=9.0,
            in_spread=8.0,
            follow=0.75,
            refill_boost=3.0,
            flight=2.0,
            sweep=0.28,
            lean=0.3,
            meet=0.8,
            doubt=0.1,
            memory_s=40.0,
            size_scale=1.1,
            iceberg=0.01,
            slow_noise=0.8,
            fast_noise=0.05,
            news_per_day=0.5,
            outcome_ticks=4,
            horizon_s=600,
            plant_near=3,
            plant_far=6,
            plant_every_s=40,
        ),
        "midday": Intensity(
            start_minute=MIDDAY_MINUTE,
            reference=activity_of_minute(MIDDAY_MINUTE),
            add=5.6,
            cancel=0.318,
            market=6.5,
            usual=8.2,
            in_spread=130.0,
            follow=0.924,
            refill_boost=3.0,
            flight=2.0,
            sweep=0.572,
            lean=0.51,
            meet=0.685,
            doubt=0.27,
            memory_s=9.3,
            size_scale=1.11,
            iceberg=0.01,
            slow_noise=0.99,
            fast_noise=0.05,
            news_per_day=1.0,
            outcome_ticks=6,
            horizon_s=240,
            plant_near=4,
            plant_far=10,
            plant_every_s=25,
            echo_decay=13.0,
            flicker=0.715,
            shy=0.425,
        ),
        "open": Intensity(
            start_minute=OPEN_MINUTE - 2,
            reference=2.0,
            add=13.6,
            cancel=1.08,
            market=16.4,
            usual=5.4,
            in_spread=250.0,
            follow=0.915,
            refill_boost=3.0,
            flight=2.0,
            sweep=0.55,
            lean=0.41,
            meet=0.71,
            doubt=0.39,
            memory_s=4.0,
            size_scale=1.15,
            iceberg=0.01,
            slow_noise=0.88,
            fast_noise=0.05,
            news_per_day=1.0,
            outcome_ticks=12,
            horizon_s=240,
            plant_near=6,
            plant_far=16,
            plant_every_s=20,
            echo_decay=25.0,
            flicker=0.675,
            shy=0.37,
        ),
        "stress": Intensity(
            start_minute=OPEN_MINUTE - 2,
            reference=2.0,
            add=24.0,
            cancel=5.0,
            market=50.0,
            usual=2.5,
            in_spread=250.0,
            follow=0.75,
            refill_boost=3.0,
            flight=2.0,
            sweep=0.28,
            lean=0.3,
            meet=0.8,
            doubt=0.5,
            memory_s=2.0,
            size_scale=1.3,
            iceberg=0.01,
            slow_noise=0.8,
            fast_noise=0.05,
            news_per_day=4.0,
            outcome_ticks=24,
            horizon_s=240,
            plant_near=10,
            plant_far=30,
            plant_every_s=30,
            echo_decay=40.0,
        ),
    }
)
