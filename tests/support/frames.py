"""Synthetic frames: one believable moment of a session, the same at every call, and the moments around it.

``Moment`` builds the scene of the design: SPY near 687.12, ES near 6871.25, a wall above, a vacuum below, a gap in the
data, two signals. Its parts can be changed one at a time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NO_TICK, NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, ORDER_ROW, BarrierState, Confidence, Signal
from spymaster.signals.frame import (
    HEAT_TICKS,
    LADDER_ROW,
    LEVEL_MARK,
    TRADE_DOT,
    AlertView,
    Frame,
    Header,
    HeatColumns,
    InputTrust,
    LevelView,
    Mode,
    Phase,
)
from tests.support import option_scene
from tests.support.heat_scene import LAST, T0, HeatScene

TICK: Final = 0.25
NAN: Final = float("nan")

_BIDS: Final = (32, 208, 467, 274, 58, 26, 21, 22, 37, 312)
_ASKS: Final = (107, 98, 308, 472, 515, 233, 324, 279, 195, 640)
_BID_FLOW: Final = (-41, -58, -73, -120, -612, -238, -191, -144, -96, 47)
_ASK_FLOW: Final = (24, 22, -37, -13, -16, -50, -57, -61, 61, 188)
_SCENE: Final = (
    # kind, price, state, chance, score, signal, confidence, barrier, fuel, tape
    (LevelKind.STRIKE, 687.00, BarrierState.VACUUM, 0.86, 84, Signal.BREAK, Confidence.HIGH, 20, 9, 5),
    (LevelKind.USER, 687.28, BarrierState.NEUTRAL, 0.62, 48, Signal.NEUTRAL, Confidence.LOW, -1, -2, 1),
    (LevelKind.SMA_200, 686.92, BarrierState.VACUUM, 0.71, 77, Signal.NEUTRAL, Confidence.MEDIUM, 16, 7, 4),
    (LevelKind.VWAP, 687.34, BarrierState.ABSORPTION, 0.78, 17, Signal.REJECT, Confidence.HIGH, -21, -6, -5),
    (LevelKind.OR_LOW, 686.78, BarrierState.WEAK, 0.54, 61, Signal.NEUTRAL, Confidence.MEDIUM, 6, 3, 2),
    (LevelKind.PM_HIGH, 687.51, BarrierState.WALL, 0.81, 27, Signal.NEUTRAL, Confidence.MEDIUM, -18, -3, -2),
    (LevelKind.STRIKE, 688.00, BarrierState.MISSING, NAN, NAN, Signal.NEUTRAL, Confidence.LOW, NAN, NAN, NAN),
    (LevelKind.STRIKE, 686.00, BarrierState.MISSING, NAN, NAN, Signal.NEUTRAL, Confidence.LOW, NAN, NAN, NAN),
    (LevelKind.GAMMA_FLIP, 685.40, BarrierState.MISSING, NAN, NAN, Signal.NEUTRAL, Confidence.LOW, NAN, NAN, NAN),
    (LevelKind.ROUND, 685.00, BarrierState.MISSING, NAN, NAN, Signal.NEUTRAL, Confidence.LOW, NAN, NAN, NAN),
    (LevelKind.CALL_WALL, 690.00, BarrierState.MISSING, NAN, NAN, Signal.NEUTRAL, Confidence.LOW, NAN, NAN, NAN),
    (LevelKind.PUT_WALL, 684.00, BarrierState.MISSING, NAN, NAN, Signal.NEUTRAL, Confidence.LOW, NAN, NAN, NAN),
)
_SPOT: Final = 687.12
_SINCE: Final = (7, -5, 3, -8, 0, -6, 4, 2)
"""How much further the score of each alert went after it was raised."""
_JUDGED: Final[dict[str, float]] = {
    "visible_fraction": 1.0,
    "seen_s": 31.0,
    "churn": 0.38,
    "hidden_share": 0.02,
    "defending_price": 686.88,
    "defending_size": 312.0,
    "tags": 2.0,
    "flicker_share": 0.12,
    "refill_half_life_s": 2.4,
    "iceberg_executed": 184.0,
    "iceberg_peak": 20.0,
    "iceberg_remaining": 150.0,
    "alarm": 2.0,
    "alarm_age_s": 2.3,
    "long_window_s": 300.0,
    "long_window_delta": -1240.0,
    "long_window_filled": 868.0,
    "buy_volume": 118.0,
    "sell_volume": 486.0,
    "velocity": -0.42,
    "acceleration": -0.11,
    "jerk": 0.02,
    "velocity_z": -2.1,
    "arrival_s": 24.0,
    "large_buys": 40.0,
    "large_sells": 318.0,
    "sweep_direction": -1.0,
    "sweep_volume": 318.0,
    "sweep_age_s": 3.4,
    "sweep_levels": 6.0,
    "ofi_1s": 0.8,
    "ofi_5s": 1.9,
    "ofi_15s": 2.6,
    "ofi_60s": -0.4,
    "ofi_z": 2.2,
    "approach_velocity": 0.12,
    "approach_bars": 3.0,
    "approach_distance": 0.36,
    "prior_touches": 2.0,
    "attempt": 3.0,
    "barrier_confidence": 0.8,
}

TRUSTED: Final = (
    InputTrust("depth", "GREEN", "", 12_000_000),
    InputTrust("tape", "GREEN", "", 12_000_000),
    InputTrust("options", "ABSENT", "not configured", None),
    InputTrust("equity", "GREEN", "", 80_000_000),
)
BLIND: Final = (
    InputTrust("depth", "BLIND", "closed by peer at 11:02:51.104", 4_200_000_000),
    InputTrust("tape", "BLIND", "closed by peer at 11:02:51.104", 4_200_000_000),
    InputTrust("options", "ABSENT", "not configured", None),
    InputTrust("equity", "DEGRADED", "1.8 s old", 1_800_000_000),
)


def header(**changes: Any) -> Header:
    """The top lines of the scene."""
    usual: dict[str, Any] = {
        "profile": "spy",
        "symbol": "ESZ6",
        "mode": Mode.LIVE,
        "phase": Phase.PLAYING,
        "simulated": False,
        "speed": 1.0,
        "t_ns": T0,
        "as_of_ns": T0 - 12_000_000,
        "first_ns": T0 - 5_571 * NS_PER_S,
        "last_ns": T0 + 8_829 * NS_PER_S,
        "session_date": 20261120,
        "minutes_since_open": 92.85,
        "in_window": True,
        "spot": _SPOT,
        "es_mid": 6871.125,
        "es_last": 6871.25,
        "es_bid_tick": LAST - 1,
        "es_ask_tick": LAST,
        "es_last_tick": LAST,
        "es_change": -0.50,
        "ratio": 10.0002,
        "velocity": -0.42,
        "sigma_1m": 2.1,
        "tick_size": TICK,
        "records": 4_120_877,
        "records_per_s": 2_914.0,
        "snap_us": 2.1,
        "residual_share": 0.002,
        "hidden_share": 0.06,
        "atr": 0.21,
        "cvd": -412,
        "message": "",
        "progress": 1.0,
    }
    return Header(**(usual | changes))


def book(shift: int = 0) -> NDArray[np.int64]:
    """Ten levels each side of the last price."""
    out = np.empty((2, 10, 2), dtype=np.int64)
    out[0] = [[LAST - 1 - n + shift, size] for n, size in enumerate(_BIDS)]
    out[1] = [[LAST + n + shift, size] for n, size in enumerate(_ASKS)]
    return out


def ladder(shift: int = 0) -> NDArray[Any]:
    """Sixty ticks around the last price; beyond the book a few remembered sizes."""
    rows = np.zeros(121, dtype=LADDER_ROW)
    rows["tick"] = np.arange(LAST - 60, LAST + 61) + shift
    rows["bid_age_ns"] = rows["ask_age_ns"] = -1
    best_bid = LAST - 1 + shift
    for n in range(10):
        below, above = _find(rows, best_bid - n), _find(rows, best_bid + 1 + n)
        rows[below] = _with(rows[below], "bid", _BIDS[n], _BID_FLOW[n])
        rows[above] = _with(rows[above], "ask", _ASKS[n], _ASK_FLOW[n])
    for n, (bid, ask) in enumerate(((377, 486), (290, 402), (641, 355))):
        for side, size, tick in (("bid", bid, best_bid - 10 - n), ("ask", ask, best_bid + 11 + n)):
            at = _find(rows, tick)
            rows[side][at], rows[f"{side}_age_ns"][at] = size, (20 + 25 * n) * NS_PER_S // 2
    distance = np.abs(rows["tick"] - LAST - 3)
    traded = np.maximum(2200 - distance * distance * 14, 0)
    rows["buys"], rows["sells"] = traded * 9 // 20, traded * 11 // 20
    return rows


def _find(rows: NDArray[Any], tick: int) -> int:
    return int(tick - rows["tick"][0])


def _with(row: Any, side: str, size: int, change: int) -> Any:
    row = row.copy()
    row[side], row[f"{side}_seen"], row[f"{side}_age_ns"], row[f"{side}_change"] = size, 1, 0, change
    return row


def levels(**changes: float) -> tuple[NDArray[Any], tuple[LevelView, ...]]:
    """The scene's levels. ``changes``: a field for all rows."""
    rows = np.full(len(_SCENE), NAN, dtype=LEVEL_ROW)
    views = []
    chances = ("p_vacuum", "p_consumed", "p_weak", "p_neutral", "p_absorption", "p_wall")
    for at, (kind, price, state, chance, score, signal, confidence, barrier, fuel, tape) in enumerate(_SCENE):
        row = rows[at]
        direction = 1 if price > _SPOT else -1
        values: dict[str, float] = {
            "kind": kind,
            "user_index": 0 if kind is LevelKind.USER else -1,
            "price": price,
            "tick": round(price * 10.0002 / TICK),
            "direction": direction,
            "distance": abs(price - _SPOT),
            "x": abs(price - _SPOT),
            "in_band": float(score == score),
            "score": score,
            "score_raw": score,
            "signal": signal,
            "confidence_label": confidence,
            "attribution_barrier": barrier,
            "attribution_fuel": fuel,
            "attribution_tape": tape,
            "barrier_state": state,
            "spot": _SPOT,
            "in_window": 1.0,
            "trust_depth": 0.0,
            "trust_tape": 0.0,
            "trust_options": 3.0,
            "trust_equity": 0.0,
            "sweep_direction": 0.0,
            **_surroundings(at),
        }
        if score == score:
            values |= dict.fromkeys(chances, (1 - chance) / 5)
            values[chances[int(state)]] = chance
            values |= {
                "delta_liq": -612.0 + at * 120,
                "replenishment": 0.11 + at * 0.3,
                "added": 96.0,
                "pulled": 684.0,
                "filled": 24.0,
                "depth_in_zone": 58.0,
                "time_to_clear_s": 1.4,
                "tape_imbalance": -0.61,
                "window_s": 10.0,
                **_JUDGED,
            }
        for name, value in (values | changes).items():
            row[name] = value
        label = "open" if kind is LevelKind.USER else ""
        ident = "open" if kind is LevelKind.USER else _ident(kind, price)
        views.append(LevelView(ident, kind.name, label))
    return rows, tuple(views)


