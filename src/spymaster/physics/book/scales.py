"""What is usual: depth, best size and flow noise by distance from the touch, all causal and slowly forgetting.

Formulas: docs/physics.md 3.

Without these scales ordinary trading looks like ABSORPTION and ordinary noise like VACUUM.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.book.flicker import observe_flicker
from spymaster.physics.book.icebergs import learn_null_rate
from spymaster.physics.book.ofi import observe_ofi
from spymaster.physics.book.orders import learn_sizes
from spymaster.physics.maths.elementary import MAD_TO_SIGMA
from spymaster.physics.maths.quantiles import median_of, quantile_bin, weight_of
from spymaster.physics.memory.indices import (
    ASK,
    DEPTH_DISTANCES,
    DISTANCES,
    LEDGER_TICKS,
    NOISE_FILL,
    NOISE_FILL_USUAL,
    NOISE_NET,
    QUANTILE_BINS,
    VALID,
    Z_ADDED,
    Z_FILL,
    Z_FLICKER,
    Z_IN,
    Z_OUT,
)
from spymaster.physics.memory.state import Array, State

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
    book = s.book
    alpha = s.alpha
    scales = s.scales
    icebergs = s.icebergs
    if book.status != VALID or book.has_bbo == 0 or book.invalid_since_ns > 0:
        return
    dt = p[0].snap_interval_ns * 1e-9
    scales.weight = max(scales.weight, 1.0) * alpha.growth
    book.visible_ns += p[0].snap_interval_ns
    _observe_depth(s, alpha.scales)
    learn_null_rate(s, p, int(icebergs.best_adds), dt, alpha.rates)
    icebergs.best_adds = 0
    _observe_flicker(s, alpha.scales)
    observe_ofi(s, alpha.scales)
    scales.best_hist[quantile_bin(book.bid_size)] += scales.weight
    scales.best_hist[quantile_bin(book.ask_size)] += scales.weight
    _observe_flow_noise(s, p, t_ns)
    if scales.weight > _RESCALE:
        _rescale(s)
    _read_quantiles(s, p, int(s.clock.snaps) % _TURNS)


@kernel
def _observe_flicker(s: State, alpha: float) -> None:
    """How much of what is added round the touch is usually gone at once, over the barrier window."""
    book = s.book
    windows = s.windows
    for side in range(2):
        i = (book.ask if side == ASK else book.bid) - s.ledger.base
        if 0 <= i < LEDGER_TICKS:
            observe_flicker(s, windows.zone[side, i, Z_ADDED], windows.zone[side, i, Z_FLICKER], alpha)


@kernel
def _observe_depth(s: State, alpha: float) -> None:
    """Exponential mean of the displayed size at each distance from the own best, both sides together.

    A plain mean until there are enough snaps for the exponential one. Sizes far above it are cut.
    """
    scales = s.scales
    book = s.book
    ledger = s.ledger
    for d in range(DEPTH_DISTANCES):
        most = _STACKED * scales.depth_mean[d] if scales.depth_snaps[d] >= _STEADY else _NO_LIMIT
        total = 0.0
        seen = 0
        for side in range(2):
            i = (book.ask + d if side == ASK else book.bid - d) - ledger.base
            if 0 <= i < LEDGER_TICKS and ledger.seen_since[side, i] > 0:
                total += min(float(ledger.depth[side, i]), most)
                seen += 1
        if seen > 0:
            scales.depth_snaps[d] += 1.0
            scales.depth_mean[d] += max(alpha, 1.0 / scales.depth_snaps[d]) * (total / seen - scales.depth_mean[d])


@kernel
def _observe_flow_noise(s: State, p: Array, t_ns: int) -> None:
    """Net flow and fills of whole-window zones by distance; zones at a level count for little, being what is scored."""
    book = s.book
    ledger = s.ledger
    scales = s.scales
    windows = s.windows
    half = p[0].barrier_zone_ticks
    for d in range(DISTANCES):
        for side in range(2):
            sign = 1 if side == ASK else -1
            centre = (book.ask if side == ASK else book.bid) + sign * d - ledger.base
            edge = centre + sign * half
            if not (half <= centre < LEDGER_TICKS - half):
                continue
            since = ledger.seen_since[side, edge]
            if since == 0 or t_ns - since < p[0].w_barrier_ns:
                continue
            weight = scales.weight * (_NEAR_WEIGHT if scales.near[centre] != 0 else 1.0)
            fills = windows.zone[side, centre, Z_FILL]
            delta = windows.zone[side, centre, Z_IN] - windows.zone[side, centre, Z_OUT] - fills
            scales.delta_hist[d, quantile_bin(abs(delta))] += weight
            scales.fill_hist[d, quantile_bin(fills)] += weight
            scales.spread_hist[d, quantile_bin(abs(fills - int(scales.noise[NOISE_FILL_USUAL, d])))] += weight


@kernel
def _read_quantiles(s: State, p: Array, turn: int) -> None:
    """Read one of the histograms, all of them taking turns so that no snap is dear.

    A distance at which a whole zone is hardly ever in sight has the scales of the one before it, never none.
    """
    scales = s.scales
    d = turn % DISTANCES
    what = turn // DISTANCES
    if what < 3 and d > 0 and weight_of(scales.fill_hist[d]) < _ENOUGH * weight_of(scales.fill_hist[0]):
        scales.noise[what, d] = scales.noise[what, d - 1]
    elif what == 0:
        scales.noise[NOISE_NET, d] = MAD_TO_SIGMA * median_of(scales.delta_hist[d])
    elif what == 1:
        scales.noise[NOISE_FILL_USUAL, d] = median_of(scales.fill_hist[d])
    elif what == 2:
        scales.noise[NOISE_FILL, d] = MAD_TO_SIGMA * median_of(scales.spread_hist[d])
    elif d == 0:
        learn_sizes(s, p)
    else:
        scales.typical_best = median_of(scales.best_hist)


@kernel
def _rescale(s: State) -> None:
    """Keep the growing weights inside the range of a float."""
    scales = s.scales
    orders = s.orders
    f = 1.0 / scales.weight
    for k in range(QUANTILE_BINS):
        scales.best_hist[k] *= f
        orders.size_hist[k] *= f
        orders.burst_hist[k] *= f
        for d in range(DISTANCES):
            scales.delta_hist[d, k] *= f
            scales.fill_hist[d, k] *= f
            scales.spread_hist[d, k] *= f
    scales.weight = 1.0


@kernel
def usual_depth(s: State, near: int, far: int) -> float:
    """Typical size resting at distances near..far ticks from the own best (negative distances hold nothing)."""
    total = 0.0
    for d in range(max(near, 0), far + 1):
        total += s.scales.depth_mean[min(d, DEPTH_DISTANCES - 1)]
    return total
