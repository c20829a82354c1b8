"""What a program is told of a frame: names, plain sentences, numbers, and null for what is missing.

Prices and distances are in the profile's unit. Times are ISO 8601, UTC.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np

from spymaster.errors import UserError
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.signals.blocks import LEVEL_NAMES
from spymaster.signals.frame import AlertView, Frame
from spymaster.signals.parts import level_of, neighbours
from spymaster.signals.structs import LevelSignal

NOT_MEASURED: Final = "The predictive value of scores and signals is not measured; nothing here is advice."
_UNNAMED: Final = "USER"


@dataclass(frozen=True)
class Input:
    """One input: GREEN, DEGRADED, BLIND or ABSENT, and why."""

    name: str
    state: str
    reason: str


@dataclass(frozen=True)
class SessionAnswer:
    """How the session stands. ``age_s``: since it last answered; ``lost``: why there is no connection, else empty."""

    mode: str
    phase: str
    simulated: bool
    profile: str
    symbol: str
    time: str
    spot: float | None
    in_signal_window: bool
    inputs: list[Input]
    recording: str
    message: str
    age_s: float | None
    lost: str
    note: str


@dataclass(frozen=True)
class LevelAnswer:
    """One level in a line. ``score``: 0 certain to hold, 100 certain to break, null where nothing can be said."""

    id: str
    price: float
    kind: str
    direction: str
    distance: float
    barrier: str
    score: float | None
    signal: str
    confidence: str
    sentence: str


@dataclass(frozen=True)
class AlertAnswer:
    """One alert. ``outcome``: what became of it, in words, empty while that is not known."""

    id: str
    raised: str
    resolved: str | None
    level: str
    price: float
    signal: str
    direction: str
    raised_score: float | None
    peak_score: float | None
    confidence: str
    reason: str
    in_signal_window: bool
    outcome: str


def session_answer(frame: Frame, age_s: float | None, lost: str) -> SessionAnswer:
    """The header of a frame."""
    header = frame.header
    recording = header.recording
    words = f"NOT RECORDING: {recording.fault}" if recording.fault else "on" if recording.is_on else "off"
    return SessionAnswer(
        mode=header.mode.value,
        phase=header.phase.value,
        simulated=header.simulated,
        profile=header.profile,
        symbol=header.symbol,
        time=time_of(header.t_ns) if header.t_ns else "",
        spot=_number(header.spot),
        in_signal_window=header.in_window,
        inputs=[Input(trust.name, trust.state, trust.reason) for trust in frame.trust],
        recording=words,
        message=header.message,
        age_s=age_s,
        lost=lost,
        note=NOT_MEASURED,
    )


def level_answers(frame: Frame, most: int) -> list[LevelAnswer]:
    """The levels, the nearest first."""
    return [
        LevelAnswer(
            id=level.id,
            price=level.price,
            kind=level.kind,
            direction=level.direction,
            distance=level.distance,
            barrier=level.barrier.state,
            score=level.break_score_smooth,
            signal=level.signal,
            confidence=level.confidence,
            sentence=level.note,
        )
        for level in _levels(frame, most)
    ]


def why_answer(frame: Frame, level_id: str) -> dict[str, Any]:
    """Everything that is published of one level, the sentence (``note``) and what the score is made of among it.

    Raises UserError for a level that there is not.
    """
    found = {level.id: level for level in _levels(frame, len(frame.levels))}
    level = found.get(level_id) or {name.upper(): each for name, each in found.items()}.get(level_id.strip().upper())
    if level is None:
        there = ", ".join(found) or "none"
        raise UserError(level_id, "no such level is published now", f"the levels are {there}")
    told: dict[str, Any] = msgspec.to_builtins(level)
    return {"time": time_of(frame.t_ns), **told}


def alert_answers(frame: Frame, most: int, *, told: bool = False) -> list[AlertAnswer]:
    """The latest alerts, the newest first. ``told``: only those of which it is known what became of them."""
    wanted = [alert for alert in frame.alerts if alert.outcome or not told]
    wanted.sort(key=lambda alert: alert.t_ns, reverse=True)
    return [_alert(alert) for alert in wanted[:most]]


def time_of(t_ns: int) -> str:
    """A time in UTC to the millisecond."""
    moment = datetime.fromtimestamp(t_ns // NS_PER_S, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{t_ns % NS_PER_S // 1_000_000:03}Z"


def _alert(alert: AlertView) -> AlertAnswer:
    return AlertAnswer(
        id=alert.id,
        raised=time_of(alert.t_ns),
        resolved=None if alert.resolved_ns is None else time_of(alert.resolved_ns),
        level=alert.level_id,
        price=alert.price,
        signal=alert.signal,
        direction="RESISTANCE" if alert.direction > 0 else "SUPPORT",
        raised_score=_number(alert.score),
        peak_score=_number(alert.peak_score),
        confidence=alert.confidence,
        reason=alert.reason,
        in_signal_window=alert.in_window,
        outcome=alert.outcome,
    )


def _levels(frame: Frame, most: int) -> list[LevelSignal]:
    """Levels as they are published."""
    names = _user_ids(frame)
    ids = [view.id for view in frame.level_views]
    prices = np.asarray(frame.levels["price"], np.float64)
    found = []
    for place, values in enumerate(frame.levels[:most].tolist()):
        row = dict(zip(LEVEL_NAMES, values, strict=True))
        found.append(level_of(row, names, neighbours(prices, ids, place, int(row["confluence_count"]))))
    return found


def _user_ids(frame: Frame) -> list[str]:
    """The user's names of levels by their places in the configuration, as far as the frame shows them."""
    places: dict[int, str] = {}
    for row, view in zip(frame.levels, frame.level_views, strict=True):
        if int(row["kind"]) == LevelKind.USER:
            places[int(row["user_index"])] = view.id
        if row["runway_user_index"] >= 0:
            places.setdefault(int(row["runway_user_index"]), _UNNAMED)
    return [places.get(place, _UNNAMED) for place in range(max(places, default=-1) + 1)]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