def _surroundings(at: int) -> dict[str, float]:
    """Runway and confluence of the level at a place of the scene: the first four stand together."""
    together = at < 4
    to = {0: 7, 1: 3, 2: 7, 3: 5, 4: 7, 5: 6, 6: 10, 8: 9}.get(at)
    values = {
        "confluence_count": 3.0 if together else 0.0,
        "confluence_pressure": 0.55 if together else 0.0,
        "confluence_strength": 0.72 if together else 0.1,
        "confluence_alignment": 1.0 if at % 2 == 0 else -1.0,
        "confluence_centre": 687.13 if together else 600.0 + at,
        "runway_direction": 1.0 if at in (1, 3, 5, 6) else -1.0,
    }
    if to is not None:
        kind, price = _SCENE[to][:2]
        values |= {
            "runway_distance": abs(price - _SCENE[at][1]),
            "runway_kind": float(kind),
            "runway_user_index": -1.0,
            "runway_price": price,
            "runway_obstructed": float(at == 2),
        }
    return values


def _ident(kind: LevelKind, price: float) -> str:
    return f"{kind.name}_{price:g}" if kind in (LevelKind.STRIKE, LevelKind.ROUND) else kind.name


def alerts() -> tuple[AlertView, ...]:
    """Two that are on, six that ended."""
    scene = (
        (-3, None, "STRIKE_687", 687.0, "BREAK", -1, 84, "HIGH", "bids pulled −612 in 4 s; sell sweep 318"),
        (-20, None, "VWAP", 687.34, "REJECT", 1, 17, "HIGH", "1140 bought into 806 resting, refilled 1.4×"),
        (-39, -21, "VWAP", 687.34, "CONTESTED", 1, 52, "MEDIUM", "consumed while bought"),
        (-67, -41, "VWAP", 687.34, "REJECT", 1, 19, "MEDIUM", "resolved after 21 s"),
        (-288, -240, "OR_LOW", 686.78, "BREAK", 1, 81, "MEDIUM", "resolved after 48 s"),
        (-691, -650, "STRIKE_686", 686.0, "REJECT", -1, 14, "HIGH", "stacked +890 under it"),
        (-1074, -1040, "STRIKE_687", 687.0, "BREAK", -1, 82, "LOW", "left the band"),
        (-1362, -1340, "STRIKE_687", 687.0, "CONTESTED", -1, 47, "MEDIUM", "both sides 500+ lots"),
    )
    return tuple(
        AlertView(
            f"a{at}",
            T0 + start * NS_PER_S,
            None if end is None else T0 + end * NS_PER_S,
            level,
            price,
            signal,
            direction,
            float(score),
            float(score + _SINCE[at]),
            confidence,
            reason,
            True,
        )
        for at, (start, end, level, price, signal, direction, score, confidence, reason) in enumerate(scene)
    )


