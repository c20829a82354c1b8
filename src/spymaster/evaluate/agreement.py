"""How well an engine's barrier states agree with the latent truth of a simulated recording (docs/physics.md 7.4).

The true state is the column ``state`` of ``truth/states``: what the orders in the zone did. Its ``mechanism_on`` says
when a mechanism acts, and so bounds the episodes by which delays are measured; it changes no state by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState, Signal
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.latent import BUCKET_NS

Rows = NDArray[Any]
Counts = NDArray[np.int64]

AFTER_NS: Final = 30 * NS_PER_S
"""A signal this long after a mechanism ceased still counts as following from it."""

STATES: Final = tuple(state for state in BarrierState if state is not BarrierState.MISSING)
SIGNALS: Final = (Signal.BREAK, Signal.REJECT, Signal.CONTESTED)
MATCHING: Final[Mapping[LevelKind, BarrierState]] = MappingProxyType(
    {
        LevelKind.VACUUM: BarrierState.VACUUM,
        LevelKind.WALL: BarrierState.WALL,
        LevelKind.ABSORPTION: BarrierState.ABSORPTION,
        LevelKind.CONSUMED: BarrierState.CONSUMED,
    }
)
"""The state by which a mechanism is found; the other kinds are no state of a barrier."""
FOLLOWED: Final = (LevelKind.VACUUM, LevelKind.WALL, LevelKind.PLACEBO)

SAID: Final = np.dtype([("t_ns", "<i8"), ("price_e9", "<i8"), ("side", "<i8"), ("state", "<i8")])
"""What the engine published of a watched level at a snap: price of the future, side of the defenders, BarrierState."""
RAISED: Final = np.dtype([("t_ns", "<i8"), ("price_e9", "<i8"), ("side", "<i8"), ("signal", "<i8")])
"""A signal the engine raised at a watched level."""
TRUE_STATE: Final = np.dtype(
    [("ts_ns", "<i8"), ("level", "<i8"), ("state", "<i8"), ("mechanism_on", "<i8"), ("filled", "<i8")]
)
PLANTED_LEVEL: Final = np.dtype([("level", "<i8"), ("kind", "<i8"), ("side", "<i8"), ("price_e9", "<i8")])
EPISODE: Final = np.dtype([("level", "<i8"), ("on_ns", "<i8"), ("off_ns", "<i8")])
"""A span in which a level's mechanism was at work, see ``joined``; one that never ceased ends with the session."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A recording's truth: ``PLANTED_LEVEL``, ``TRUE_STATE`` and ``EPISODE`` rows, and how long the session was."""

    levels: Rows
    states: Rows
    episodes: Rows
    length_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An episode of a mechanism that has a matching state.

    ``delay_ns``: None when the state was not said in it. ``after_fill_ns``: how long after the first fill in the zone
    it was said, 0 when before; None when it was not, or nothing was filled (``hit`` is False then): a wall is idle
    until it is hit. ``visible``: the engine could judge the zone at some snap of it; ``true``: the latent flows made
    the matching state at some snap of it; ``already``: it was said at the snap before, so that its delay tells nothing.
    """

    kind: LevelKind
    delay_ns: int | None
    after_fill_ns: int | None
    visible: bool
    true: bool
    already: bool
    hit: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one recording or several together show; counts only, so that recordings can be added up.

    ``confusion``, ``placebo``: int64[6, 6], true state by said state. ``raised``: int64[3] by ``SIGNALS``.
    ``followed``: int64[3, 3] by ``FOLLOWED``: episodes, those followed by BREAK, those followed by REJECT.
    """

    recordings: int = 0
    length_ns: int = 0
    levels: int = 0
    placebo_levels: int = 0
    confusion: Counts = field(default_factory=lambda: np.zeros((6, 6), np.int64))
    placebo: Counts = field(default_factory=lambda: np.zeros((6, 6), np.int64))
    mechanism_on: int = 0
    missing: int = 0
    other_side: int = 0
    unpublished: int = 0
    unknown: int = 0
    found: tuple[Found, ...] = ()
    raised: Counts = field(default_factory=lambda: np.zeros(3, np.int64))
    followed: Counts = field(default_factory=lambda: np.zeros((3, 3), np.int64))

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def joined(spans: Rows) -> Rows:
    """``EPISODE`` rows of single spans, those of a level no more than ``AFTER_NS`` apart made one.

    A mechanism flickers while price trembles at the distance that sets it off; counted singly, its spans would each
    claim the same signal.
    """
    episodes: list[Rows] = []
    for span in np.sort(spans, order=["level", "on_ns"]):
        last = episodes[-1] if episodes else None
        if last is not None and last["level"] == span["level"] and span["on_ns"] - last["off_ns"] <= AFTER_NS:
            last["off_ns"] = max(last["off_ns"], span["off_ns"])
        else:
            episodes.append(span.copy())
    return np.array(episodes, EPISODE)


def score_agreement(truth: Truth, said: Rows, raised: Rows) -> Evidence:
    """Compare what an engine published (``SAID``, ``RAISED``) with the truth at the same snaps.

    Left out and counted: snaps at which the engine says MISSING, judges the other side than the level's defenders
    (price is beyond it), or does not publish the level; and rows at planted prices at snaps without a true state.
    """
    total = Evidence(
        recordings=1,
        length_ns=truth.length_ns,
        unknown=_without_truth(truth, said),
        raised=np.array([np.count_nonzero(raised["signal"] == signal) for signal in SIGNALS], np.int64),
    )
    for level in truth.levels:
        episodes = truth.episodes[truth.episodes["level"] == level["level"]]
        states = truth.states[truth.states["level"] == level["level"]]
        own = said[said["price_e9"] == level["price_e9"]]
        signals = raised[(raised["price_e9"] == level["price_e9"]) & (raised["side"] == level["side"])]
        total += _of_states(level, states, own) + Evidence(found=tuple(found_episodes(level, states, own, episodes)))
        total += Evidence(followed=_of_signals(level, signals, episodes))
    return total


def _without_truth(truth: Truth, said: Rows) -> int:
    unknown = 0
    for price in np.unique(truth.levels["price_e9"]):
        numbers = truth.levels["level"][truth.levels["price_e9"] == price]
        known = truth.states["ts_ns"][np.isin(truth.states["level"], numbers)]
        unknown += int(np.count_nonzero(~np.isin(said["t_ns"][said["price_e9"] == price], known)))
    return unknown


def _of_states(level: Rows, states: Rows, own: Rows) -> Evidence:
    """The agreement at one planted level."""
    _, at_truth, at_said = np.intersect1d(states["ts_ns"], own["t_ns"], assume_unique=True, return_indices=True)
    true, said = states[at_truth], own[at_said]
    missing = said["state"] == BarrierState.MISSING
    other = ~missing & (said["side"] != level["side"])
    judged = ~missing & ~other
    confusion = np.zeros((6, 6), np.int64)
    np.add.at(confusion, (true["state"][judged], said["state"][judged]), 1)
    is_placebo = level["kind"] == LevelKind.PLACEBO
    return Evidence(
        levels=1,
        placebo_levels=int(is_placebo),
        confusion=confusion,
        placebo=confusion if is_placebo else np.zeros_like(confusion),
        mechanism_on=int(np.count_nonzero(true["mechanism_on"][judged])),
        missing=int(np.count_nonzero(missing)),
        other_side=int(np.count_nonzero(other)),
        unpublished=len(states) - len(true),
    )


def found_episodes(level: Rows, states: Rows, own: Rows, episodes: Rows) -> list[Found]:
    """When the engine saw each episode of a mechanism, counted from its start or from when the zone came into sight."""
    kind = LevelKind(int(level["kind"]))
    if kind not in MATCHING:
        return []
    wanted = MATCHING[kind]
    seen = own[(own["side"] == level["side"]) & (own["state"] != BarrierState.MISSING)]
    found = []
    for episode in episodes:
        within = seen[_during(seen["t_ns"], episode)]
        match = within["t_ns"][within["state"] == wanted]
        delay = None
        if len(match):
            in_sight = int(within["t_ns"][0])
            start = int(episode["on_ns"]) if in_sight - episode["on_ns"] <= BUCKET_NS else in_sight
            delay = int(match[0]) - start
        before = seen[seen["t_ns"] <= episode["on_ns"]][-1:]
        true = states["state"][_during(states["ts_ns"], episode)]
        already = bool(
            len(before) and before["state"][0] == wanted and episode["on_ns"] - before["t_ns"][0] < BUCKET_NS
        )
        hit = states["ts_ns"][_during(states["ts_ns"], episode) & (states["filled"] > 0)]
        after_fill = max(int(match[0]) - int(hit[0]), 0) if len(match) and len(hit) else None
        found.append(
            Found(kind, delay, after_fill, len(within) > 0, bool((true == wanted).any()), already, len(hit) > 0)
        )
    return found


def _during(t_ns: Counts, episode: Rows) -> NDArray[np.bool_]:
    """Snaps whose bucket has a part of the episode in it."""
    inside: NDArray[np.bool_] = (t_ns > episode["on_ns"]) & (t_ns - BUCKET_NS < episode["off_ns"])
    return inside


def _of_signals(level: Rows, signals: Rows, episodes: Rows) -> Counts:
    """How many episodes were followed by a BREAK, and by a REJECT, while on or soon after."""
    counts = np.zeros((3, 3), np.int64)
    kind = LevelKind(int(level["kind"]))
    if kind in FOLLOWED:
        row = counts[FOLLOWED.index(kind)]
        for episode in episodes:
            after = (signals["t_ns"] > episode["on_ns"]) & (signals["t_ns"] <= episode["off_ns"] + AFTER_NS)
            row += [1, *((signals["signal"][after] == s).any() for s in (Signal.BREAK, Signal.REJECT))]
    return counts


def pool(parts: Sequence[Evidence]) -> Evidence:
    """Several recordings as one."""
    return sum(parts, Evidence())
