"""The fuel of one level as a section: what dealers' hedging would do to price there, and how sure that is."""

from __future__ import annotations

import math
from typing import Final

from spymaster.view.drawing.cells import Line
from spymaster.view.drawing.part_rows import (
    MIDDLE,
    Fact,
    Facts,
    Numbers,
    PartLook,
    fact_rows,
    text_row,
    title_row,
    with_unit,
)
from spymaster.view.drawing.sections import Section
from spymaster.view.options.texts import EFFECT_NAMES, EFFECT_ROLES, band, effect_of, exposure, gamma_role, short_text

_NO_SMILE: Final = "no smile"


def fuel_section(facts: Facts, look: PartLook, rank: int, least: int | None = None) -> Section:
    """Gamma regime, G with its 90 % band, gamma velocity and charm; said to be missing, never drawn as nothing."""
    get, minus = Numbers(facts), look.set.minus
    hedge = get("hedge")
    if look.fuel or math.isnan(hedge):
        text = look.fuel or "—"
        if look.width < MIDDLE:
            short = _NO_SMILE if text.startswith("needs") else short_text(text)
            return Section(rank, ((text_row(look.width, "gamma", right=short),),), least)
        return Section(rank, ((title_row(look, "GAMMA", text),),), least)
    velocity = get("gamma_velocity")
    effect = effect_of(get("fuel_effect"))
    regime, role = EFFECT_NAMES[effect], EFFECT_ROLES[effect]
    doubt = "±" if get("convention_dependent") == 1.0 else ""
    value = f"{exposure(hedge, minus)}{doubt}"
    shown: tuple[Fact, ...] = (
        ("G", f"{value} ES/pt", gamma_role(hedge)),
        ("90 %", band(get("hedge_low"), get("hedge_high"), minus), "muted"),
        (
            "velocity" if look.width >= MIDDLE else "veloc",
            with_unit(velocity, 1 if abs(velocity) < 9.95 else 0, " /min", minus),
            "text",
        ),
        ("charm", with_unit(get("charm_flow"), 0, " /min", minus), "text"),
    )
    title = text_row(look.width, "GAMMA", bold=True, right=regime, right_ink=f"{role}*")
    line = Line(look.width)
    line.put(0, "GAMMA" if look.width >= MIDDLE else "γ", "muted", bold=True)
    line.put(8 if look.width >= MIDDLE else 2, f"{value} ES/pt" if look.width >= MIDDLE else value, gamma_role(hedge))
    line.right(look.width - 1, regime, role, bold=True)
    rows = fact_rows(look, shown)
    lengths = (2, 1) if look.wide else (4, 3, 1)
    return Section(rank, (*((title, *rows[:most]) for most in lengths), (line.row(),)), least)