def orders(count: int = 24, seed: int = 5) -> NDArray[Any]:
    """The newest orders of the tape."""
    dice = np.random.default_rng(seed)
    rows = np.zeros(count, dtype=ORDER_ROW)
    rows["t_ns"] = T0 - np.arange(count)[::-1] * 463_000_000 - 146_000_000
    rows["side"] = np.where(dice.random(count) < 0.4, 1, -1)
    rows["size"] = np.round(np.exp(dice.normal(3.0, 0.8, count))) + 1
    rows["last_tick"] = rows["low_tick"] = rows["high_tick"] = LAST + np.where(rows["side"] > 0, 1, 0)
    rows["prints"] = rows["levels"] = 1
    rows[-3] = (rows["t_ns"][-3], -1, 96, 9, 3, LAST - 2, LAST, LAST)
    rows[-6] = (rows["t_ns"][-6], -1, 318, 31, 6, LAST - 5, LAST, LAST)
    return rows


def heat(seconds: int = 400, gap_at: int | None = 62, end: int = 0) -> HeatColumns:
    """The heatmap of the scene: ``seconds`` columns, a gap ``gap_at`` seconds before its end."""
    return HeatScene(seconds, gap_at=gap_at, end=end).columns()


def frame(number: int = 1, **changes: Any) -> Frame:
    """The scene as one frame. ``changes``: fields of the frame."""
    rows, views = levels()
    usual: dict[str, Any] = {
        "number": number,
        "t_ns": T0,
        "header": header(),
        "book": book(),
        "ladder": ladder(),
        "levels": rows,
        "level_views": views,
        "trust": TRUSTED,
        "alerts": alerts(),
        "orders": orders(),
        "heat": heat(),
    }
    return Frame(**(usual | changes))


