"""Consecutive snaps made of plain arrays, as an engine would hand them over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.option_rows import FUEL_FIELDS, MAX_PUBLISHED_STRIKES, OPTION_SUMMARY, STRIKE_ROW
from spymaster.market.rows import (
    ALERT_ROW,
    FLOW_ROW,
    LEVEL_FIELDS,
    LEVEL_ROW,
    SNAP,
    AlertEvent,
    BarrierState,
    Confidence,
    Signal,
)

T0_NS: Final = 1_704_465_000_000_000_000
"""2024-01-05 09:30 in New York, on the grid of snaps."""

SNAP_NS: Final = 250_000_000

Row = Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class TestBlock:
    """The shape of ``physics.engine.SnapBlock``."""

    __test__ = False

    snaps: NDArray[Any]
    rows: NDArray[Any]
    numbers: NDArray[Any]
    flows: NDArray[Any]
    alerts: NDArray[Any]
    strikes: NDArray[Any]


def level(**columns: float) -> dict[str, float]:
    """A level row: support at 4805 half a point under price, bids being pulled, sellers at work, score 84."""
    row: dict[str, float] = (
        dict.fromkeys((field.name for field in LEVEL_FIELDS), 0.0)
        | dict.fromkeys((field.name for field in FUEL_FIELDS), math.nan)
        | {"runway_direction": -1.0, "runway_distance": math.nan, "runway_kind": math.nan, "runway_price": math.nan}
        | {"runway_user_index": math.nan}
        | {"kind": LevelKind.ROUND, "user_index": -1.0, "price": 4805.0, "tick": 19220.0, "direction": -1.0}
        | {"running_price": 4805.0, "distance": 0.5, "x": 0.5, "in_band": 1.0, "touching": 1.0}
        | {"score_raw": 86.5, "score": 84.25, "signal": Signal.BREAK, "confidence": 0.8}
        | {"confidence_label": Confidence.HIGH, "attribution_barrier": 29.0, "attribution_tape": 5.25}
        | {"attribution_fuel": math.nan, "barrier_state": BarrierState.VACUUM}
        | {"p_vacuum": 0.86, "p_weak": 0.07, "p_consumed": 0.03, "p_absorption": 0.02, "p_wall": 0.01}
        | {"p_neutral": 0.01, "barrier_confidence": 0.86, "delta_liq": -140.0, "replenishment": 0.11}
        | {"added": 10.0, "pulled": 158.0, "filled": 0.0, "churn": 0.38, "depth_in_zone": 58.0}
        | {"defending_price": 4805.0, "defending_size": 12.0, "visible_fraction": 1.0, "window_s": 10.0}
        | {"time_to_clear_s": 3.9, "tape_imbalance": -0.61, "buy_volume": 118.0, "sell_volume": 486.0}
        | {"velocity": -0.42, "acceleration": -0.11, "sweep_volume": math.nan, "sweep_notional": math.nan}
        | {"sweep_prints": math.nan, "sweep_levels": math.nan, "sweep_age_s": math.nan, "spot": 4805.5}
        | {"bid": 4805.375, "ask": 4805.625, "ratio": 1.0, "as_of_age_ns": 1e6, "minutes_since_open": 3.5}
        | {"barrier_score": 96.5, "barrier_weight": 1.0, "tape_score": 72.0, "tape_weight": 0.5, "fuel_score": math.nan}
        | {"effort": 40.0, "progress": 0.25, "absorption": 20.0}
        | {"in_window": 1.0, "trust_options": 3.0, "trust_equity": 3.0, "input_fingerprint_low": 7.0}
    )
    assert set(columns) <= set(row), set(columns) - set(row)
    return row | columns


def unseen(**columns: float) -> dict[str, float]:
    """A level row without a barrier and a score: out of view and beyond the band."""
    absent = (
        *("score_raw", "score", "confidence", "attribution_barrier", "attribution_tape", "attribution_fuel"),
        *("p_vacuum", "p_consumed", "p_weak", "p_neutral", "p_absorption", "p_wall", "delta_liq", "replenishment"),
        *("added", "pulled", "filled", "churn", "depth_in_zone", "hidden_share", "time_to_clear_s"),
        *("defending_price", "defending_size", "barrier_score", "tape_score", "effort", "progress", "absorption"),
    )
    nothing = {"barrier_state": BarrierState.MISSING, "visible_fraction": 0.0, "window_s": 0.0, "signal": 0.0}
    nothing |= {
        "barrier_weight": 0.0,
        "tape_weight": 0.0,
        "barrier_confidence": 0.0,
        "confidence_label": 0.0,
        "in_band": 0.0,
        "touching": 0.0,
    }
    return level(**{**dict.fromkeys(absent, math.nan), **nothing, **columns})


def alert(**columns: float) -> dict[str, float]:
    """An alert row: BREAK raised at 4805."""
    row: dict[str, float] = (
        {"t_ns": T0_NS, "raised_ns": T0_NS, "session_date": 20240105, "event": AlertEvent.RAISED}
        | {"runway_direction": -1.0, "runway_distance": math.nan, "runway_kind": math.nan, "runway_price": math.nan}
        | {"runway_user_index": math.nan}
        | {"kind": LevelKind.ROUND, "user_index": -1, "price": 4805.0, "direction": -1, "signal": Signal.BREAK}
        | {"confidence_label": Confidence.HIGH, "barrier_state": BarrierState.VACUUM, "in_window": 1, "reason": 0}
        | {"score": 84.25, "delta_liq": -140.0, "filled": 0.0, "pulled": 158.0, "added": 10.0, "window_s": 10.0}
        | {"raised_score": 81.5, "peak_score": 90.5, "outcome_30s": math.nan, "outcome_120s": math.nan}
        | {"outcome_240s": math.nan, "outcome_first": 0, "outcome_first_s": math.nan}
    )
    assert set(columns) <= set(row), set(columns) - set(row)
    return row | columns


def flow(**columns: int) -> dict[str, int]:
    """A flow row: 12 contracts added, 3 pulled, 4 filled on the bid at 4805."""
    row: dict[str, int] = {
        "ts_bucket_ns": T0_NS,
        "side": ord("B"),
        "tick": 19220,
        "added": 12,
        "pulled": 3,
        "filled": 4,
    } | {"hidden": 1, "off_book": 0, "depth_start": 20, "depth_end": 25, "visible_ns": SNAP_NS}
    assert set(columns) <= set(row), set(columns) - set(row)
    return row | columns


def block(
    *snaps: Sequence[Row],
    alerts: Sequence[Row] = (),
    flows: Sequence[Row] = (),
    first_ns: int = T0_NS,
    **columns: Any,
) -> TestBlock:
    """Snaps ``SNAP_NS`` apart, each with these levels; ``columns`` of SNAP for all of them; places unused are noise."""
    heads = np.zeros(len(snaps), SNAP)
    heads["t_ns"] = first_ns + np.arange(len(snaps)) * SNAP_NS
    heads["as_of_ns"] = heads["t_ns"] - 1_000_000
    heads["session_date"] = 20240105
    heads["spot"], heads["bid"], heads["ask"] = 4805.5, 4805.375, 4805.625
    heads["minutes_since_open"], heads["in_window"] = 3.5, 1
    heads["trust"], heads["trust_reason"] = (0, 0, 3, 3), (0, 0, 1, 1)
    heads["levels"] = [len(levels) for levels in snaps]
    for name, value in columns.items():
        heads[name] = value
    numbers = np.full((len(snaps), MAX_PUBLISHED, len(LEVEL_FIELDS)), -math.inf)
    for k, levels in enumerate(snaps):
        for j, row in enumerate(levels):
            numbers[k, j] = [row[name] for name in LEVEL_ROW.names or ()]
    rows = numbers.view(LEVEL_ROW)[:, :, 0]
    strikes = np.full((len(snaps), MAX_PUBLISHED_STRIKES), np.nan, STRIKE_ROW)
    heads["options"] = np.zeros((), OPTION_SUMMARY)
    return TestBlock(heads, rows, numbers, _records(flows, FLOW_ROW), _records(alerts, ALERT_ROW), strikes)


def parts(whole: TestBlock, size: int) -> list[TestBlock]:
    """The same snaps in blocks of ``size`` (without flows and alerts)."""
    nothing = (whole.flows[:0], whole.alerts[:0])
    cuts = [slice(k, k + size) for k in range(0, len(whole.snaps), size)]
    return [
        TestBlock(whole.snaps[cut], whole.rows[cut], whole.numbers[cut], *nothing, whole.strikes[cut]) for cut in cuts
    ]


def _records(rows: Sequence[Row], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.array([tuple(row[name] for name in dtype.names or ()) for row in rows], dtype)
