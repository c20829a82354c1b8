"""What the resting liquidity at a level is doing: visible part, netted flows and six soft states.

Formulas: docs/physics.md 3.
"""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.physics.book.windows import buckets_in
from spymaster.physics.maths.elementary import gate, log_of_normal
from spymaster.physics.memory.indices import ASK, HIGH, LEDGER_TICKS, LOW
from spymaster.physics.memory.state import Array, State

_STATES: Final = 6
_TINY: Final = 1e-9


@kernel_inlined
def visible_part(s: State, p: Array, t_ns: int, side: int, tick: int) -> tuple[int, int]:
    """The part of a zone that may be judged: (outermost ledger index, whole buckets it has been in sight).

    A zone reaches ``barrier_zone_ticks`` each side of the level. Sight ends on the far side of the book only, so what
    is visible is the zone up to some outermost tick that has been in sight longest for what it adds: the choice
    maximises visible fraction x span, which is the barrier's weight. (-1, 0) when the level itself has not been in
    sight for the shortest window.
    """
    ledger = s.ledger
    half = p[0].barrier_zone_ticks
    sign = 1 if side == ASK else -1
    centre = tick - ledger.base
    if centre < 0 or centre >= LEDGER_TICKS or ledger.seen_since[side, centre] == 0:
        return -1, 0
    shortest, longest = s.scratch.shortest, s.scratch.longest
    best = 0
    chosen = -1
    span = 0
    for reach in range(half, -1, -1):
        i = centre + sign * reach
        if i < 0 or i >= LEDGER_TICKS:
            continue
        since = ledger.seen_since[side, i]
        if since == 0:
            continue
        n = longest if t_ns - since >= s.scratch.longest_ns else min(buckets_in(p, t_ns - since), longest)
        if t_ns - since < p[0].w_barrier_min_ns or n < shortest:
            continue
        value = n * (half + 1 + reach)
        if value > best:
            best = value
            chosen = i
            span = n
            if n == longest:
                # no narrower part has been in sight for longer
                break
    return chosen, span


@kernel
def thresholds(
    p: Array, absolute: bool, usual: float, noise: float, usual_fill: float, fill_noise: float, typical_best: float
) -> tuple[float, float]:
    """(theta, F_thr) in contracts: by depth and neutral noise, or the plain absolute ones."""
    if absolute:
        return float(p[0].f_thresh_contracts), float(p[0].f_thresh_contracts)
    theta = max(p[0].theta_min_contracts, p[0].theta_depth_share * usual, p[0].theta_noise * noise)
    fill = max(p[0].fill_min_contracts, p[0].fill_l1_multiple * typical_best, usual_fill + p[0].fill_noise * fill_noise)
    return float(theta), float(fill)


@kernel
def replenishment(added: float, lost: float, theta: float) -> float:
    """R = (A + k) / (P + F + k), k = theta / 4: shrinks to 1 when nothing happens."""
    k = 0.25 * theta
    return (added + k) / (lost + k)


@kernel_inlined
def soft_states(
    p: Array,
    added: float,
    pulled: float,
    filled: float,
    start: float,
    end: float,
    usual: float,
    theta: float,
    fill_threshold: float,
    absolute: bool,
    held: bool,
    log_vacuum: float,
    log_wall: float,
) -> tuple[float, float, float, float, float, float]:
    """Probabilities of the six states, in the order of ``BarrierState``; they sum to 1.

    added, pulled, filled: netted flows over the window (contracts); start, end: depth of the zone at its ends; usual:
    typical depth of such a zone; held: no trade beyond the zone; log_vacuum, log_wall: logarithms of ``r_vac`` and
    ``r_wall``. Source: docs/physics.md 3.
    """
    delta = added - pulled - filled
    deplete = theta if absolute else max(theta, p[0].theta_dep_share * start)
    lost = pulled + filled
    phi = filled / lost if lost > 0.0 else 0.5
    r = replenishment(added, lost, theta)
    g1 = gate((-delta / deplete - 1.0) / p[0].gate_depletion)
    g2 = gate((phi - p[0].phi_consumed) / p[0].gate_filled)
    log_r = log_of_normal(r)
    g3 = gate((log_vacuum - log_r) / p[0].gate_replenishment)
    g4 = gate(min(delta / theta - 1.0, log_r - log_wall) / p[0].gate_growth)
    g5 = gate((filled / fill_threshold - 1.0) / p[0].gate_fills) if held else 0.0
    g6 = gate((p[0].weak_depth_share - end / usual) / p[0].gate_thin) if usual > _TINY else 0.0
    quiet = (1.0 - g1) * (1.0 - g4) * (1.0 - g5)
    return (
        g1 * (1.0 - g2) * g3,
        g1 * g2,
        g1 * (1.0 - g2) * (1.0 - g3) + quiet * g6,
        quiet * (1.0 - g6),
        (1.0 - g1) * (1.0 - g4) * g5,
        (1.0 - g1) * g4,
    )


@kernel
def settle_state(probabilities: Array, state: int, rival: int, lead: float) -> tuple[int, int]:
    """(state, rival) with hysteresis: a rival takes over when it leads by ``lead`` or on its second snap in a row."""
    top = 0
    for k in range(1, _STATES):
        if probabilities[k] > probabilities[top]:
            top = k
    if state < 0 or state >= _STATES or top == state:
        return top, -1
    if probabilities[top] - probabilities[state] > lead or rival == top:
        return top, -1
    return state, top


@kernel
def held_through(s: State, side: int, beyond_tick: int, buckets: int) -> bool:
    """Whether no trade went beyond a tick (above it for asks, below it for bids) in the last ``buckets`` buckets."""
    windows = s.windows
    k = max(buckets, 1) - 1
    if side == ASK:
        return bool(windows.range_suffix[k, HIGH] <= beyond_tick)
    return bool(windows.range_suffix[k, LOW] >= beyond_tick)


@kernel
def time_to_clear(depth: float, added: float, pulled: float, filled: float, window_s: float) -> float:
    """Seconds until the zone is empty at the window's net loss rate; NaN when it is not being lost."""
    rate = (pulled + filled - added) / window_s
    if rate <= 0.0:
        return math.nan
    return depth / rate
