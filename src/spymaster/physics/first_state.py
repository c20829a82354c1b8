"""What an engine knows before the first record: the instrument, and how fast its memory fades."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.frames import NO_FEED_ID, ConfigFrame, TapeFrom
from spymaster.market.instruments import Instrument, TickSource
from spymaster.physics.maths.elementary import exp_, log_, smoothing
from spymaster.physics.memory.level_records import ALPHAS, LOGS
from spymaster.physics.memory.state import Array
from spymaster.physics.roots import hide_book_of

_RATES_TAU_S: Final = 10.0
"""Time constant of the rate of additions at the touch."""


def set_instrument(state: Array, frame: ConfigFrame) -> None:
    """Whose records are the market's, in which ticks, and that nothing of its book is known."""
    instrument, equity, trust = state["instrument"], state["equity"], state["trust"]
    instrument["key"] = _key(frame.instrument)
    instrument["tick_e9"] = frame.instrument.tick_e9
    instrument["per_tick"] = 1.0 / frame.instrument.tick_e9
    instrument["multiplier"] = frame.instrument.multiplier
    equity["key"] = -1
    if frame.equity is not None:
        equity["key"] = _key(frame.equity)
        equity["configured"] = 1
        equity["has_feed"] = int(frame.equity.instrument_id != NO_FEED_ID)
    state["clock"]["session"] = -1
    trust["tape_from_depth"] = int(frame.tape_from is TapeFrom.DEPTH)
    trust["tick_inferred"] = int(frame.instrument.tick_source is TickSource.INFERRED)
    hide_book_of(state, 0)


def set_smoothers(state: Array, params: NDArray[Any]) -> None:
    """Weights and logarithms that follow from PARAMS alone."""
    p = params[0]
    dt_s = int(p["snap_interval_ns"]) * 1e-9
    for name in LOGS.names or ():
        state["logs"][name] = log_(float(p[name]))
    for name, tau in ALPHAS.items():
        state["alpha"][name] = smoothing(dt_s, float(p[tau]))
    state["alpha"]["rates"] = smoothing(dt_s, _RATES_TAU_S)
    state["alpha"]["growth"] = exp_(dt_s / float(p["tau_scales_s"]))


def _key(instrument: Instrument) -> NDArray[np.int64]:
    """What the first word of its records is, shifted right by 16."""
    head = np.array([instrument.publisher_id << 16 | instrument.instrument_id << 32], np.uint64).view(np.int64)
    return head >> 16
