"""The options of the design's moment: SPY near 687.12, dealers short gamma below, long above, walls at 690 and 684."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.option_rows import OPTION_SUMMARY, STRIKE_ROW, FuelEffect, WallSign
from spymaster.signals.frame import OPTION_FLOW, OPTION_FLOW_NS
from tests.support.heat_scene import T0

CALL_WALL: Final = 690.0
PUT_WALL: Final = 684.0
_HEDGES: Final = {
    694.0: 0.6, 693.0: 1.1, 692.0: 2.4, 691.0: 4.0, 690.0: 11.0, 689.0: 4.2, 688.0: 2.1, 687.0: -6.6, 686.0: -8.8,
    685.0: -4.9, 684.0: -9.6, 683.0: -3.0, 682.0: -1.0, 681.0: -0.5, 680.0: -1.8, 679.0: -0.2,
}  # fmt: skip
_USUAL: Final[dict[str, float]] = {
    "contracts": 82.0,
    "quoted": 80.0,
    "forward": 687.14,
    "iv": 0.118,
    "hedge": -41.0,
    "hedge_low": -68.0,
    "hedge_high": -14.0,
    "effect": float(FuelEffect.AMPLIFY),
    "gex": -1.8e9,
    "net_dealer_gamma": -120_000.0,
    "gamma_velocity": -3.2,
    "charm_flow": 12.0,
    "call_wall": CALL_WALL,
    "call_wall_sign": float(WallSign.PIN),
    "put_wall": PUT_WALL,
    "put_wall_sign": float(WallSign.SLIP),
    "gamma_flip": 685.40,
    "classified_share": 0.91,
    "volume": 2_100_000.0,
    "convention_dependent": 0.0,
}


def strikes(first: float = 667.0, count: int = 41, **changes: float) -> NDArray[Any]:
    """A chain of dollar strikes; volume and premium fade away from the money. ``changes``: a field for all rows."""
    rows = np.full(count, math.nan, STRIKE_ROW)
    rows["strike"] = first + np.arange(count)
    away = np.abs(rows["strike"] - 687.3)
    for side, sign in (("call", 1), ("put", -1)):
        rows[f"{side}_volume"] = np.round(15_000 * np.exp(-away / 2.2) + 40)
        worth = np.maximum(sign * (687.1 - rows["strike"]), 0.0) + 1.4 * np.exp(-away)
        rows[f"{side}_premium"] = rows[f"{side}_volume"] * worth * 100
    rows["hedge"] = [_HEDGES.get(float(k), 0.05) for k in rows["strike"]]
    rows["hedge_sd"] = np.abs(rows["hedge"]) * 0.3 + 0.2
    rows["wall"] = 0.0
    rows["wall"][rows["strike"] == CALL_WALL] = WallSign.PIN
    rows["wall"][rows["strike"] == PUT_WALL] = WallSign.SLIP
    for name, value in changes.items():
        rows[name] = value
    return rows


def summary(**changes: float) -> NDArray[Any]:
    """What the chain comes to."""
    row = np.full(1, math.nan, OPTION_SUMMARY)
    for name, value in (_USUAL | {"strikes": 41.0} | changes).items():
        row[name] = value
    return row


def flow(spans: int = 200, seed: int = 3) -> NDArray[Any]:
    """Customers buy calls a little and puts more and more."""
    dice = np.random.default_rng(seed)
    rows = np.zeros(spans, OPTION_FLOW)
    rows["t_ns"] = T0 - T0 % OPTION_FLOW_NS - np.arange(spans)[::-1] * OPTION_FLOW_NS
    rows["calls"] = dice.normal(2.0, 1.2, spans)
    rows["puts"] = -np.abs(dice.normal(1.0, 1.0, spans)) - np.linspace(0.5, 4.5, spans)
    return rows


def fuel_of_level(price: float) -> dict[str, float]:
    """The fuel's columns of a level's row."""
    hedge = -41.0 + 20.0 * (price - 687.12)
    return {
        "hedge": hedge,
        "hedge_low": hedge - 27.0,
        "hedge_high": hedge + 27.0,
        "fuel_effect": float(FuelEffect.AMPLIFY if hedge + 27.0 < 0.0 else FuelEffect.NEUTRAL),
        "fuel_confidence": 0.5,
        "gamma_velocity": -3.2,
        "net_dealer_gamma": -120_000.0,
        "convention_dependent": 0.0,
        "call_wall": CALL_WALL,
        "call_wall_sign": float(WallSign.PIN),
        "put_wall": PUT_WALL,
        "put_wall_sign": float(WallSign.SLIP),
        "gamma_flip": 685.40,
    }