def with_options(summary: dict[str, float] | None = None, **changes: Any) -> Frame:
    """The scene with its options. ``summary``: changed fields of what the chain comes to."""
    rows, views = levels()
    for row in rows:
        for name, value in option_scene.fuel_of_level(float(row["price"])).items():
            row[name] = value
    usual: dict[str, Any] = {
        "levels": rows,
        "level_views": views,
        "trust": tuple(InputTrust("options", "GREEN", "", 400_000_000) if t.name == "options" else t for t in TRUSTED),
        "options": option_scene.summary(**(summary or {})),
        "strikes": option_scene.strikes(),
        "option_flow": option_scene.flow(),
    }
    return frame(**(usual | changes))


def blind_frame() -> Frame:
    """The scene four seconds after depth and tape stopped."""
    scene = frame(trust=BLIND)
    return replace(scene, header=header(t_ns=T0 + 4_200_000_000))


def replay_frame(**changes: Any) -> Frame:
    """The scene as a replay at twice the speed."""
    return frame(header=header(**({"mode": Mode.REPLAY, "speed": 2.0} | changes)))


def empty_frame(phase: Phase = Phase.COMPILING, message: str = "", progress: float = 0.4) -> Frame:
    """A Session that has seen nothing yet."""
    head = header(
        phase=phase,
        message=message,
        progress=progress,
        spot=NAN,
        es_mid=NAN,
        es_last=NAN,
        es_bid_tick=NO_TICK,
        es_ask_tick=NO_TICK,
        es_last_tick=NO_TICK,
        es_change=NAN,
        ratio=NAN,
        residual_share=NAN,
        hidden_share=NAN,
        atr=NAN,
        cvd=0,
        snap_us=NAN,
    )
    absent = tuple(InputTrust(trust.name, "ABSENT", "waiting", None) for trust in TRUSTED)
    return frame(
        header=head,
        book=np.full((2, 10, 2), -1, dtype=np.int64),
        ladder=np.zeros(0, dtype=LADDER_ROW),
        levels=np.zeros(0, dtype=LEVEL_ROW),
        level_views=(),
        trust=absent,
        alerts=(),
        orders=np.zeros(0, dtype=ORDER_ROW),
        heat=no_heat(),
    )


def no_heat() -> HeatColumns:
    """A heatmap without a column."""
    none = np.zeros(0, dtype=np.int64)
    return HeatColumns(
        0,
        0,
        none,
        none,
        np.zeros((0, HEAT_TICKS), dtype=np.int32),
        none,
        none,
        none,
        none,
        np.zeros(0, dtype=TRADE_DOT),
        np.zeros(0, dtype=LEVEL_MARK),
    )
