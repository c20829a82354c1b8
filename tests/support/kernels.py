"""An engine's empty memory for tests of single kernels, with the default logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.hours import HOURS
from spymaster.market.sessions import SESSION
from spymaster.physics.memory.indices import PARITY_STRIKES
from spymaster.physics.memory.level_records import LOGS
from spymaster.physics.memory.state import new_state
from spymaster.physics.options.parity import parity_forward
from tests.support.engine import params_for
from tests.support.market import TICK_E9


def empty_state(*, tick_e9: int = TICK_E9, ring: int = 64) -> Any:
    """One ``STATE`` record that has seen nothing; kernels change it in place."""
    s = new_state(ring, np.zeros(1, SESSION), np.zeros(0, HOURS))[0]
    s["instrument"]["tick_e9"] = tick_e9
    for name in LOGS.names or ():
        s["logs"][name] = math.log(float(params_for()[0][name]))
    return s


def show_best(s: Any, bid: int, ask: int, bid_size: int = 10, ask_size: int = 10) -> None:
    """Make these the best prices (ticks) and sizes (contracts) of the last closed event."""
    b = s["book"]
    b["bid"], b["ask"], b["bid_size"], b["ask_size"], b["has_bbo"] = bid, ask, bid_size, ask_size, 1


def forward_of(
    strike: NDArray[np.float64],
    call_bid: NDArray[np.float64],
    call_ask: NDArray[np.float64],
    put_bid: NDArray[np.float64],
    put_ask: NDArray[np.float64],
) -> tuple[float, float, int]:
    """Forward, dispersion and count by ``parity_forward``, which is given room to work in."""
    work = np.full((3, PARITY_STRIKES), math.nan)
    return parity_forward(strike, call_bid, call_ask, put_bid, put_ask, work)
