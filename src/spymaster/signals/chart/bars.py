"""What the chart is drawn from: minutes, the session's volume by price, option flow, and times nothing is known of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.signals.chart.flow import FLOW_SPAN

CHART_BAR: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("vwap", "<f8"),
        ("sma_200", "<f8"),
        ("sma_400", "<f8"),
    ]
)
"""One minute in the profile's unit. ``t_ns``: its start; ``vwap`` and ``sma_*`` (which are of two-minute bars): as of
its end, NaN if unknown."""

CHART_BAR_S: Final = 60

PROFILE_ROW: Final = np.dtype([("price", "<f8"), ("volume", "<f8"), ("part", "<i8")])
"""Contracts or shares of the session at a price. ``part``: ``market.levels.ProfilePart``."""

BLIND_TIME: Final = np.dtype([("from_ns", "<i8"), ("to_ns", "<i8")])
"""A time in which nothing was known of trades."""


def _none(dtype: np.dtype[Any]) -> NDArray[Any]:
    rows: NDArray[Any] = np.zeros(0, dtype)
    rows.flags.writeable = False
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Read-only arrays. ``bars``: CHART_BAR, oldest first, the last of them still being formed; ``profile``:
    PROFILE_ROW by rising price; ``flow``: FLOW_SPAN, oldest first, spans without a trade left out; ``blind``:
    BLIND_TIME, oldest first."""

    bars: NDArray[Any] = field(default_factory=lambda: _none(CHART_BAR))
    profile: NDArray[Any] = field(default_factory=lambda: _none(PROFILE_ROW))
    flow: NDArray[Any] = field(default_factory=lambda: _none(FLOW_SPAN))
    blind: NDArray[Any] = field(default_factory=lambda: _none(BLIND_TIME))
