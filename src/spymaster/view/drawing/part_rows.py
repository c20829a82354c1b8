"""Rows of the sections about a level: heads, facts side by side, and bars from a middle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from spymaster.market.kinds import NS_PER_S
from spymaster.view.drawing.cells import Line, Row, Rows, clip
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import MISSING, age, number, signed

WIDE: Final = 36
MIDDLE: Final = 26

Facts = Mapping[str, float]
"""Numbers of a level's row by name; an absent one is NaN or not there."""

Fact = tuple[str, str, str]
"""Name, value, ink of the value."""


@dataclass(frozen=True, slots=True)
class PartLook:
    """What the sections depend on besides the level. ``blind``: nothing of it can be believed; ``fuel``: what is to be
    said instead of numbers of the options, empty where there are some; ``without``: the force whose absence is told."""

    width: int
    blind: bool
    fuel: str
    glyphs: str
    without: str = ""

    @property
    def wide(self) -> bool:
        """Room for two facts a row."""
        return self.width >= WIDE

    @property
    def set(self) -> Glyphs:
        """The glyphs."""
        return SETS[self.glyphs]


def text_row(
    width: int, text: str, ink: str = "muted", *, bold: bool = False, right: str = "", right_ink: str = "muted"
) -> Row:
    """A row with something at its left and something at its right end."""
    line = Line(width)
    line.right(width - 1, clip(right, width), right_ink)
    line.put(0, clip(text, width - len(right) - 1 if right else width), ink, bold=bold)
    return line.row()


def title_row(look: PartLook, text: str, right: str = "", right_ink: str = "muted") -> Row:
    """The head of a section; what stands at the right is left out where it does not fit."""
    fits = len(text) + 1 + len(right) <= look.width
    return text_row(look.width, text, bold=True, right=right if fits else "", right_ink=right_ink)


def fact_rows(look: PartLook, facts: Sequence[Fact], most: int = 99) -> Rows:
    """Facts, two side by side where there is room; at most so many rows."""
    out: list[Row] = []
    if not look.wide:
        for name, value, ink in facts[:most]:
            out.append(text_row(look.width, name, right=value, right_ink=ink))
        return tuple(out)
    half = (look.width - 3) // 2
    for at in range(0, min(len(facts), most * 2), 2):
        line = Line(look.width)
        for x, end, (name, value, ink) in zip(
            (0, half + 3), (half - 1, look.width - 1), facts[at : at + 2], strict=False
        ):
            line.put(x, clip(name, end - x - len(value)), "muted")
            line.right(end, value, ink)
        out.append(line.row())
    return tuple(out)


def whole(value: float) -> str:
    """Contracts."""
    return MISSING if math.isnan(value) else f"{value:.0f}"


def share(value: float) -> str:
    """A share of one in percent."""
    return MISSING if math.isnan(value) else f"{value * 100:.0f} %"


def plain(value: float, decimals: int, unit: str = "") -> str:
    """A number with its unit, or a dash."""
    return MISSING if math.isnan(value) else number(value, decimals) + unit


def span(seconds: float, after: str = "") -> str:
    """A time that passes, in the unit it is read in, or a dash."""
    return MISSING if not math.isfinite(seconds) else age(round(seconds * NS_PER_S)) + after


def with_unit(value: float, decimals: int, unit: str, minus: str) -> str:
    """A signed number with its unit, or a dash."""
    return MISSING if math.isnan(value) else signed(value, decimals, minus) + unit


def put_diverging(line: Line, x: int, width: int, part: float, role: str, glyphs: Glyphs) -> None:
    """A bar from the middle of its room, ``part`` -1 to 1: right for BREAK, left for REJECT."""
    middle = x + width // 2
    room = width // 2
    ink = f"dim:{role}"
    line.put(middle, glyphs.axis, "rule")
    if math.isnan(part) or part == 0:
        return
    eighths = min(round(abs(part) * room * 8), room * 8)
    full, rest = divmod(eighths, 8)
    if part > 0:
        line.put(middle + 1, glyphs.eighths[8] * min(full, width - room - 1), ink)
        if rest and full < width - room - 1:
            line.put(middle + 1 + full, glyphs.eighths[rest], ink)
        return
    line.put(middle - full, glyphs.eighths[8] * full, ink)
    if rest >= 4 or (rest and not full):
        # a half block from the right is a half block from the left with its colours exchanged
        line.put(middle - full - 1, glyphs.eighths[8 - rest], "ground", ground=ink)


class Numbers:
    """Looks a number up; an absent one is NaN."""

    __slots__ = ("_facts",)

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def __call__(self, name: str) -> float:
        return self._facts.get(name, math.nan)
