"""The true state of planted levels: the decision tree on what all orders did, with scales nobody could know.

Formulas: docs/physics.md 3.3, docs/physics.md 7.4.

A state says what happened to the liquidity at a level; whether a mechanism was at work stands beside it. A scenario's
name is never used: a wall that nobody hits is no WALL yet.

The mechanism's flag bounds the window. The tree is about one regime of flow, and a detector is to find a new one within
a second or two. Over ten seconds that began before the mechanism did, the tree speaks of a mixture: by it a
vacuum is true for the first time five seconds after its makers went away, most often when price is through. So from the
moment a mechanism begins to act until ten seconds later the window reaches back to that moment only, and its thresholds
are those of so long a window. A shortest window remains, for no flow is a state at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.state import ASK
from spymaster.sim.truth.scales import DISTANCES, HALF, WINDOW, Ints, LevelSpan, References, Scales, Zones

SHORTEST: Final = 6
"""Buckets of the shortest window, 1.5 s."""
BLOCK: Final = 1800 * NS_PER_S // BUCKET_NS
"""Buckets of which states are made at a time."""
PIECE: Final = 300 * NS_PER_S // BUCKET_NS
"""Buckets that share their scales."""
REACH: Final = 900 * NS_PER_S // BUCKET_NS
"""Buckets before and behind a piece that its scales rest on too."""
_MARGIN: Final = 28

STATE_TRUTH: Final = np.dtype(
    [
        ("ts_ns", "<i8"),
        ("level", "<i8"),
        ("state", "<i8"),
        ("mechanism_on", "<i8"),
        ("buckets", "<i8"),
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
"""A planted level at a snap: netted flows of its zone over ``buckets`` and the state they make (``BarrierState``)."""


class Block:
    """Consecutive buckets whose states are asked for, with what lies round them.

    ``flows``: ``FLOW`` of exactly the buckets of ``touch``; ``depth``: what was displayed before them, by side and
    tick.
    """

    def __init__(
        self,
        flows: NDArray[Any],
        touch: NDArray[Any],
        depth: tuple[Mapping[int, int], Mapping[int, int]],
        levels: list[LevelSpan],
    ) -> None:
        self._touch, self.levels = touch, tuple(levels)
        times = touch["ts_bucket_ns"].astype(np.int64)
        ticks = [int(touch[side].min()) for side in ("bid", "ask")] + [
            int(touch[side].max()) for side in ("bid", "ask")
        ]
        ticks += [level.tick for level in levels]
        first, count = min(ticks) - _MARGIN, max(ticks) - min(ticks) + 2 * _MARGIN + 1
        bids, asks = (Zones(flows[flows["side"] == side], depth[side], times, first, count) for side in range(2))
        self._zones = (bids, asks)
        self._references = References(self._zones, touch, levels)

    def zone_at(self, level: LevelSpan, times: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Touch, and contracts at each price of a level's zone, lowest first, at the bucket ends ``times``."""
        zone = self._zones[level.side]
        rows = (times - zone.times[0]) // BUCKET_NS
        k = level.tick - zone.first
        return self._touch[rows], zone.resting[rows, k - HALF : k + HALF + 1]

    def states(self, first: int, last: int) -> NDArray[Any]:
        """``STATE_TRUTH`` of all levels at the snaps first..last - 1, in time. The first window only fills windows."""
        found = [np.zeros(0, STATE_TRUTH)]
        for start in range(max(first, WINDOW), last, PIECE):
            end = min(start + PIECE, last)
            parts = [self._begun(level, start, end) for level in self.levels]
            windows = {WINDOW, *np.concatenate([part["buckets"] for part in parts]).tolist()} if parts else ()
            around = max(start - REACH, WINDOW), min(end + REACH, len(self._touch))
            scales = self._references.scales(*around, windows)
            found += [self._judged(level, part, scales) for level, part in zip(self.levels, parts, strict=True)]
        rows = np.concatenate(found)
        return rows[np.argsort(rows["ts_ns"], kind="stable")]

    def _begun(self, level: LevelSpan, start: int, end: int) -> NDArray[Any]:
        """The snaps of a level while it is planted, and the windows its states rest on."""
        times = self._zones[0].times[start:end]
        times = times[(times > level.from_ns) & (times <= level.to_ns)]
        out = np.zeros(len(times), STATE_TRUTH)
        out["ts_ns"], out["level"], out["buckets"] = times, level.number, WINDOW
        for onset in level.onsets_ns:
            since = -((onset - times) // BUCKET_NS)
            cut = (since > 0) & (since < WINDOW)
            out["buckets"][cut] = np.maximum(since[cut], SHORTEST)
        for from_ns, to_ns in level.on:
            out["mechanism_on"] |= (times > from_ns) & (times - BUCKET_NS < to_ns)
        return out

    def _judged(self, level: LevelSpan, out: NDArray[Any], scales: Scales) -> NDArray[Any]:
        zone = self._zones[level.side]
        rows: Ints = (out["ts_ns"] - zone.times[0]) // BUCKET_NS
        k, n = level.tick - zone.first, out["buckets"]
        distance = (2 * level.side - 1) * (level.tick - self._touch["ask" if level.side == ASK else "bid"][rows])
        d = np.clip(distance, 0, DISTANCES - 1)
        out["distance_ticks"] = distance
        out["added"], out["pulled"], out["filled"] = zone.flows(rows, k, n)
        out["depth_end"], out["depth_start"] = zone.depth[rows, k], zone.depth[rows - n, k]
        usual = scales.usual_depth(distance)
        theta = np.maximum(np.maximum(20.0, 0.2 * usual), 2.5 * scales.noise[n, d])
        out["usual_depth"], out["theta"] = usual, theta
        out["theta_dep"] = np.maximum(theta, 0.4 * out["depth_start"])
        fills = scales.fill[n, d] + 2.5 * scales.fill_noise[n, d]
        out["fill_threshold"] = np.maximum(max(30.0, 2 * scales.best), fills)
        _decide(out, zone.held(level.tick, level.side, rows, n))
        return out


def _decide(out: NDArray[Any], held: NDArray[np.bool_]) -> None:
    """The tree of docs/physics.md 3.3, its branches as they are numbered there."""
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
