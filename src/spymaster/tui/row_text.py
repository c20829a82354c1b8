"""A level as one line of text for the clipboard."""

from __future__ import annotations

from spymaster.market.rows import BarrierState, Confidence, Signal
from spymaster.signals.frame import Frame


def level_line(frame: Frame | None, level_id: str | None) -> str | None:
    """Label, price, signed distance, barrier state, score, signal and confidence, separated by tabs, of the level with
    that id or else of the nearest one. None where there is no level."""
    if frame is None or not frame.level_views:
        return None
    ids = [view.id for view in frame.level_views]
    index = ids.index(level_id) if level_id in ids else 0
    view, row = frame.level_views[index], frame.levels[index]
    distance = float(row["price"]) - float(row["spot"])
    return "\t".join(
        (
            view.label,
            f"{float(row['price']):.2f}",
            f"{distance:+.2f}",
            BarrierState(int(row["barrier_state"])).name,
            f"{float(row['score']):.0f}",
            Signal(int(row["signal"])).name,
            Confidence(int(row["confidence_label"])).name,
        )
    )
