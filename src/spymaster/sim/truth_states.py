"""The true state of planted levels: the decision tree of P3.3 on what all orders did, with scales nobody could know.

Scales are those of the whole block, future included, over zones away from planted levels. A state says what happened
to the liquidity at a level; whether a mechanism was at work stands beside it. A scenario's name is never used: a wall
that nobody hits is no WALL yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.sim.book_state import ASK
from spymaster.sim.latent import BUCKET_NS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

HALF: Final = 2
"""A zone reaches this many ticks to each side of its level."""
WINDOW: Final = 40
"""Buckets of the barrier window, 10 s."""
DISTANCES: Final = 16
_MARGIN: Final = 28
_MAD: Final = 1.4826

STATE_TRUTH: Final = np.dtype(
    [
        ("ts_ns", "<i8"),
        ("level", "<i8"),
        ("state", "<i8"),
        ("mechanism_on", "<i8"),
        ("added", "<i8"),
        ("pulled", "<i8"),
        ("filled", "<i8"),
        ("depth_start", "<i8"),
        ("depth_end", "<i8"),
        ("distance_ticks", "<i8"),
        ("theta", "<f8"),
        ("theta_dep", "<f8"),
        ("fill_threshold", "<f8"),
        ("usual_depth", "<f8"),
        ("ratio", "<f8"),
        ("fill_share", "<f8"),
    ]
)
"""A planted level at a snap: netted flows of its zone over the last 10 s and the state they make (``BarrierState``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """What is usual ``distance`` ticks from the own best, arrays [DISTANCES], contracts.

    ``depth`` is that of the price itself, the others are those of the zone around it.
    """

    depth: Floats
    noise: Floats
    fill: Floats
    fill_noise: Floats
    best: float

    def usual_depth(self, distance: Ints) -> Floats:
        """What usually rests in a zone at each of these distances; beyond the own best rests nothing."""
        around = distance[:, None] + np.arange(-HALF, HALF + 1)
        known = np.where(around >= 0, self.depth[np.clip(around, 0, DISTANCES - 1)], 0.0)
        usual: Floats = known.sum(axis=1)
        return usual


@dataclass(frozen=True, slots=True)
class LevelSpan:
    """A planted level as the states need it: ``on``: spans in which its mechanism was at work, (from, to) ns."""

    number: int
    side: int
    tick: int
    from_ns: int
    to_ns: int
    on: tuple[tuple[int, int], ...]


class Zones:
    """Latent flows of one side over consecutive buckets, as sums over zones and windows: arrays [bucket, tick].

    ``flows``: of this side, in these buckets; ``depth``: displayed before the first, by tick. ``times``: bucket ends.
    """

    def __init__(self, flows: NDArray[Any], depth: dict[int, int], times: Ints, first_tick: int, ticks: int) -> None:
        self.times, self.first = times, first_tick
        row = ((flows["ts_bucket_ns"] - times[0]) // BUCKET_NS).astype(np.int64)
        column = flows["tick"] - first_tick
        inside = (column >= 0) & (column < ticks)
        cells = row[inside] * ticks + column[inside]
        shape = (len(times), ticks)

        def table(name: str) -> Ints:
            weights = flows[name][inside]
            return np.bincount(cells, weights=weights, minlength=shape[0] * ticks).astype(np.int64).reshape(shape)

        added, pulled, self.fills = table("added"), table("pulled"), table("filled")
        before = np.array([depth.get(first_tick + k, 0) for k in range(ticks)], dtype=np.int64)
        self.resting = before + np.cumsum(added - pulled - self.fills, axis=0)
        self.depth = _zone(self.resting)
        net = _zone(added - pulled)
        self.added = _window(np.maximum(net, 0))
        self.pulled = _window(np.maximum(-net, 0))
        self.filled = _window(_zone(self.fills))

    def beyond(self, tick: int, side: int) -> Ints:
        """Contracts traded beyond a zone in the window, by bucket."""
        k = tick - self.first
        part = self.fills[:, k + HALF + 1 :] if side == ASK else self.fills[:, : max(k - HALF, 0)]
        return _window(part.sum(axis=1)[:, None])[:, 0]


def _zone(cells: Ints) -> Ints:
    """Sums over the prices of each tick's zone."""
    padded = np.pad(cells, ((0, 0), (HALF + 1, HALF)))
    total = np.cumsum(padded, axis=1)
    return total[:, 2 * HALF + 1 :] - total[:, : -(2 * HALF + 1)]


def _window(cells: Ints) -> Ints:
    """Sums over the last ``WINDOW`` buckets."""
    total = np.cumsum(cells, axis=0)
    out = total.copy()
    out[WINDOW:] -= total[:-WINDOW]
    return out


def oracle_scales(zones: tuple[Zones, Zones], touch: NDArray[Any], levels: list[LevelSpan]) -> Scales:
    """The scales of a block from all its zones that are not near a planted level of their side."""
    count = len(touch)
    samples: list[list[Floats]] = [[], [], []]
    per_distance = np.full((4, DISTANCES), np.nan)
    rows = np.arange(WINDOW, count)
    for d in range(DISTANCES):
        samples = [[], [], []]
        for side, zone in enumerate(zones):
            sign = 2 * side - 1
            tick = touch["ask" if side == ASK else "bid"][rows] + sign * d
            free = np.ones(len(rows), bool)
            for level in levels:
                at_work = (zone.times[rows] > level.from_ns) & (zone.times[rows] <= level.to_ns)
                if level.side == side:
                    free &= ~(at_work & (np.abs(tick - level.tick) <= 2 * HALF))
            column = (tick - zone.first)[free]
            row = rows[free]
            filled = zone.filled[row, column]
            samples[0].append(zone.resting[row, column])
            samples[1].append(zone.added[row, column] - zone.pulled[row, column] - filled)
            samples[2].append(filled)
        depth, delta, filled = (np.concatenate(part).astype(np.float64) for part in samples)
        if len(depth):
            fill = np.median(filled)
            per_distance[:, d] = (
                depth.mean(),
                _MAD * np.median(np.abs(delta - np.median(delta))),
                fill,
                _MAD * np.median(np.abs(filled - fill)),
            )
    best = float(np.median(np.concatenate([touch["bid_size"], touch["ask_size"]])))
    return Scales(per_distance[0], per_distance[1], per_distance[2], per_distance[3], best)


def level_states(zones: tuple[Zones, Zones], touch: NDArray[Any], level: LevelSpan, scales: Scales) -> NDArray[Any]:
    """The true states of a level at each snap while it is planted, ``STATE_TRUTH[n]``."""
    zone = zones[level.side]
    k = level.tick - zone.first
    rows = np.flatnonzero((zone.times > level.from_ns) & (zone.times <= level.to_ns))
    rows = rows[rows >= WINDOW]
    out = np.zeros(len(rows), STATE_TRUTH)
    if not len(rows) or not HALF <= k < zone.depth.shape[1] - HALF:
        return out[:0]
    sign = 2 * level.side - 1
    best = touch["ask" if level.side == ASK else "bid"][rows]
    distance = sign * (level.tick - best)
    d = np.clip(distance, 0, DISTANCES - 1)
    out["ts_ns"], out["level"], out["distance_ticks"] = zone.times[rows], level.number, distance
    for name in ("added", "pulled", "filled"):
        out[name] = getattr(zone, name)[rows, k]
    out["depth_end"], out["depth_start"] = zone.depth[rows, k], zone.depth[rows - WINDOW, k]
    for start, end in level.on:
        out["mechanism_on"] |= (out["ts_ns"] > start) & (out["ts_ns"] - BUCKET_NS < end)
    usual = scales.usual_depth(distance)
    theta = np.maximum(np.maximum(20.0, 0.2 * usual), 2.5 * scales.noise[d])
    out["usual_depth"], out["theta"] = usual, theta
    out["theta_dep"] = np.maximum(theta, 0.4 * out["depth_start"])
    out["fill_threshold"] = np.maximum(np.maximum(30.0, 2 * scales.best), scales.fill[d] + 2.5 * scales.fill_noise[d])
    _decide(out, zone.beyond(level.tick, level.side)[rows] == 0)
    return out


def _decide(out: NDArray[Any], held: NDArray[np.bool_]) -> None:
    """The tree of P3.3, its branches as they are numbered there."""
    added, pulled, filled = (out[name].astype(np.float64) for name in ("added", "pulled", "filled"))
    delta = added - pulled - filled
    k = out["theta"] / 4.0
    ratio = (added + k) / (pulled + filled + k)
    lost = pulled + filled
    share = np.where(lost > 0, filled / np.maximum(lost, 1.0), 0.5)
    depleted = delta <= -out["theta_dep"]
    out["ratio"], out["fill_share"] = ratio, share
    out["state"] = np.select(
        [
            depleted & (share >= 0.5),
            depleted & (ratio <= 0.3),
            depleted,
            (delta >= out["theta"]) & (ratio >= 1.5),
            (filled >= out["fill_threshold"]) & held,
            # where nothing usually rests, nothing is missing
            (out["usual_depth"] > 0.0) & (out["depth_end"] <= 0.35 * out["usual_depth"]),
        ],
        [
            int(state)
            for state in (
                BarrierState.CONSUMED,
                BarrierState.VACUUM,
                BarrierState.WEAK,
                BarrierState.WALL,
                BarrierState.ABSORPTION,
                BarrierState.WEAK,
            )
        ],
        int(BarrierState.NEUTRAL),
    )


def block_states(
    flows: NDArray[Any], touch: NDArray[Any], depth: tuple[dict[int, int], dict[int, int]], levels: list[LevelSpan]
) -> tuple[NDArray[Any], Scales]:
    """States of all levels over a block of consecutive buckets, and its scales.

    ``flows``: ``FLOW`` of exactly the buckets of ``touch``; ``depth``: what was displayed before them, by side and
    tick. The first ``WINDOW`` buckets only fill the window.
    """
    times = touch["ts_bucket_ns"].astype(np.int64)
    first = int(min(touch["bid"].min(), *(level.tick for level in levels), touch["bid"].max())) - _MARGIN
    last = int(max(touch["ask"].max(), *(level.tick for level in levels), touch["ask"].min())) + _MARGIN
    zones = tuple(Zones(flows[flows["side"] == side], depth[side], times, first, last - first + 1) for side in range(2))
    both = (zones[0], zones[1])
    scales = oracle_scales(both, touch, levels)
    states = [level_states(both, touch, level, scales) for level in levels]
    found = np.concatenate([*states, np.zeros(0, STATE_TRUTH)])
    return found[np.argsort(found["ts_ns"], kind="stable")], scales


BLOCK_NS: Final = 1800 * NS_PER_S
"""States are made half an hour at a time, with scales of that half hour."""
