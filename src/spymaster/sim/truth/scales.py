"""What is usual in a simulated market: latent flows summed over zones, and scales that nobody could know.

An engine learns its scales from the past alone (docs/physics.md 3.2), of what ten levels show, with whatever a planted
level does mixed in. The oracle's look as far forward as back, see every order, and leave out the zones at which a
mechanism was at work: it knows the mechanism's flag. Levels that do nothing are prices like others and not left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.state import ASK

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

HALF: Final = 2
"""A zone reaches this many ticks to each side of its level."""
WINDOW: Final = 40
"""Buckets of the barrier window, 10 s."""
DISTANCES: Final = 16
_MAD: Final = 1.4826
_EVERY: Final = 4
"""Of so many snaps one is a sample: windows of ten seconds overlap, and each second is enough."""
_FEWEST: Final = 50
"""Samples a distance needs to have a scale of its own."""


@dataclass(frozen=True, slots=True)
class LevelSpan:
    """A planted level as the states need it. ``on``: spans in which its mechanism was at work, (from, to) ns.

    ``acts``: whether that mechanism does anything at all; a placebo's does not.
    """

    number: int
    side: int
    tick: int
    from_ns: int
    to_ns: int
    on: tuple[tuple[int, int], ...]
    acts: bool = True

    @property
    def onsets_ns(self) -> Ints:
        """When the mechanism began to act after a rest of a whole window at least: what flickers begins once."""
        rest_ns = WINDOW * BUCKET_NS
        before = (-rest_ns, *(end for _, end in self.on[:-1]))
        found = [start for (start, _), end in zip(self.on, before, strict=False) if start - end > rest_ns]
        return np.array(found if self.acts else [], np.int64)


class Zones:
    """Latent flows of one side over consecutive buckets, summed over zones: arrays [bucket, tick].

    ``flows``: of this side, in these buckets; ``depth``: displayed before the first, by tick. ``times``: bucket ends.
    """

    def __init__(self, flows: NDArray[Any], depth: Mapping[int, int], times: Ints, first_tick: int, ticks: int) -> None:
        self.times, self.first = times, first_tick
        row = ((flows["ts_bucket_ns"] - times[0]) // BUCKET_NS).astype(np.int64)
        column = flows["tick"] - first_tick
        inside = (column >= 0) & (column < ticks)
        cells = row[inside] * ticks + column[inside]
        shape = (len(times), ticks)

        def table(name: str) -> NDArray[np.int32]:
            found = np.bincount(cells, weights=flows[name][inside], minlength=shape[0] * ticks)
            return found.astype(np.int32).reshape(shape)

        net, self.fills = table("added") - table("pulled"), table("filled")
        before = np.array([depth.get(first_tick + k, 0) for k in range(ticks)], np.int32)
        self.resting = before + np.cumsum(net - self.fills, axis=0, dtype=np.int32)
        self.depth = _zone(self.resting)
        zone = _zone(net)
        self._sums = tuple(_running(part) for part in (np.maximum(zone, 0), np.maximum(-zone, 0), _zone(self.fills)))

    def flows(self, rows: Ints, columns: Ints | int, buckets: Ints | int) -> tuple[Ints, Ints, Ints]:
        """Netted (added, pulled, filled) of zones over the last ``buckets`` buckets up to and with each row."""
        end, start = rows + 1, rows + 1 - buckets
        added, pulled, filled = ((part[end, columns] - part[start, columns]).astype(np.int64) for part in self._sums)
        return added, pulled, filled

    def held(self, tick: int, side: int, rows: Ints, buckets: Ints) -> NDArray[np.bool_]:
        """Whether nothing traded beyond a zone in the last ``buckets`` buckets."""
        k = tick - self.first
        part = self.fills[:, k + HALF + 1 :] if side == ASK else self.fills[:, : max(k - HALF, 0)]
        total = np.concatenate([[0], np.cumsum(part.sum(axis=1, dtype=np.int64))])
        untouched: NDArray[np.bool_] = total[rows + 1] == total[rows + 1 - buckets]
        return untouched


def _zone(cells: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sums over the prices of each tick's zone."""
    total = np.cumsum(np.pad(cells, ((0, 0), (HALF + 1, HALF))), axis=1, dtype=np.int32)
    return total[:, 2 * HALF + 1 :] - total[:, : -(2 * HALF + 1)]


