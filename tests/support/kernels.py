"""An engine's empty memory for tests of single kernels, with the default logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from spymaster.market.hours import HOURS
from spymaster.market.sessions import SESSION
from spymaster.physics.memory.level_records import LOGS
from spymaster.physics.memory.state import new_state
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
