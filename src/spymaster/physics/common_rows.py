"""What is true of a whole snap: its own record, and what every level's row repeats of it (docs/physics.md 0)."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from spymaster.market.jit import kernel
from spymaster.market.kinds import MASK32
from spymaster.market.rows import INPUTS, LEVEL_ROW, TURNED_COLUMNS
from spymaster.physics.book.ofi import depth_ofi, integrated_ofi, ofi_spread, queue_imbalance
from spymaster.physics.memory.indices import (
    OFI_1S,
    OFI_5S,
    OFI_15S,
    OFI_60S,
    OFI_BEST,
    TOTALS,
    TRUST_DEPTH,
    TRUST_EQUITY,
    TRUST_OPTIONS,
    TRUST_TAPE,
)
from spymaster.physics.memory.outputs import Out
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.bars import approach_of
from spymaster.physics.time.clock import in_signal_window, minutes_since_open
from spymaster.physics.time.motion import microprice, mid_points, motion_spreads, tick_points

_TURNED: Final = np.array([(LEVEL_ROW.names or ()).index(name) for name in TURNED_COLUMNS])


@kernel
def one_nan(numbers: Array) -> None:
    """Give every absent value the same bits: the sign of a NaN depends on how a product with -1 was compiled."""
    for f in range(len(numbers)):
        x = numbers[f]
        numbers[f] = x if x == x else math.nan


@kernel
def turn_common(common: Array) -> None:
    """The row that supports begin with, made from that of resistances (float64[2, fields])."""
    one_nan(common[0])
    for f in range(common.shape[1]):
        common[1, f] = common[0, f]
    for k in range(len(_TURNED)):
        x = -common[0, _TURNED[k]]
        common[1, _TURNED[k]] = x if x == x else math.nan


@kernel
def write_common(s: State, p: Array, t_ns: int, row: Any) -> None:
    """What is true of the whole snap into the row that its levels share, as a resistance has it."""
    market = s.market
    book = s.book
    clock = s.clock
    trust = s.trust
    point = tick_points(s) / market.ratio
    row.spot = market.spot
    row.bid = book.bid * point if book.has_bbo != 0 else math.nan
    row.ask = book.ask * point if book.has_bbo != 0 else math.nan
    row.ratio = market.ratio
    row.microprice = microprice(s)
    row.sigma_1m = s.volatility.sigma_1m
    row.atr = s.bars.atr
    row.as_of_age_ns = t_ns - clock.as_of_ns
    row.minutes_since_open = minutes_since_open(s, t_ns)
    s.scratch.in_window = 1 if in_signal_window(s, p, t_ns) else 0
    row.in_window = s.scratch.in_window
    row.trust_depth = trust.state[TRUST_DEPTH]
    row.trust_tape = trust.state[TRUST_TAPE]
    row.trust_options = trust.state[TRUST_OPTIONS]
    row.trust_equity = trust.state[TRUST_EQUITY]
    row.input_fingerprint_high = (clock.fingerprint >> 32) & MASK32
    row.input_fingerprint_low = clock.fingerprint & MASK32
    write_motion(s, p, row)
    row.ofi_1s = integrated_ofi(s, OFI_1S)
    row.ofi_5s = integrated_ofi(s, OFI_5S)
    row.ofi_15s = integrated_ofi(s, OFI_15S)
    row.ofi_60s = integrated_ofi(s, OFI_60S)
    row.ofi_z = row.ofi_5s / ofi_spread(s)
    row.ofi_best_5s = s.ofi.sums[OFI_5S, OFI_BEST]
    row.ofi_depth_5s = depth_ofi(s, OFI_5S)
    row.queue_imbalance = queue_imbalance(s)
    row.approach_velocity, s.scratch.rising_bars, row.approach_distance = approach_of(s, 1)
    _, s.scratch.falling_bars, _ = approach_of(s, -1)


@kernel
def write_motion(s: State, p: Array, row: Any) -> None:
    """Motion of the future and how unusual it is for a dispatch_records of this volatility."""
    motion = s.motion
    row.velocity = motion.velocity_smooth
    row.acceleration = motion.acceleration
    row.jerk = motion.cubic[3]
    velocity, acceleration, jerk = motion_spreads(p, s.volatility.sigma_1m)
    row.velocity_z = motion.velocity / velocity
    row.acceleration_z = motion.acceleration / acceleration
    row.jerk_z = motion.cubic[3] / jerk


@kernel
def write_snap(s: State, p: Array, t_ns: int, out: Out, k: int) -> None:
    """The snap's own record."""
    clock = s.clock
    orders = s.orders
    market = s.market
    book = s.book
    motion = s.motion
    trust = s.trust
    r = out.snaps[k]
    mid = mid_points(s)
    r.t_ns = t_ns
    r.as_of_ns = clock.as_of_ns
    r.session_date = s.calendar.sessions[max(clock.session, 0)].session_date
    r.orders = orders.orders
    r.spot = market.spot
    r.bid = book.bid * tick_points(s) / market.ratio if book.has_bbo != 0 else math.nan
    r.ask = book.ask * tick_points(s) / market.ratio if book.has_bbo != 0 else math.nan
    r.es_mid = mid
    r.es_last = book.last_tick * tick_points(s) if book.has_last != 0 else math.nan
    r.microprice = microprice(s)
    r.velocity = motion.velocity_smooth
    r.acceleration = motion.acceleration
    r.sigma_1m = s.volatility.sigma_1m
    r.atr = s.bars.atr
    r.ratio = market.ratio
    r.cvd = orders.cvd
    r.minutes_since_open = minutes_since_open(s, t_ns)
    r.in_window = 1 if in_signal_window(s, p, t_ns) else 0
    for i in range(len(INPUTS)):
        r.trust[i] = trust.state[i]
        r.trust_reason[i] = trust.reason[i]
    for i in range(TOTALS):
        r.totals[i] = s.windows.totals_sum[i]