def _running(cells: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sums of all buckets before each, and of all."""
    return np.cumsum(np.pad(cells, ((1, 0), (0, 0))), axis=0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """What is usual ``distance`` ticks from the own best, contracts.

    ``depth`` [DISTANCES] is that of the price itself. ``noise``, ``fill`` and ``fill_noise`` [WINDOW + 1, DISTANCES]
    are those of the zone around it over so many buckets; NaN for windows that were not asked for.
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


Zone = tuple[Ints, Ints]
"""Places in ``Zones``: rows and columns."""


class References:
    """The zones of a block at each distance from the own best at which no mechanism was at work in the last window."""

    def __init__(self, zones: tuple[Zones, Zones], touch: NDArray[Any], levels: Iterable[LevelSpan]) -> None:
        self._zones, self._touch = zones, touch
        self._rows = np.arange(WINDOW, len(touch), _EVERY)
        working = [(level, _at_work(level, zones[0].times)) for level in levels if level.acts]
        self._places = [[self._free(side, d, working) for side in range(2)] for d in range(DISTANCES)]

    def _free(self, side: int, distance: int, working: list[tuple[LevelSpan, NDArray[np.bool_]]]) -> Zone:
        zone, rows = self._zones[side], self._rows
        tick = self._touch["ask" if side == ASK else "bid"][rows] + (2 * side - 1) * distance
        free = (tick - zone.first >= HALF) & (tick - zone.first < zone.depth.shape[1] - HALF)
        for level, at_work in working:
            if level.side == side:
                free &= ~(at_work[rows] & (np.abs(tick - level.tick) <= 2 * HALF))
        return rows[free], (tick - zone.first)[free]

    def scales(self, first: int, last: int, windows: Iterable[int]) -> Scales:
        """The scales of rows first..last - 1, for windows of these lengths in buckets."""
        depth = np.full(DISTANCES, np.nan)
        noise, fill, fill_noise = (np.full((WINDOW + 1, DISTANCES), np.nan) for _ in range(3))
        for d in range(DISTANCES):
            places = [self._between(d, side, first, last) for side in range(2)]
            if sum(len(rows) for rows, _ in places) < _FEWEST:
                continue
            at_price = [zone.resting[place] for zone, place in zip(self._zones, places, strict=True)]
            depth[d] = np.concatenate(at_price).mean()
            for n in windows:
                parts = [zone.flows(*place, n) for zone, place in zip(self._zones, places, strict=True)]
                added, pulled, filled = (np.concatenate(part) for part in zip(*parts, strict=True))
                noise[n, d], _ = _spread(added - pulled - filled)
                fill_noise[n, d], fill[n, d] = _spread(filled)
        own = self._touch[first:last]
        best = float(np.median(np.concatenate([own["bid_size"], own["ask_size"]])))
        return Scales(_filled(depth), _rows_filled(noise), _rows_filled(fill), _rows_filled(fill_noise), best)

    def _between(self, distance: int, side: int, first: int, last: int) -> Zone:
        rows, columns = self._places[distance][side]
        a, b = np.searchsorted(rows, (first, last))
        return rows[a:b], columns[a:b]


def _at_work(level: LevelSpan, times: Ints) -> NDArray[np.bool_]:
    """The snaps whose last window has a part of a level's work in it."""
    found = np.zeros(len(times), bool)
    for start, end in level.on:
        found |= (times > start) & (times - WINDOW * BUCKET_NS < end)
    return found


def _spread(values: Ints) -> tuple[float, float]:
    """(1.4826 x median absolute deviation, median)."""
    middle = float(np.median(values))
    return float(_MAD * np.median(np.abs(values - middle))), middle


def _filled(values: Floats) -> Floats:
    """Distances without a scale have that of the nearest ones with one."""
    known = np.flatnonzero(~np.isnan(values))
    return np.interp(np.arange(len(values)), known, values[known]) if len(known) else values


def _rows_filled(table: Floats) -> Floats:
    return np.array([_filled(row) for row in table])
