"""What the chart needs and the engine does not keep: option flow by place beside spot, and times without trades."""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.option_rows import STRIKE_ROW
from spymaster.market.rows import INPUTS, Trust
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import MINUTE_BARS, PROFILE_ROWS
from spymaster.physics.views import read_chart, read_profile
from spymaster.signals.chart.bars import BLIND_TIME, CHART_BAR, PROFILE_ROW, Chart
from spymaster.signals.chart.flow import FLOW_METRICS, FLOW_SPAN, FLOW_SPAN_NS, FLOW_SPANS

_BLIND_KEPT: Final = 256
_TAPE: Final = INPUTS.index("tape")
_EQUITY: Final = INPUTS.index("equity")
_COLUMN_OF: Final = {"premium": "premium", "delta": "delta_flow", "gamma": "gamma_flow"}


class ChartState(msgspec.Struct, frozen=True):
    """Everything a ChartMemory remembers: its spans, its blind times and the strikes of the snap before."""

    flow: bytes
    blind: bytes
    blind_now: bool
    strikes: bytes
    volume: float


class ChartMemory:
    """Follows snaps; ``chart`` puts what they left beside what the engine remembers."""

    def __init__(self) -> None:
        self._flow: NDArray[Any] = np.zeros(0, FLOW_SPAN)
        self._blind: NDArray[Any] = np.zeros(0, BLIND_TIME)
        self._blind_now = False
        self._strikes: NDArray[Any] = np.zeros(0, STRIKE_ROW)
        self._volume = math.nan

    def add_snap(self, snap: Any, strikes: NDArray[Any]) -> None:
        """Let in a snap (SNAP) and its strikes (STRIKE_ROW, by rising price)."""
        self._follow_trust(int(snap["t_ns"]), snap["trust"])
        volume = float(snap["options"]["volume"])
        # nothing else tells a trade from a new price of the future, by which all that was traded is converted
        if len(strikes) and volume != self._volume:
            if len(self._strikes):
                self._add_flow(int(snap["t_ns"]), float(snap["spot"]), strikes)
            self._strikes, self._volume = strikes.copy(), volume

    def snapshot(self) -> ChartState:
        """Everything, for ``restore``."""
        return ChartState(
            self._flow.tobytes(), self._blind.tobytes(), self._blind_now, self._strikes.tobytes(), self._volume
        )

    def restore(self, state: ChartState) -> None:
        """Go on from another's memory. Raises ValueError for anything else."""
        self._flow = np.frombuffer(state.flow, FLOW_SPAN).copy()
        self._blind = np.frombuffer(state.blind, BLIND_TIME).copy()
        self._blind_now = state.blind_now
        self._strikes = np.frombuffer(state.strikes, STRIKE_ROW).copy()
        self._volume = state.volume

    def chart(self, state: NDArray[Any]) -> Chart:
        """The chart as of the engine's ``state``: copies that nobody writes to."""
        bars = np.zeros(MINUTE_BARS + 1, CHART_BAR)
        profile = np.zeros(PROFILE_ROWS, PROFILE_ROW)
        return Chart(
            bars=_frozen(bars[: read_chart(state, bars)]),
            profile=_frozen(profile[: read_profile(state, profile)].copy()),
            flow=_frozen(self._flow.copy()),
            blind=_frozen(np.sort(np.concatenate([_holes(state), self._blind]), order="from_ns")),
        )

    def _follow_trust(self, t_ns: int, trust: NDArray[Any]) -> None:
        """Prices are the equity's where there is a feed of it, else the future's."""
        source = _TAPE if trust[_EQUITY] == Trust.ABSENT else _EQUITY
        blind = trust[source] == Trust.BLIND
        if blind and self._blind_now:
            self._blind["to_ns"][-1] = t_ns
        elif blind:
            now = np.array([(t_ns, t_ns)], BLIND_TIME)
            self._blind = np.concatenate([self._blind[-_BLIND_KEPT + 1 :], now])
        self._blind_now = bool(blind)

    def _add_flow(self, t_ns: int, spot: float, strikes: NDArray[Any]) -> None:
        """What was traded since the strikes held, of those that are published both times."""
        _, now, before = np.intersect1d(strikes["strike"], self._strikes["strike"], return_indices=True)
        fresh, old = strikes[now], self._strikes[before]
        begins = (t_ns - 1) // FLOW_SPAN_NS * FLOW_SPAN_NS
        if not len(self._flow) or begins > self._flow["t_ns"][-1]:
            oldest = begins - (FLOW_SPANS - 1) * FLOW_SPAN_NS
            span = np.zeros(1, FLOW_SPAN)
            span["t_ns"] = begins
            self._flow = np.concatenate([self._flow[self._flow["t_ns"] >= oldest], span])
        row = self._flow[-1]
        row["spot"] = spot
        above = fresh["strike"] >= spot
        for right in ("call", "put"):
            traded = fresh[f"{right}_volume"] != old[f"{right}_volume"]
            for metric in FLOW_METRICS:
                column = f"{right}_{_COLUMN_OF[metric]}"
                change = np.where(traded, fresh[column] - old[column], 0.0)
                row[f"{right}s_above_{metric}"] += change[above].sum()
                row[f"{right}s_below_{metric}"] += change[~above].sum()


def _holes(state: NDArray[Any]) -> NDArray[Any]:
    """The latest times without a word of the future, the one that lasts included."""
    clock = state["clock"][0]
    ring = clock["hole"]
    total = int(state["counters"][0, Counter.HOLES])
    out = np.zeros(min(total, len(ring)), BLIND_TIME)
    held = ring[np.arange(total - len(out), total) % len(ring)]
    out["from_ns"], out["to_ns"] = held["from_ns"], held["to_ns"]
    if clock["hole_ns"]:
        out = np.append(out, np.array([(clock["hole_ns"], clock["now_ns"])], BLIND_TIME))
    return out


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
