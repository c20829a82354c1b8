"""What became of signals and of planted episodes: right or wrong afterwards, and what was said before it was over.

An alert is right when its own outcome comes first: two points beyond the level for a BREAK, two in front of it for a
REJECT, within 240 s. What the market did from every other snap at the same distance and volatility is counted too, for
signals are only worth what they add to that.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.mid_path import HALF_TICKS_PER_POINT, HORIZON, OUTCOME, UNRESOLVED, MidPath
from spymaster.evaluate.watch import RAISED
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import Signal
from spymaster.sim.level_kinds import LevelKind

Rows = NDArray[Any]
Ints = NDArray[np.int64]

JUDGED_KINDS: Final = (
    LevelKind.VACUUM,
    LevelKind.CONSUMED,
    LevelKind.WALL,
    LevelKind.ABSORPTION,
    LevelKind.PLACEBO,
    LevelKind.SPOOF,
    LevelKind.FAKEOUT,
)
DISTANCES: Final = 2 * OUTCOME - 1
"""Distances past a level, half ticks from two points in front to two beyond, ends left out."""
VOLATILITIES: Final = 12
"""Classes of volatility, each sqrt 2 wide, the first up to 0.2 points per root minute."""
_SAME_LEVEL: Final = 2
"""Ticks: a signal this near to a planted price is a signal at it."""
_AFTER_NS: Final = 30 * NS_PER_S
_TOUCH: Final = HALF_TICKS_PER_POINT
"""A touch: the mid within half a zone and two ticks of the level, one point."""
_LEAST_SIGMA: Final = 0.2


class AlertRecord(msgspec.Struct, frozen=True):
    """A signal: ``past`` half ticks past its level and the class of ``volatility`` when it was raised.

    ``right``: None where neither outcome came in time, or price was two points away already (``late``). ``after_s``:
    until the outcome. ``planted``: the kind of a mechanism at work there within the last 30 s, "" for none.
    """

    signal: str
    planted: str
    past: int
    volatility: int
    right: bool | None
    late: bool
    after_s: float | None


class EpisodeRecord(msgspec.Struct, frozen=True):
    """A planted mechanism at work, and what signals came of it.

    ``broke``: the mid went two points through within 240 s of the beginning, and not first two points further back than
    it then was; ``travel_s``: how long that took. ``touched``: the mid came within a point, while it worked or within
    30 s. ``breaks``, ``rejects``: seconds from the beginning to each, by the rule that raised it, until 30 s after the
    end.
    """

    kind: str
    broke: bool
    touched: bool
    travel_s: float | None
    breaks: dict[str, tuple[float, ...]]
    rejects: dict[str, tuple[float, ...]]


class BaseCounts(msgspec.Struct, frozen=True):
    """Of all snaps near watched levels, by [volatility][distance]: (ended two points beyond, ended at all)."""

    beyond: list[list[int]]
    ended: list[list[int]]


def volatility_class(sigma: NDArray[np.float64]) -> Ints:
    """0 to ``VOLATILITIES`` - 1."""
    steps = np.ceil(2.0 * np.log2(np.maximum(sigma, 1e-9) / _LEAST_SIGMA))
    return np.clip(steps, 0, VOLATILITIES - 1).astype(np.int64)


def count_base(path: MidPath, ticks: list[int]) -> BaseCounts:
    """What became of price from every snap within two points of watched prices."""
    beyond, ended = (np.zeros((VOLATILITIES, DISTANCES), np.int64) for _ in range(2))
    classes = volatility_class(path.sigma)
    for tick in ticks:
        sides = path.defenders(tick)
        past, first = path.past(tick, sides), path.first_of(tick) * (2 * sides - 1)
        counts = (abs(past) < OUTCOME) & (first != UNRESOLVED)
        cells = (classes[counts], past[counts] + OUTCOME - 1)
        np.add.at(ended, cells, 1)
        np.add.at(beyond, tuple(cell[first[counts] > 0] for cell in cells), 1)
    return BaseCounts(beyond.tolist(), ended.tolist())


def judge_alerts(path: MidPath, raised: Rows, levels: Rows, episodes: Rows) -> list[AlertRecord]:
    """``raised``: ``watch.RAISED``; ``levels``: ``near_states.LEVEL``; ``episodes``: ``agreement.EPISODE``."""
    found = []
    classes = volatility_class(path.sigma)
    for alert in raised:
        row = int(path.rows(alert["t_ns"][None])[0])
        tick, side = int(alert["tick"]), int(alert["side"])
        past = int(path.past(tick, side)[row])
        first = _first_after(path, tick, side, row)
        late = abs(past) >= OUTCOME
        towards = 1 if alert["signal"] == Signal.BREAK else -1
        found.append(
            AlertRecord(
                signal=Signal(int(alert["signal"])).name,
                planted=_planted_at(alert, levels, episodes),
                past=past,
                volatility=int(classes[row]),
                right=None if late or first is None else first[0] == towards,
                late=late,
                after_s=None if late or first is None else first[1],
            )
        )
    return found


def _first_after(path: MidPath, tick: int, side: int, row: int) -> tuple[int, float] | None:
    """+1 beyond or -1 in front, whichever the mid reaches first after a row, and in how many seconds."""
    ahead = path.past(tick, side)[row + 1 : row + 1 + HORIZON]
    there = np.flatnonzero(abs(ahead) >= OUTCOME)
    if not len(there):
        return None
    k = int(there[0])
    return int(np.sign(ahead[k])), float(path.times[row + 1 + k] - path.times[row]) / NS_PER_S


def _planted_at(alert: Rows, levels: Rows, episodes: Rows) -> str:
    for level in levels[(abs(levels["tick"] - alert["tick"]) <= _SAME_LEVEL) & (levels["side"] == alert["side"])]:
        own = episodes[episodes["level"] == level["level"]]
        if ((own["on_ns"] < alert["t_ns"]) & (alert["t_ns"] <= own["off_ns"] + _AFTER_NS)).any():
            return LevelKind(int(level["kind"])).name
    return ""


def judge_episodes(path: MidPath, raised: dict[str, Rows], levels: Rows, episodes: Rows) -> list[EpisodeRecord]:
    """Each episode of a kind that is judged, with the signals of each rule."""
    found = []
    for episode in episodes:
        [level] = levels[levels["level"] == episode["level"]]
        kind = LevelKind(int(level["kind"]))
        if kind not in JUDGED_KINDS:
            continue
        first, last = (int(row) for row in path.rows(np.array([episode["on_ns"], episode["off_ns"] + _AFTER_NS])))
        past = path.past(int(level["tick"]), int(level["side"]))
        travel = _travel(past, first)
        marks = {
            signal: {
                rule: tuple(
                    round(float(t_ns - episode["on_ns"]) / NS_PER_S, 3)
                    for t_ns in _at_level(rows, signal, level, int(episode["on_ns"]), int(episode["off_ns"]))
                )
                for rule, rows in raised.items()
            }
            for signal in (Signal.BREAK, Signal.REJECT)
        }
        travel_s = None if travel is None else float(path.times[travel] - episode["on_ns"]) / NS_PER_S
        touched = bool((abs(past[first : last + 1]) <= _TOUCH).any())
        found.append(
            EpisodeRecord(kind.name, travel is not None, touched, travel_s, marks[Signal.BREAK], marks[Signal.REJECT])
        )
    return found


def _travel(past: Ints, first: int) -> int | None:
    """The row at which the mid is two points through, None when it goes two points back first or takes too long."""
    ahead = past[first + 1 : first + 1 + HORIZON]
    back = min(int(past[first]), 0) - OUTCOME
    ends = np.flatnonzero((ahead >= OUTCOME) | (ahead <= back))
    if not len(ends) or ahead[ends[0]] < OUTCOME:
        return None
    return first + 1 + int(ends[0])


def _at_level(raised: Rows, signal: Signal, level: Rows, on_ns: int, off_ns: int) -> list[int]:
    """When a rule raised a signal at a level while its mechanism worked, or soon after."""
    here = (abs(raised["tick"] - level["tick"]) <= _SAME_LEVEL) & (raised["side"] == level["side"])
    then = (raised["t_ns"] > on_ns) & (raised["t_ns"] <= off_ns + _AFTER_NS)
    times: list[int] = raised["t_ns"][here & then & (raised["signal"] == signal)].tolist()
    return times


def distance_rule(path: MidPath, ticks: list[int]) -> Rows:
    """Signals from distance alone: after each approach BREAK once price is half a point through, REJECT once it is a
    point back from where it touched; the first of the two."""
    return _rule(path, ticks, through=HALF_TICKS_PER_POINT // 2, back=HALF_TICKS_PER_POINT)


def always_reject(path: MidPath, ticks: list[int]) -> Rows:
    """REJECT each time price has come within half a zone of a level."""
    return _rule(path, ticks, through=None, back=None)


def _rule(path: MidPath, ticks: list[int], through: int | None, back: int | None) -> Rows:
    rows = []
    arm = np.maximum(1.0, 0.75 * path.sigma) * HALF_TICKS_PER_POINT
    for tick in ticks:
        sides = path.defenders(tick)
        past = path.past(tick, sides)
        away = past <= -arm
        touches = abs(past) <= (_TOUCH // 2 if through is None else 1)
        k, n = 0, len(past)
        armed_rows, touch_rows = np.flatnonzero(away), np.flatnonzero(touches)
        while True:
            a = np.searchsorted(armed_rows, k)
            if a == len(armed_rows):
                break
            t = np.searchsorted(touch_rows, armed_rows[a])
            if t == len(touch_rows):
                break
            k = int(touch_rows[t])
            if through is None or back is None:
                rows.append((path.times[k], tick, sides[k], Signal.REJECT, 1))
                k += 1
                continue
            past_here = path.past(tick, int(sides[k]))[k : k + HORIZON]
            ends = np.flatnonzero((past_here >= through) | (past_here <= -back))
            if len(ends):
                signal = Signal.BREAK if past_here[ends[0]] >= through else Signal.REJECT
                rows.append((path.times[k + int(ends[0])], tick, sides[k], signal, 1))
            k = min(k + 1 + (int(ends[0]) if len(ends) else 0), n)
    found = np.array(rows, RAISED)
    return found[np.argsort(found["t_ns"], kind="stable")]
