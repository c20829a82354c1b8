"""What is kept of a run to make rows of: decisions at levels with what was known then, and where nothing was known."""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.market.frames import DEPTH_FEED
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import INPUTS, LEVEL_ROW, Trust
from spymaster.physics.engine import Engine, SnapBlock

Array = NDArray[Any]
Floats = NDArray[np.float64]

KNOWN: Final = ("score", "ratio", "minutes_since_open")
"""Published columns of the level at the decision that rows keep beside the features."""
GAP_NS: Final = NS_PER_S
"""Snaps further apart than this: nobody knows where price was meanwhile."""

_DEPTH: Final = INPUTS.index(DEPTH_FEED)
_NAMES: Final = LEVEL_ROW.names or ()
_PLACES: Final = np.array([_NAMES.index(name) for name in KNOWN])


class Follower(Protocol):
    """What follows snaps and says at which moments a model is asked: ``features.follower.FeatureFollower``."""

    def on_block(self, block: SnapBlock) -> None:
        """Take consecutive snaps in."""
        ...

    def decisions(self) -> Array:
        """Those of the last block: ``features.phases.DECISION``."""
        ...

    def decision_rows(self) -> Floats:
        """The features of each at its own snap."""
        ...

    def forget(self, from_ns: int = 0) -> None:
        """Another contract begins at that snap."""
        ...


class Gathered(NamedTuple):
    """Of a whole run: ``decisions`` DECISION[n] in time; ``features`` float64[n, k]; ``known`` float64[n, KNOWN];
    ``holes`` int64[m, 2]: spans in which price was not known; ``last_ns``: the last snap, 0 without any."""

    decisions: Array
    features: Floats
    known: Floats
    holes: NDArray[np.int64]
    last_ns: int


class DecisionSink:
    """Follows a run (a ``session.delivery.Sink``). ``cpu_s``: what following took of a processor, seconds."""

    def __init__(self, follower: Follower) -> None:
        self.cpu_s = 0.0
        self._follower = follower
        self._decisions: list[Array] = []
        self._features: list[Floats] = []
        self._known: list[Floats] = []
        self._holes: list[tuple[int, int]] = []
        self._last_ns = 0
        self._session_date = 0

    def on_block(self, block: SnapBlock) -> None:
        """Copy what is needed of a block."""
        begun_s = time.thread_time()
        snaps = block.snaps
        if len(snaps):
            self._follower.on_block(block)
            decisions = self._follower.decisions()
            if len(decisions) or not self._decisions:
                self._decisions.append(decisions.copy())
                self._features.append(self._follower.decision_rows().copy())
                rows = block.numbers[decisions["snap"], decisions["place"]]
                self._known.append(rows[:, _PLACES].copy())
            self._find_holes(snaps)
        self.cpu_s += time.thread_time() - begun_s

    def at_change(self, engine: Engine) -> None:
        """Before the engine begins anew with another contract: prices up to there are the other's."""
        self._follower.forget(int(engine.state["clock"][0]["next_snap_ns"]))

    def gathered(self) -> Gathered | None:
        """All of it; None for a run without a snap."""
        if not self._decisions:
            return None
        return Gathered(
            decisions=np.concatenate(self._decisions),
            features=np.concatenate(self._features),
            known=np.concatenate(self._known),
            holes=np.array(self._holes, np.int64).reshape(-1, 2),
            last_ns=self._last_ns,
        )

    def _find_holes(self, snaps: Array) -> None:
        """Spans before snaps that come late, that begin another session, or whose book is BLIND."""
        times = snaps["t_ns"]
        before = np.concatenate([[self._last_ns or times[0]], times[:-1]])
        dates = np.concatenate([[self._session_date or snaps["session_date"][0]], snaps["session_date"]])
        lost = (times - before > GAP_NS) | (np.diff(dates) != 0) | (snaps["trust"][:, _DEPTH] >= Trust.BLIND)
        self._holes += list(zip(before[lost].tolist(), times[lost].tolist(), strict=True))
        self._last_ns, self._session_date = int(times[-1]), int(dates[-1])
