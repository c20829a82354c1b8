"""The predecessor's web contract: one JSON object a snap, levels flat, with its words for directions and signals.

What it had and this program does not compute is left out; what this program knows and it did not is not sent.
"""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec

from spymaster.market.kinds import NS_PER_MS
from spymaster.market.sessions import et_time
from spymaster.signals.flow.structs import ContractFlow, MarketFlow
from spymaster.signals.said.viewport import LevelsViewport
from spymaster.signals.structs import LevelSignal, LevelSignals

_DIRECTIONS: Final = {"SUPPORT": "DOWN", "RESISTANCE": "UP"}
_SIGNALS: Final = {"BREAK": "BREAK", "REJECT": "BOUNCE"}
_NO_SIGNAL: Final = "NO_TRADE"
_WALL_CONTRACTS: Final = 5000.0
_MOST_BARS: Final = 240
_FULL: Final = 10
"""Its scale of how much stands together."""


def classic_text(signals: LevelSignals, flow: MarketFlow | None, viewport: LevelsViewport | None = None) -> str:
    """The merged frame: ``levels``, ``flow`` where there are options, and ``viewport``, in our own words, where a model
    speaks."""
    spot = signals.spy if signals.profile == "spy" else signals.es
    merged: dict[str, Any] = {
        "levels": {
            "ts": signals.ts,
            "spy": spot,
            "levels": [_level(level, signals) for level in signals.levels],
        }
    }
    if flow is not None:
        merged["flow"] = _flow(flow)
    if viewport is not None:
        merged["viewport"] = viewport
    return msgspec.json.encode(merged).decode()


def _level(level: LevelSignal, signals: LevelSignals) -> dict[str, Any]:
    barrier, tape, fuel = level.barrier, level.tape, level.fuel
    minutes = signals.context.minutes_since_open
    raw = level.break_score_raw
    smooth = level.break_score_smooth
    return {
        "id": level.id,
        "level_price": level.price,
        "level_kind_name": level.kind,
        "direction": _DIRECTIONS[level.direction],
        "distance": level.distance,
        "is_first_15m": signals.context.first_15m,
        "barrier_state": barrier.state,
        "barrier_delta_liq": barrier.delta_liq,
        "barrier_replenishment_ratio": barrier.replenishment_ratio,
        "wall_ratio": None if barrier.depth_in_zone is None else barrier.depth_in_zone / _WALL_CONTRACTS,
        "tape_imbalance": tape.imbalance,
        "tape_velocity": tape.velocity,
        "tape_buy_vol": tape.buy_vol,
        "tape_sell_vol": tape.sell_vol,
        "sweep_detected": tape.sweep.detected,
        "gamma_exposure": None if fuel is None else fuel.net_dealer_gamma,
        "fuel_effect": "NEUTRAL" if fuel is None else fuel.effect,
        "approach_velocity": level.approach.velocity,
        "approach_bars": level.approach.bars,
        "approach_distance": level.approach.distance,
        "prior_touches": level.approach.prior_touches,
        "bars_since_open": None if minutes is None else min(max(math.floor(minutes), 0), _MOST_BARS),
        "break_score_raw": raw,
        "break_score_smooth": raw if smooth is None else smooth,
        "signal": _SIGNALS.get(level.signal, _NO_SIGNAL),
        "confidence": level.confidence,
        "note": level.note,
        "confluence_count": level.confluence.count,
        "confluence_pressure": level.confluence.pressure,
        "confluence_alignment": level.confluence.alignment,
        "confluence_level": round(level.confluence.strength * _FULL),
    }


def _flow(flow: MarketFlow) -> dict[str, Any]:
    """Every contract by the name it had there."""
    day = _day(flow.expiry)
    root = "SPY" if flow.profile == "spy" else "ES"
    return {
        f"O:{root}{day}{letter}{round(row.strike * 1000):08d}": _contract(contract, letter, row.strike, flow)
        for row in flow.strikes
        for letter, contract in (("C", row.call), ("P", row.put))
    }


def _contract(contract: ContractFlow, letter: str, strike: float, flow: MarketFlow) -> dict[str, Any]:
    return {
        "cumulative_volume": contract.volume,
        "cumulative_premium": contract.premium,
        "last_price": contract.last,
        "net_delta_flow": contract.delta_flow,
        "net_gamma_flow": contract.gamma_flow,
        "delta": contract.delta,
        "strike_price": strike,
        "type": letter,
        "expiration": f"20{(day := _day(flow.expiry))[:2]}-{day[2:4]}-{day[4:]}",
        "last_timestamp": flow.ts,
    }


def _day(expiry_ms: int) -> str:
    return f"{et_time(expiry_ms * NS_PER_MS):%y%m%d}"
