"""Every level published at a moment of a source: the engine run up to it without a screen."""

from __future__ import annotations

import datetime as dt
import math
from contextlib import closing
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.config.profiles import Profile
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind, level_id
from spymaster.market.sessions import SESSION, et_stamp, session_at
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.levels.reasons import Moment, why_unpublished
from spymaster.session.sources.replay_source import ReplaySource, SourceSummary
from spymaster.signals.words import DIRECTION_WORDS, KIND_WORDS, SIGNAL_WORDS, STATE_WORDS, DirectionWord


class ListedLevel(msgspec.Struct, frozen=True):
    """One published level. Prices in the profile's unit; ``distance`` from the spot, never negative.

    ``valid_from``: UTC, null where the engine does not say. ``dynamic``: it moves with the market; ``held``: and is
    held still at the moment, while ``running_price`` is where it would be. ``score``: 0 to 100, null where the level is
    not judged.
    """

    id: str
    kind: str
    price: float
    distance: float
    direction: DirectionWord
    valid_from: str | None
    dynamic: bool | None
    held: bool
    running_price: float
    state: str
    signal: str
    score: float | None


class UnpublishedKind(msgspec.Struct, frozen=True):
    """A kind that is watched but has no level at the moment, and why."""

    kind: str
    reason: str


class LevelListing(msgspec.Struct, frozen=True):
    """The levels at the last snap not after the moment asked for, the highest price first.

    ``at_end``: the source ended with that snap.
    """

    profile: str
    symbol: str
    t_ns: int
    time_et: str
    spot: float | None
    bars_before: int
    levels: tuple[ListedLevel, ...]
    unpublished: tuple[UnpublishedKind, ...]
    problems: tuple[str, ...]
    at_end: bool


def list_levels(source: ReplaySource, profile: Profile, until_ns: int | None = None) -> LevelListing | None:
    """Run a source to a moment (its end by default) and list what is published then; None before the first snap."""
    last = _LastSnap(until_ns)
    _run(source, last)
    standing, config = last.standing, last.config
    if last.snap is None or standing is None or config is None:
        return None
    ids = tuple(level.id for level in config.user_levels)
    levels = sorted((_listed(row, ids) for row in last.rows), key=lambda level: (-level.price, level.id))
    t_ns = int(last.snap["t_ns"])
    spot = float(last.snap["spot"])
    moment = Moment(
        t_ns=t_ns,
        begins_ns=standing.begins_ns,
        session=session_at(np.frombuffer(config.sessions, SESSION), t_ns),
        profile=profile,
        bars=standing.bars,
        has_options=standing.has_options,
        published=len(levels),
        follows=standing.follows,
    )
    there = {level.kind for level in levels}
    missing = [kind for kind in sorted({LevelKind[name] for name in profile.level_kinds}) if kind.name not in there]
    return LevelListing(
        profile=profile.name,
        symbol=standing.instrument.symbol,
        t_ns=t_ns,
        time_et=et_stamp(t_ns),
        spot=spot if math.isfinite(spot) else None,
        bars_before=len(standing.bars),
        levels=tuple(levels),
        unpublished=tuple(UnpublishedKind(kind.name, why_unpublished(kind, moment)) for kind in missing),
        problems=source.problems,
        at_end=not last.passed,
    )


class _LastSnap:
    """Keeps a copy of the last snap that is not after a moment."""

    def __init__(self, until_ns: int | None) -> None:
        self._until_ns = until_ns
        self.snap: Any = None
        self.rows: NDArray[Any] = np.zeros(0)
        self.passed = False
        self.standing: SourceSummary | None = None
        self.config: ConfigFrame | None = None

    def on_block(self, block: SnapBlock, source: ReplaySource, config: ConfigFrame | None) -> None:
        """Look at the snaps of a block; ``config``: the one they were made under."""
        times = block.snaps["t_ns"]
        wanted = len(times) if self._until_ns is None else int(np.searchsorted(times, self._until_ns, side="right"))
        self.passed = wanted < len(times)
        if wanted:
            self.standing, self.config = source.standing, config
            self.snap = block.snaps[wanted - 1].copy()
            self.rows = block.rows[wanted - 1, : int(self.snap["levels"])].copy()


def _run(source: ReplaySource, last: _LastSnap) -> None:
    engine = Engine()
    try:
        with closing(source.frames()) as frames:
            for frame in frames:
                for block in engine.feed(frame):
                    last.on_block(block, source, engine.config)
                if last.passed:
                    return
            for block in engine.finish():
                last.on_block(block, source, engine.config)
    finally:
        source.close()


def _listed(row: Any, user_ids: tuple[str, ...]) -> ListedLevel:
    kind, price = int(row["kind"]), float(row["price"])
    since_s, moves = float(row["valid_from_s"]), float(row["dynamic"])
    score = float(row["score"])
    since = math.isfinite(since_s) and since_s > 0
    return ListedLevel(
        id=level_id(kind, price, int(row["user_index"]), user_ids),
        kind=KIND_WORDS[kind],
        price=price,
        distance=float(row["distance"]),
        direction=DIRECTION_WORDS[int(row["direction"])],
        valid_from=_utc(round(since_s * NS_PER_S)) if since else None,
        dynamic=None if math.isnan(moves) else moves != 0.0,
        held=float(row["held"]) == 1.0,
        running_price=float(row["running_price"]),
        state=STATE_WORDS[int(row["barrier_state"])],
        signal=SIGNAL_WORDS[int(row["signal"])],
        score=None if math.isnan(score) else score,
    )


def _utc(ns: int) -> str:
    return f"{dt.datetime.fromtimestamp(ns // NS_PER_S, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
