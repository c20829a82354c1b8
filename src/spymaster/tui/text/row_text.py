"""Levels and alerts as lines of text: for the clipboard, and as tables for other programs."""

from __future__ import annotations

import math

from spymaster.market.rows import BarrierState, Confidence, Signal
from spymaster.signals.frame import AlertView, Frame
from spymaster.view.drawing.numbers import clock_ms

LEVEL_HEADS = ("level", "price", "distance", "state", "score", "signal", "confidence")
ALERT_HEADS = ("time_et", "signal", "level", "price", "score", "peak", "confidence", "reason", "outcome")


def level_line(frame: Frame | None, level_id: str | None) -> str | None:
    """Label, price, signed distance, barrier state, score, signal and confidence, separated by tabs, of the level with
    that id or else of the nearest one. None where there is no level."""
    if frame is None or not frame.level_views:
        return None
    ids = [view.id for view in frame.level_views]
    return "\t".join(_level_cells(frame, ids.index(level_id) if level_id in ids else 0))


def _level_cells(frame: Frame, index: int) -> tuple[str, ...]:
    view, row = frame.level_views[index], frame.levels[index]
    distance = float(row["price"]) - float(row["spot"])
    return (
        view.label,
        f"{float(row['price']):.2f}",
        f"{distance:+.2f}",
        BarrierState(int(row["barrier_state"])).name,
        f"{float(row['score']):.0f}",
        Signal(int(row["signal"])).name,
        Confidence(int(row["confidence_label"])).name,
    )


def alert_line(frame: Frame | None, alert_id: str | None) -> str | None:
    """Time (New York), signal, level, price, score as raised, furthest score, confidence, reason and outcome, separated
    by tabs, of the alert with that id or else of the newest. None where there is none."""
    if frame is None or not frame.alerts:
        return None
    newest = max(frame.alerts, key=lambda alert: alert.t_ns)
    return "\t".join(_alert_cells(next((alert for alert in frame.alerts if alert.id == alert_id), newest)))


def _alert_cells(alert: AlertView) -> tuple[str, ...]:
    peak = "" if math.isnan(alert.peak_score) else f"{alert.peak_score:.0f}"
    texts = (alert.confidence, alert.reason, alert.outcome)
    return (
        clock_ms(alert.t_ns),
        alert.signal,
        alert.level_id,
        f"{alert.price:.2f}",
        f"{alert.score:.0f}",
        peak,
        *(" ".join(text.split()) for text in texts),
    )


def levels_table(frame: Frame) -> str:
    """Every level, nearest first, below a line of heads; cells are separated by tabs."""
    return _table(LEVEL_HEADS, [_level_cells(frame, index) for index in range(len(frame.level_views))])


def alerts_table(frame: Frame) -> str:
    """Every alert, oldest first, below a line of heads; cells are separated by tabs."""
    return _table(ALERT_HEADS, [_alert_cells(alert) for alert in sorted(frame.alerts, key=lambda each: each.t_ns)])


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "".join("\t".join(cells) + "\n" for cells in (heads, *rows))
