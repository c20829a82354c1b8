"""Words and numbers of the options: what can be said of them, and what has to be said instead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from spymaster.market.option_rows import OPTION_SUMMARY, FuelEffect
from spymaster.signals.frame import Frame
from spymaster.view.drawing.numbers import MISSING, short, signed

LEAST_STRIKES: Final = 5
"""Quoted strikes that a smile needs."""

EFFECT_NAMES: Final = {FuelEffect.NEUTRAL: "NEUTRAL", FuelEffect.AMPLIFY: "AMPLIFY", FuelEffect.DAMPEN: "DAMPEN"}
EFFECT_ROLES: Final = {
    FuelEffect.NEUTRAL: "muted",
    FuelEffect.AMPLIFY: "gamma_below",
    FuelEffect.DAMPEN: "gamma_above",
}

_SMALL: Final = 9.95

Summary = Mapping[str, float]
"""A row of OPTION_SUMMARY by name; empty without options."""


def summary_of(frame: Frame) -> Summary:
    """The options' summary; empty without options."""
    if not len(frame.options):
        return {}
    return dict(zip(OPTION_SUMMARY.names or (), frame.options[-1].tolist(), strict=True))


def fuel_facts(frame: Frame) -> dict[str, float]:
    """What a level's own row does not hold of the fuel: charm belongs to the whole chain."""
    return {"charm_flow": summary_of(frame).get("charm_flow", math.nan)}


def options_text(frame: Frame) -> str:
    """What is to be said where numbers of the options would stand; empty where they do."""
    summary = summary_of(frame)
    light = next((trust for trust in frame.trust if trust.name == "options"), None)
    if not summary and (light is None or light.state == "ABSENT"):
        return "no options"
    if not summary:
        return "waiting for options"
    return f"needs {LEAST_STRIKES} quoted strikes" if math.isnan(summary["hedge"]) else ""


def short_text(message: str) -> str:
    """``options_text`` for a column of 17 cells."""
    return message.replace(" quoted", "").replace(" for options", "")


def options_blind(frame: Frame) -> bool:
    """Whether what is known of the options can no longer be believed."""
    return any(trust.name == "options" and trust.state == "BLIND" for trust in frame.trust)


def effect_of(code: float) -> FuelEffect:
    """The effect of a code; NEUTRAL where there is none."""
    return FuelEffect.NEUTRAL if math.isnan(code) else FuelEffect(int(code))


def gamma_role(hedge: float) -> str:
    """The colour of an exposure by its sign: dealers short gamma amplify, long gamma damp."""
    return "muted" if math.isnan(hedge) or hedge == 0 else "gamma_above" if hedge > 0 else "gamma_below"


def dollars(value: float, minus: str) -> str:
    """A signed amount: ``−1.8 bn``, ``+820 mn``, ``+40 k``."""
    if math.isnan(value):
        return MISSING
    for unit, word in ((1e9, "bn"), (1e6, "mn")):
        if abs(value) >= 0.9995 * unit:
            scaled = value / unit
            return f"{signed(scaled, 1 if abs(scaled) < 99.95 else 0, minus)} {word}"
    return f"{signed(value / 1e3, 0, minus)} k"


MONEY_UNITS: Final = ((1e3, "$k"), (1e6, "$M"), (1e9, "$B"))
"""Dollars of a unit, and the head of a column in it."""


def money_unit(most: float) -> tuple[float, str]:
    """The smallest unit in which a column's greatest amount fits four cells, with the column's head."""
    return next((unit for unit in MONEY_UNITS if not most / unit[0] >= _FOUR_CELLS), MONEY_UNITS[-1])


def money(value: float, unit: float) -> str:
    """Dollars in a column's unit within four cells: ``0.4``, ``18``, ``1348``, ``·`` for less than can be shown; a dash
    where unknown."""
    if math.isnan(value):
        return MISSING
    scaled = value / unit
    if scaled < _SMALL:
        return f"{scaled:.1f}" if scaled >= _LEAST else "·" if scaled > 0 else "0"
    return short(scaled, 4)


_FOUR_CELLS: Final = 9999.5
_LEAST: Final = 0.05


def band(low: float, high: float, minus: str) -> str:
    """The 90 % band of an exposure: ``−68…−14``."""
    if math.isnan(low) or math.isnan(high):
        return MISSING
    decimals = 1 if max(abs(low), abs(high)) < _SMALL else 0
    return f"{signed(low, decimals, minus)}…{signed(high, decimals, minus)}"


def exposure(value: float, minus: str) -> str:
    """ES contracts per point: ``−41``, and ``−0.2`` where whole ones would say too little."""
    return signed(value, 1 if abs(value) < _SMALL else 0, minus)
