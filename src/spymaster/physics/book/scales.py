"""What is usual: depth, best size and flow noise by distance from the touch, all causal and slowly forgetting (P3.2).

Without these scales ordinary trading looks like ABSORPTION and ordinary noise like VACUUM.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.book.flicker import observe_fleeting
from spymaster.physics.book.icebergs import learn_null_rate
from spymaster.physics.book.ofi import observe_ofi
from spymaster.physics.book.orders import learn_sizes
from spymaster.physics.maths.elementary import MAD_TO_SIGMA
from spymaster.physics.maths.quantiles import median_of, quantile_bin, weight_of
from spymaster.physics.memory.state import (
    A_GROWTH,
    A_RATES,
    A_SCALES,
    ASK,
    DEPTH_DISTANCES,
    DISTANCES,
    LEDGER_TICKS,
    QUANTILE_BINS,
    VALID,
    Z_ADDED,
    Z_FILL,
    Z_FLEETING,
    Z_IN,
    Z_OUT,
    Array,
    State,
)

_NEAR_WEIGHT: Final = 0.25
"""Of a zone at a level: it may be anything but usual. Where levels stand close hardly any other zone is left, and
medians bear that much."""
_ENOUGH: Final = 0.1
"""Of the samples at the own best, for a distance to have scales of its own."""
_STACKED: Final = 3.0
"""A price counts for so many times what is usual there at most, lest a wall raise what walls are measured against."""
_STEADY: Final = 240.0
"""Snaps after which the mean knows what is usual."""
_RESCALE: Final = 1e12
_NO_LIMIT: Final = 1e18
_TURNS: Final = 3 * DISTANCES + 2
"""Three histograms a distance, the sizes of orders, and the best sizes."""


@kernel
def observe_scales(s: State, p: Array, t_ns: int) -> None:
    """Let one snap of a good book into the scales; the quantiles are read in turn."""
    b = s.book[0]
    m = s.market[0]
    if b.status != VALID or b.has_bbo == 0 or b.invalid_since_ns > 0:
        return
    dt = p[0].snap_interval_ns * 1e-9
    share = s.share[A_SCALES]
    m.scale_weight = max(m.scale_weight, 1.0) * s.share[A_GROWTH]
    b.visible_ns += p[0].snap_interval_ns
    _observe_depth(s, share)
    learn_null_rate(s, p, int(m.best_adds), dt, s.share[A_RATES])
    m.best_adds = 0
    _observe_fleeting(s, share)
    observe_ofi(s, share)
    s.best_hist[quantile_bin(b.bid_size)] += m.scale_weight
    s.best_hist[quantile_bin(b.ask_size)] += m.scale_weight
    _observe_flow_noise(s, p, t_ns)
    if m.scale_weight > _RESCALE:
        _rescale(s)
    _read_quantiles(s, p, int(s.clock[0].snaps) % _TURNS)


@kernel
def _observe_fleeting(s: State, share: float) -> None:
    """How much of what is added round the touch is usually gone at once, over the barrier window."""
    b = s.book[0]
    for side in range(2):
        i = (b.ask if side == ASK else b.bid) - b.base
        if 0 <= i < LEDGER_TICKS:
            observe_fleeting(s, s.zone[side, i, Z_ADDED], s.zone[side, i, Z_FLEETING], share)


@kernel
def _observe_depth(s: State, share: float) -> None:
    """Exponential mean of the displayed size at each distance from the own best, both sides together.

    A plain mean until there are enough snaps for the exponential one. Sizes far above it are cut.
    """
    b = s.book[0]
    for d in range(DEPTH_DISTANCES):
        most = _STACKED * s.depth_mean[0, d] if s.depth_mean[1, d] >= _STEADY else _NO_LIMIT
        total = 0.0
        seen = 0
        for side in range(2):
            i = (b.ask + d if side == ASK else b.bid - d) - b.base
            if 0 <= i < LEDGER_TICKS and s.seen_since[side, i] > 0:
                total += min(float(s.depth[side, i]), most)
                seen += 1
        if seen > 0:
            s.depth_mean[1, d] += 1.0
            s.depth_mean[0, d] += max(share, 1.0 / s.depth_mean[1, d]) * (total / seen - s.depth_mean[0, d])


@kernel
def _observe_flow_noise(s: State, p: Array, t_ns: int) -> None:
    """Net flow and fills of whole-window zones by distance; zones at a level count for little, being what is judged."""
    b = s.book[0]
    m = s.market[0]
    half = p[0].barrier_zone_ticks
    for d in range(DISTANCES):
        for side in range(2):
            sign = 1 if side == ASK else -1
            centre = (b.ask if side == ASK else b.bid) + sign * d - b.base
            edge = centre + sign * half
            if not (half <= centre < LEDGER_TICKS - half):
                continue
            since = s.seen_since[side, edge]
            if since == 0 or t_ns - since < p[0].w_barrier_ns:
                continue
            weight = m.scale_weight * (_NEAR_WEIGHT if s.near[centre] != 0 else 1.0)
            fills = s.zone[side, centre, Z_FILL]
            delta = s.zone[side, centre, Z_IN] - s.zone[side, centre, Z_OUT] - fills
            s.delta_hist[d, quantile_bin(abs(delta))] += weight
            s.fill_hist[d, quantile_bin(fills)] += weight
            s.spread_hist[d, quantile_bin(abs(fills - int(s.noise[1, d])))] += weight


@kernel
def _read_quantiles(s: State, p: Array, turn: int) -> None:
    """Read one of the histograms, all of them taking turns so that no snap is dear.

    A distance at which a whole zone is hardly ever in sight has the scales of the one before it, never none.
    """
    d = turn % DISTANCES
    what = turn // DISTANCES
    if what < 3 and d > 0 and weight_of(s.fill_hist[d]) < _ENOUGH * weight_of(s.fill_hist[0]):
        s.noise[what, d] = s.noise[what, d - 1]
    elif what == 0:
        s.noise[0, d] = MAD_TO_SIGMA * median_of(s.delta_hist[d])
    elif what == 1:
        s.noise[1, d] = median_of(s.fill_hist[d])
    elif what == 2:
        s.noise[2, d] = MAD_TO_SIGMA * median_of(s.spread_hist[d])
    elif d == 0:
        learn_sizes(s, p)
    else:
        s.market[0].typical_best = median_of(s.best_hist)


@kernel
def _rescale(s: State) -> None:
    """Keep the growing weights inside the range of a float."""
    f = 1.0 / s.market[0].scale_weight
    for k in range(QUANTILE_BINS):
        s.best_hist[k] *= f
        s.order_hist[k] *= f
        s.burst_hist[k] *= f
        for d in range(DISTANCES):
            s.delta_hist[d, k] *= f
            s.fill_hist[d, k] *= f
            s.spread_hist[d, k] *= f
    s.market[0].scale_weight = 1.0


@kernel
def usual_depth(s: State, near: int, far: int) -> float:
    """Typical size resting at distances near..far ticks from the own best (negative distances hold nothing)."""
    total = 0.0
    for d in range(max(near, 0), far + 1):
        total += s.depth_mean[0, min(d, DEPTH_DISTANCES - 1)]
    return total
