"""The second market's truth in the files of the first: what happened is that market's own, the words are the same.

A level stays for the time it was planted for, whatever becomes of it: an outcome ends neither its mechanism nor its
states. Where the market kept no orders throughout a state's window there is no truth, and no state is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.market import state as market
from spymaster.sim.market.simulation import FLOW, LEAVING, PLANTED, TOUCH, WORK, Chunk
from spymaster.sim.second.plan import Happening, MechanismKind, Plan
from spymaster.sim.second.session import SecondChunk, bucket_flows
from spymaster.sim.second.state import BUCKET_NS, FILL, FLOW_DTYPE, PULL, TOUCH_DTYPE, VANISH
from spymaster.sim.truth.files import TruthWriter
from spymaster.sim.truth.passed import ANONYMOUS
from spymaster.sim.truth.scales import HALF, WINDOW

SECOND_BREAKS_BEFORE: Final[Mapping[LevelKind, float]] = MappingProxyType(
    {
        LevelKind.PLACEBO: 0.46,
        LevelKind.WALL: 0.29,
        LevelKind.VACUUM: 0.61,
        LevelKind.ABSORPTION: 0.53,
        LevelKind.CONSUMED: 0.55,
    }
)
"""Share of touched levels of a kind that break (chops left out): 99 hours of both plans, +-0.02 to 0.06.

The opening's pushes make more of it: there 0.77 of vacuums and 0.86 of consumed levels break."""

_EVENTS: Final[Mapping[Happening, LevelEvent]] = MappingProxyType(
    {
        Happening.RESTS: LevelEvent.OFF,
        Happening.WORKS: LevelEvent.ON,
        Happening.BEGINS: LevelEvent.PLANTED,
        Happening.TOUCHED: LevelEvent.TOUCH,
        Happening.BROKEN: LevelEvent.BREAK,
        Happening.HELD: LevelEvent.BOUNCE,
        Happening.ENDS: LevelEvent.GONE,
    }
)


class SecondTruth:
    """Writes the truth of a session of ``plan`` chunk by chunk into ``recording/truth``. A context manager."""

    def __init__(self, recording: Path, plan: Plan) -> None:
        self._plan = plan
        self._flows = np.zeros(0, FLOW_DTYPE)
        self._touches = np.zeros(0, TOUCH_DTYPE)
        self._touched: set[int] = set()
        self._decided: set[int] = set()
        self._writer = TruthWriter(
            recording, ends=(LevelEvent.GONE,), breaks_before=SECOND_BREAKS_BEFORE, known=self._known
        )

    def add(self, chunk: SecondChunk) -> None:
        """Take a chunk in. Flows of a bucket that is not over wait for its end."""
        self._flows = np.concatenate([self._flows, chunk.flows])
        self._touches = np.concatenate([self._touches, chunk.touches])
        over = np.zeros(len(self._flows), bool)
        if len(self._touches):
            over = self._flows["ts_ns"] < self._touches["ts_bucket_ns"][-1]
        flows, self._flows = bucket_flows(self._flows[over]), self._flows[~over]
        begun = chunk.work[chunk.work["what"] == Happening.BEGINS]
        self._writer.add(
            Chunk(
                records=chunk.records,
                flows=_named(flows, FLOW),
                touches=_named(chunk.touches, TOUCH),
                works=np.array(list(self._events(chunk.work)), WORK),
                leavings=_leavings(chunk.flows),
                planted=np.array(
                    [self._level(*row) for row in begun[["mechanism", "ts_ns", "tick"]].tolist()], PLANTED
                ),
                rows=np.zeros((0, 0), np.int64),
                seconds=np.zeros((0, 0), np.float64),
            )
        )

    def close(self) -> None:
        """Write what rests on the whole session, and complete the files."""
        self._writer.close()

    def __enter__(self) -> SecondTruth:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()

    def _events(self, work: NDArray[Any]) -> Iterator[tuple[int, ...]]:
        """What happened to mechanisms as ``WORK``; one whose time ends undecided has its outcome then."""
        for ts_ns, level, what, *rest, _ in work.tolist():
            event = _EVENTS[Happening(what)]
            if event is LevelEvent.TOUCH:
                self._touched.add(level)
            elif event in (LevelEvent.BREAK, LevelEvent.BOUNCE):
                self._decided.add(level)
            elif event is LevelEvent.GONE and level not in self._decided:
                yield ts_ns, level, LevelEvent.CHOP if level in self._touched else LevelEvent.EXPIRED, *rest
            yield ts_ns, level, event, *rest

    def _level(self, number: int, planted_ns: int, tick: int) -> tuple[float, ...]:
        """A mechanism as ``PLANTED``; its push as the logarithm of its factor, rounded alike on every machine."""
        it = self._plan.mechanisms[number]
        b = it.acts
        kind = LevelKind[MechanismKind(it.kind).name]
        where = (number, kind, int(it.side), tick, planted_ns, b.reach_ticks)
        push = round(math.log(b.push), 6)
        return (*where, b.shown_contracts, b.reserve_contracts, b.add, b.cancel, b.refill, push, 0.0)

    def _known(self, states: NDArray[Any], sides: NDArray[np.int64], ticks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether all prices of a state's zone had their orders from before its window on."""
        touches = self._touches
        reach = np.stack([-touches["bid_reach"], touches["ask_reach"]], axis=1)
        least = np.lib.stride_tricks.sliding_window_view(reach, WINDOW, axis=0).min(axis=-1)
        rows = (states["ts_ns"] - touches["ts_bucket_ns"][0]) // BUCKET_NS - (WINDOW - 1)
        known: NDArray[np.bool_] = (2 * sides - 1) * ticks + HALF <= least[rows, sides]
        if len(states):
            self._touches = touches[touches["ts_bucket_ns"] > states["ts_ns"].max() - WINDOW * BUCKET_NS]
        return known


def _leavings(flows: NDArray[Any]) -> NDArray[Any]:
    """What left, as ``LEAVING``: this market's orders have no ids. A forgotten price's orders are withdrawn."""
    gone = flows[np.isin(flows["kind"], (PULL, FILL, VANISH))]
    out = _named(gone, LEAVING)
    out["what"] = np.where(gone["kind"] == FILL, market.FILL, market.PULL)
    out["order"] = ANONYMOUS
    return out


def _named(rows: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Rows with the fields of another dtype; what they do not have is 0."""
    out = np.zeros(len(rows), dtype)
    for name in set(dtype.names or ()) & set(rows.dtype.names or ()):
        out[name] = rows[name]
    return out
