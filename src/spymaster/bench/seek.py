"""Seeking in a recording that has been seen once, and what remembering it costs."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from spymaster.market.kinds import NS_PER_S
from spymaster.session.replay.cache import CachePlan
from spymaster.session.replay.session import ReplaySession
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, Frame, Phase

SEEKS: Final = 21
_SEED: Final = 3
_NEVER_NS: Final = 1 << 62
_LOOK_S: Final = 0.001


class SeekFigures(msgspec.Struct, frozen=True):
    """``seeks_s``: how long each seek to a random moment took. ``overhead``: CPU of a first pass that leaves
    checkpoints and a copy, against one that leaves nothing. ``hours``: event time of the recording."""

    seeks_s: tuple[float, ...]
    overhead: float
    hours: float


def seek_figures(plan: ReplayPlan) -> SeekFigures:
    """Play a file to its end with and without a cache, then go to random moments of it."""
    bare, bare_s = _played(plan, CachePlan(every_ns=_NEVER_NS))
    bare.stop()
    with tempfile.TemporaryDirectory() as folder:
        session, indexed_s = _played(plan, CachePlan(Path(folder)))
        try:
            end = _frame(session)
            assert end.replay is not None
            first_s, last_s = end.header.first_ns // NS_PER_S + 2, end.t_ns // NS_PER_S
            dice = random.Random(_SEED)
            seeks = tuple(_seek_s(session, dice.randrange(first_s, last_s) * NS_PER_S) for _ in range(SEEKS))
        finally:
            session.stop()
    return SeekFigures(seeks, indexed_s / bare_s, (last_s - first_s) / 3600)


def _played(plan: ReplayPlan, cache: CachePlan) -> tuple[ReplaySession, float]:
    session = ReplaySession(plan, simulated=False, speed=None, cache=cache)
    started = time.process_time()
    session.start()
    session.reached.wait()
    if session.failure:
        raise RuntimeError(session.failure)
    return session, time.process_time() - started


def _seek_s(session: ReplaySession, t_ns: int) -> float:
    started = time.perf_counter()
    number = _frame(session).number
    session.send(Command.SEEK, t_ns)
    arrived = False
    while not arrived:
        time.sleep(_LOOK_S)
        frame = _frame(session)
        arrived = frame.number > number and frame.t_ns == t_ns and frame.header.phase is Phase.PAUSED
    return time.perf_counter() - started


def _frame(session: ReplaySession) -> Frame:
    frame = session.latest()
    assert frame is not None
    return frame
