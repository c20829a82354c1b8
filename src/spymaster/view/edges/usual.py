"""The rule between the market and the levels, with what today is beside the days before at its right end."""

from __future__ import annotations

import math
from functools import lru_cache

from spymaster.signals.header_parts import DAYS_BEFORE, Usual
from spymaster.view.drawing.cells import Line, Row
from spymaster.view.drawing.glyphs import SETS

_LEAST = 110
"""Cells of a rule with room for it."""


def usual_text(usual: Usual | None, times: str) -> str:
    """``volume 1.3x usual   book above 72 %   5 of 7 days``; empty where no day is held."""
    if usual is None or not usual.days:
        return ""
    parts = []
    if not math.isnan(usual.volume):
        parts.append(f"volume {usual.volume:.1f}{times} usual")
    if not math.isnan(usual.liquidity):
        parts.append(f"book above {usual.liquidity:.0%}".replace("%", " %"))
    return "   ".join([*parts, f"{usual.days} of {DAYS_BEFORE} days"]) if parts else ""


@lru_cache(maxsize=16)
def rule_row(width: int, usual: Usual | None, glyphs: str) -> Row:
    """The rule, cut off where the text stands."""
    text = usual_text(usual, SETS[glyphs].times) if width >= _LEAST else ""
    rule = SETS[glyphs].rule
    if not text:
        return ((rule * width, "rule"),)
    line = Line(width)
    line.put(0, rule * (width - len(text) - 2), "rule")
    line.right(width - 1, text, "muted")
    return line.row()
