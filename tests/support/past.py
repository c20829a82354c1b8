"""What a Session would remember of the scene: one level's last minutes and the session's two-minute bars."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import ProfilePart
from spymaster.market.rows import BarrierState, Signal
from spymaster.signals.chart.bars import BLIND_TIME, CHART_BAR, PROFILE_ROW, Chart
from spymaster.signals.chart.flow import FLOW_GROUPS, FLOW_SPAN, FLOW_SPAN_NS
from spymaster.signals.frame import LEVEL_SECOND, LevelHistory, TouchView
from tests.support.heat_scene import T0

_STORY: Final = (
    # seconds before now, state, score at its end, depth at its end
    (300, BarrierState.NEUTRAL, 48.0, 640.0),
    (95, BarrierState.NEUTRAL, 46.0, 660.0),
    (70, BarrierState.WALL, 30.0, 1020.0),
    (42, BarrierState.ABSORPTION, 18.0, 800.0),
    (32, BarrierState.NEUTRAL, 46.0, 720.0),
    (25, BarrierState.WEAK, 57.0, 700.0),
    (0, BarrierState.VACUUM, 84.0, 58.0),
)

TOUCHES: Final = (
    TouchView(T0 - 4241 * NS_PER_S, T0 - 4111 * NS_PER_S, -1, -0.02, "REJECT", 14.0, 1_240.0),
    TouchView(T0 - 1074 * NS_PER_S, T0 - 1026 * NS_PER_S, -1, 0.25, "BREAK", 82.0, 318.0),
    TouchView(T0 - 3 * NS_PER_S, None, -1, 0.04, "BREAK", 84.0, 24.0),
)


def level_seconds(count: int = 300) -> NDArray[Any]:
    """A level that was stacked, hit, and then left by its defenders."""
    rows = np.zeros(count, LEVEL_SECOND)
    back = np.arange(count)[::-1]
    rows["t_ns"] = T0 - back * NS_PER_S
    ends = np.array([at for at, *_ in _STORY][::-1])
    rows["score"] = np.interp(back, ends, [score for _, _, score, _ in _STORY][::-1]) + 2 * np.sin(back * 1.7)
    rows["depth"] = np.interp(back, ends, [depth for *_, depth in _STORY][::-1])
    states = [int(state) for _, state, *_ in _STORY]
    rows["state"] = [states[next(k for k, (at, *_) in enumerate(_STORY) if each >= at)] for each in back.tolist()]
    rows["signal"] = np.where(rows["score"] > 80, Signal.BREAK, Signal.NEUTRAL)
    rows["confidence"] = 0.5 + 0.4 * np.sin(back / 19.0)
    rows["x"] = np.round(np.where(back > 8, 0.18 + 0.12 * np.sin(back / 11.0), 0.06 - 0.1 * (back < 4)), 2)
    rows["added"] = 12 + 10 * np.abs(np.sin(back * 1.3)) + np.where((back > 40) & (back < 70), 45, 0)
    rows["pulled"] = 8 + 9 * np.abs(np.sin(back * 2.1)) + np.where(back < 22, 90, 0)
    rows["filled"] = np.where((back > 32) & (back < 50) & (back % 3 == 0), 24.0, 0.0)
    return rows


def level_history(
    level_id: str = "STRIKE_687", count: int = 300, touches: tuple[TouchView, ...] = TOUCHES
) -> LevelHistory:
    """The memory of one level."""
    return LevelHistory(level_id, level_seconds(count), touches)


def out_of_sight(rows: NDArray[Any], first: int, end: int) -> NDArray[Any]:
    """The seconds with some of them not judged."""
    rows = rows.copy()
    for name in ("score", "depth", "added", "pulled", "filled", "confidence"):
        rows[name][first:end] = math.nan
    rows["state"][first:end] = BarrierState.MISSING
    return rows


def bars(count: int = 92, seed: int = 3) -> NDArray[Any]:
    """Minutes of SPY that end with the one still being formed at 687.12."""
    dice = np.random.default_rng(seed)
    out = np.zeros(count, CHART_BAR)
    if not count:
        return out
    steps = dice.normal(0.0, 0.065, count)
    close = 687.12 + np.cumsum(steps)[::-1] - np.cumsum(steps)[0]
    close += 687.12 - close[-1]
    out["close"] = close
    out["open"] = np.concatenate([[close[0] + 0.05], close[:-1]])
    out["high"] = np.maximum(out["open"], close) + np.abs(dice.normal(0, 0.035, count))
    out["low"] = np.minimum(out["open"], close) - np.abs(dice.normal(0, 0.035, count))
    out["volume"] = np.round(np.exp(dice.normal(7.5, 0.5, count)))
    first = T0 - T0 % (60 * NS_PER_S) - (count - 1) * 60 * NS_PER_S
    out["t_ns"] = first + np.arange(count) * 60 * NS_PER_S
    out["vwap"] = np.cumsum(close * out["volume"]) / np.cumsum(out["volume"])
    out["sma_200"] = 686.92 + 0.001 * (np.arange(count) - count)
    out["sma_400"] = math.nan if count < 20 else 686.6
    return out


def profile(low: float = 686.2, high: float = 687.9) -> NDArray[Any]:
    """A session's volume by price, a row every five cents, most of it at 687.00 and 70 % from 686.70 to 687.25."""
    prices = np.arange(round(low * 20), round(high * 20) + 1) / 20
    out = np.zeros(len(prices), PROFILE_ROW)
    out["price"] = prices
    out["volume"] = np.round(9000 * np.exp(-(((prices - 687.0) / 0.32) ** 2)) + 900 * np.cos(prices * 31) ** 2)
    out["part"] = np.where((prices > 686.67) & (prices < 687.28), ProfilePart.VALUE_AREA, ProfilePart.REST)
    out["part"][np.abs(prices - 687.0) < 0.01] = ProfilePart.POINT_OF_CONTROL
    return out


def flow(spans: int = 480, seed: int = 4) -> NDArray[Any]:
    """Forty minutes of option trades: calls above spot bought more and more, puts below bought and then sold."""
    dice = np.random.default_rng(seed)
    out = np.zeros(spans, FLOW_SPAN)
    out["t_ns"] = T0 - T0 % FLOW_SPAN_NS - np.arange(spans)[::-1] * FLOW_SPAN_NS
    out["spot"] = 687.12 + np.cumsum(dice.normal(0, 0.02, spans))[::-1] * 0.5
    trend = np.linspace(-1.0, 2.0, spans)
    for group, lean in zip(FLOW_GROUPS, (1.0, 0.2, -0.4, -0.8), strict=True):
        size = np.abs(dice.normal(40, 25, spans))
        side = dice.normal(0.6 * trend * lean, 1.0)
        out[f"{group}_premium"] = np.round(size * 310)
        out[f"{group}_delta"] = side * size / 4
        out[f"{group}_gamma"] = side * size / 30
    return out


def blind(*times: tuple[int, int]) -> NDArray[Any]:
    """Times without trades, each from and to so many minutes before the newest minute begins."""
    newest = T0 - T0 % (60 * NS_PER_S)
    return np.array(
        [(newest - start * 60 * NS_PER_S, newest - end * 60 * NS_PER_S) for start, end in times], BLIND_TIME
    )


def chart(count: int = 92, unknown: NDArray[Any] | None = None) -> Chart:
    """Everything the chart of the scene is drawn from. ``unknown``: its blind times."""
    return Chart(bars(count), profile(), flow(), blind() if unknown is None else unknown)
