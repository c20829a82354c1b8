"""What a Session knows about its own run, and what a screen shows before anything is known. Imports nothing heavy."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NO_TICK
from spymaster.market.rows import INPUTS, LEVEL_ROW, ORDER_ROW, Trust
from spymaster.signals.frame import (
    HEAT_TICKS,
    LADDER_ROW,
    LEVEL_MARK,
    LEVEL_SECOND,
    TRADE_DOT,
    Frame,
    Header,
    HeatColumns,
    InputTrust,
    LevelHistory,
    Mode,
    Phase,
    RecordingLight,
)
from spymaster.signals.header_parts import GreeksCheck, Pace, ScoringHealth
from spymaster.signals.said.viewport import LevelsViewport


class ModelsSaid(msgspec.Struct, frozen=True):
    """What models say of the levels in view, None where none speaks to a screen, and how that is coming along."""

    viewport: LevelsViewport | None = None
    health: ScoringHealth | None = None


class RunState(msgspec.Struct, frozen=True):
    """What the Session knows about its own run and the engine does not. ``models``: what those with
    several heads say."""

    mode: Mode
    phase: Phase
    simulated: bool
    speed: float
    first_ns: int
    last_ns: int
    pace: Pace = Pace()
    message: str = ""
    progress: float = math.nan
    recording: RecordingLight = RecordingLight()
    greeks: GreeksCheck | None = None
    signal_hash: str = ""
    models: ModelsSaid = ModelsSaid()


def empty_heat() -> HeatColumns:
    """A heatmap of no columns."""
    times = np.zeros(0, np.int64)
    depth = np.zeros((0, HEAT_TICKS), np.int32)
    trades = np.zeros(0, TRADE_DOT)
    marks = np.zeros(0, LEVEL_MARK)
    for array in (times, depth, trades, marks):
        array.flags.writeable = False
    return HeatColumns(0, 0, times, times, depth, times, times, times, times, trades, marks)


def empty_book() -> NDArray[np.int64]:
    """A book without a price: to be filled, or shown as it is."""
    book = np.zeros((2, 10, 2), np.int64)
    book[:, :, 0] = NO_TICK
    return book


def empty_history(level_id: str) -> LevelHistory:
    """Nothing remembered of a level."""
    seconds = np.zeros(0, LEVEL_SECOND)
    seconds.flags.writeable = False
    return LevelHistory(level_id, seconds, ())


def waiting_frame(number: int, run: RunState, profile: str, symbol: str) -> Frame:
    """A frame before the first snap: nothing is known but what the Session is doing."""
    nan = math.nan
    header = Header(
        profile,
        symbol,
        run.mode,
        run.phase,
        run.simulated,
        run.speed,
        0,
        0,
        run.first_ns,
        run.last_ns,
        0,
        nan,
        False,
        nan,
        nan,
        nan,
        NO_TICK,
        NO_TICK,
        NO_TICK,
        nan,
        1.0,
        nan,
        nan,
        nan,
        0,
        0.0,
        0.0,
        0.0,
        0.0,
        nan,
        0,
        run.message,
        run.progress,
        run.recording,
    )
    nothing = (
        empty_book(),
        np.zeros(0, LADDER_ROW),
        np.zeros(0, LEVEL_ROW),
        np.zeros(0, ORDER_ROW),
    )
    for array in nothing:
        array.flags.writeable = False
    return Frame(
        number=number,
        t_ns=0,
        header=header,
        book=nothing[0],
        ladder=nothing[1],
        levels=nothing[2],
        level_views=(),
        trust=tuple(InputTrust(name, Trust.ABSENT.name, "", None) for name in INPUTS),
        alerts=(),
        orders=nothing[3],
        heat=empty_heat(),
    )
