"""Follows published snaps and says what a model is told of any level of the last one (docs/features.md)."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.features.attempt_features import ATTEMPT_FEATURES, attempt_rows
from spymaster.features.follow_snaps import follow, forget
from spymaster.features.memory import FED, LOOKED, new_memory, new_standings, new_told
from spymaster.features.memory_bytes import pack_memory, unpack_memory
from spymaster.features.phases import DECISION
from spymaster.features.surroundings import look, stand
from spymaster.market.frames import DEPTH_FEED
from spymaster.market.rows import INPUTS, LEVEL_ROW

Array = NDArray[Any]
Floats = NDArray[np.float64]

_DEPTH: Final = INPUTS.index(DEPTH_FEED)
_OF_SNAP: Final = ("t_ns", "session_date", "levels", "cvd", "microprice", "sigma_1m")
_OF_OPTIONS: Final = ("call_delta_flow", "put_delta_flow", "hedge", "iv", "charm_flow")
_WIDTH: Final = len(LEVEL_ROW.names or ())


class Snaps(Protocol):
    """Consecutive snaps and their levels: ``physics.engine.SnapBlock``, or what has these of it."""

    @property
    def snaps(self) -> Array:
        """SNAP[K]"""
        ...

    @property
    def numbers(self) -> Array:
        """float64[K, L, fields of LEVEL_ROW]"""
        ...


class FeatureFollower:
    """Follows every published snap once, in blocks of any size; the same snaps give the same rows.

    It reads what was published, and writes nothing back: no score, no signal and no hash knows of it. ``tick_points``:
    the future's tick. One thread at a time.
    """

    def __init__(self, tick_points: float) -> None:
        self._tick = tick_points
        self._memory = new_memory()
        self._told = new_told()
        self._last = np.zeros(0, FED)
        self._numbers: Floats = np.zeros((0, _WIDTH))
        self._changes_ns: list[int] = []
        self._decisions: Array = np.zeros(0, DECISION)
        self._decided: Floats = np.zeros((0, len(ATTEMPT_FEATURES)))

    def on_block(self, block: Snaps) -> None:
        """Take consecutive snaps in. Their decisions can be asked for until the next ones come."""
        fed = _fed(block.snaps)
        decisions, looked, rows = [], [], []
        first = 0
        while first < len(fed):
            self._forget_what_changed(int(fed["t_ns"][first]))
            until = self._next_change(fed, first)
            first = follow(self._memory, self._told, fed[:until], block.numbers, first, self._tick)
            done = int(self._memory.clock[0]["done"])
            if done:
                decisions.append(self._told.decisions[:done].copy())
                looked.append(self._told.looked[:done].copy())
                rows.append(self._told.rows[:done].copy())
        self._decisions = np.concatenate([np.zeros(0, DECISION), *decisions])
        self._decided = np.zeros((0, len(ATTEMPT_FEATURES)))
        if decisions:
            self._decided = attempt_rows(np.concatenate(looked), np.concatenate(rows))
        if len(fed):
            self._last = fed[-1:].copy()
            self._numbers = block.numbers[len(fed) - 1, : fed["levels"][-1]].copy()

    def decisions(self) -> Array:
        """The moments of the last block at which attempts are judged, in time: DECISION[n]."""
        return self._decisions

    def decision_rows(self) -> Floats:
        """What was known of each at its own snap: float64[n, len(ATTEMPT_FEATURES)]."""
        return self._decided

    def rows(self, places: NDArray[np.int64]) -> Floats:
        """Of levels of the last snap, by their places in it: float64[m, len(ATTEMPT_FEATURES)], NaN where not known.

        Raises IndexError for a place without a level.
        """
        places = np.asarray(places, np.int64)
        if len(places) and not 0 <= places.min() <= places.max() < len(self._numbers):
            raise IndexError(f"the last snap has {len(self._numbers)} levels and not all of {places.tolist()}")
        looked = np.zeros(len(places), LOOKED)
        if len(places):
            look(self._memory, looked, self._last[0], self._numbers, places)
        return attempt_rows(looked, self._numbers[places])

    def standings(self) -> Array:
        """Where every level of the last snap stands: STANDING[L], by place."""
        standings = new_standings(len(self._numbers))
        if len(standings):
            stand(self._memory, standings, self._last[0], self._numbers)
        return standings

    def phases(self) -> NDArray[np.int64]:
        """The phase of every level of the last snap: Phase int64[L]."""
        phases: NDArray[np.int64] = self.standings()["phase"].copy()
        return phases

    @property
    def dropped(self) -> int:
        """Times that a level found no room and was not followed; 0 unless thousands are published in a session."""
        return int(self._memory.clock[0]["dropped"])

    def forget(self, from_ns: int = 0) -> None:
        """Another contract begins: what was seen before the snap at ``from_ns`` is of another one, by default all.

        Whoever knows of the change before the last snaps of the old one were followed names that moment; may be called
        from another thread.
        """
        if from_ns:
            self._changes_ns.append(from_ns)
        else:
            forget(self._memory)

    def snapshot(self) -> bytes:
        """Everything, for ``restore``; decisions of the last block are not part of it."""
        return pack_memory(self._memory, self._last, self._numbers)

    def restore(self, snapshot: bytes) -> None:
        """Go on from there. Raises ValueError for what is no snapshot."""
        self._memory, self._last, self._numbers = unpack_memory(snapshot)
        self._decisions = np.zeros(0, DECISION)
        self._decided = np.zeros((0, len(ATTEMPT_FEATURES)))

    def _forget_what_changed(self, t_ns: int) -> None:
        while self._changes_ns and t_ns >= self._changes_ns[0]:
            self._changes_ns.pop(0)
            forget(self._memory)

    def _next_change(self, fed: Array, first: int) -> int:
        """Up to where the snaps from ``first`` on are of one contract."""
        if not self._changes_ns:
            return len(fed)
        return first + int(np.searchsorted(fed["t_ns"][first:], self._changes_ns[0]))


def _fed(snaps: Array) -> Array:
    fed = np.zeros(len(snaps), FED)
    for name in _OF_SNAP:
        fed[name] = snaps[name]
    fed["trust_depth"] = snaps["trust"][:, _DEPTH]
    options = snaps["options"]
    for name in _OF_OPTIONS:
        fed[name] = options[name]
    return fed
