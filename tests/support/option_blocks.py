"""Consecutive snaps with options, as an engine would hand them over."""

from __future__ import annotations

import math

from spymaster.market.option_rows import OPTION_FIELDS, STRIKE_FIELDS, FuelEffect, WallSign
from tests.support.blocks import TestBlock, block, level

SUMMARY = {field.name: 0.0 for field in OPTION_FIELDS} | {
    "contracts": 4.0, "quoted": 3.0, "strikes": 2.0, "expiry_s": 1_704_488_400.0, "forward": 4805.5, "iv": 0.12,
    "hedge": -38.4, "hedge_low": -61.0, "hedge_high": -15.8, "effect": FuelEffect.AMPLIFY, "gex": -4.4e8,
    "put_wall": math.nan, "gamma_flip": math.nan, "call_wall": 4810.0, "call_wall_sign": WallSign.SLIP, "volume": 12.0,
    "classified_share": 0.9,
}  # fmt: skip
STRIKE = {field.name: 0.0 for field in STRIKE_FIELDS} | {"put_last": math.nan, "put_bid": math.nan, "put_ask": math.nan}


def with_options(*snaps: tuple[tuple[float, float], ...]) -> TestBlock:
    """Snaps with two strikes each: their call and put volumes."""
    made = block(*([level()] for _ in snaps))
    for name, value in SUMMARY.items():
        made.snaps["options"][name] = value
    for k, volumes in enumerate(snaps):
        for i, (call, put) in enumerate(volumes):
            for name, value in (STRIKE | {"strike": 4800.0 + 10 * i, "call_volume": call, "put_volume": put}).items():
                made.strikes[name][k, i] = value
    return made
