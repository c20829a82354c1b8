"""Gamma by strike: what dealers must hedge at each strike of the day, and what customers traded there.

Negative exposure (it amplifies moves) grows to the left of the strike, positive (it damps them) to the right. A bar is
dim where its sign is in doubt: its own spread reaches nought, or the whole chain's conclusion depends on who is taken
to hold what. The strike nearest the spot is a filled cell; the walls are named in the empty half of their row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.option_rows import WallSign
from spymaster.signals.frame import Frame
from spymaster.view.drawing.cells import Line, Row, Rows
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import percent, price, short
from spymaster.view.drawing.part_rows import text_row
from spymaster.view.options.texts import (
    EFFECT_NAMES,
    EFFECT_ROLES,
    Summary,
    band,
    dollars,
    effect_of,
    exposure,
    gamma_role,
    money,
    money_unit,
    options_blind,
    options_text,
    short_text,
    summary_of,
)

WIDE: Final = 39
_USUAL_STRIKE: Final = 5
_PREMIUM: Final = (4, 5)
_SURE: Final = 1.645
"""Spreads within which nine of ten outcomes lie."""

_WALLS: Final = (("call_wall", "C_WALL", "CALL"), ("put_wall", "P_WALL", "PUT"))
"""Field, name, and the name where a bar has fewer cells than that."""

_WALL_SIGNS: Final = {float(WallSign.PIN): "pin", float(WallSign.SLIP): "slip"}
_FULL_VOLUME: Final = 999.0
_LEAST_ROWS: Final = 3
_LEAST_REST: Final = 3
"""Eighths: a thinner slice, drawn by covering its cell with the ground, would show the seam as a line."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells of a row: bars of ``bar`` cells either side of the strike, a cell of ``middle``; ``wide``: with volumes and
    premiums, which are in units of ``unit`` dollars."""

    width: int
    middle: int
    glyphs: str
    unit: float
    unit_head: str

    @property
    def wide(self) -> bool:
        return self.width >= WIDE

    @property
    def volume(self) -> int:
        """Cells of a volume: one less where strikes are long."""
        return 6 if self.middle <= _USUAL_STRIKE else 5

    @property
    def bar(self) -> int:
        beside = sum(_PREMIUM) + 2 * self.volume + 1 if self.wide else 0
        return (self.width - self.middle - beside) // 2

    @property
    def strike(self) -> int:
        """First cell of the strike."""
        return (_PREMIUM[0] + self.volume + 1 if self.wide else 0) + self.bar

    @property
    def after(self) -> int:
        """First cell of the bar to its right."""
        return self.strike + self.middle


def strike_rows(frame: Frame, width: int, height: int, glyphs: str) -> Rows:
    """Title, heads, as many strikes around the spot as fit, and what they come to, in at most ``height`` rows."""
    longest = max((len(f"{strike:g}") for strike in frame.strikes["strike"].tolist()), default=0)
    paid = [np.nan_to_num(frame.strikes[name]).max(initial=0.0) for name in ("call_premium", "put_premium")]
    grid = _Grid(width, max(longest + 2, _USUAL_STRIKE), glyphs, *money_unit(float(max(paid))))
    summary = summary_of(frame)
    if not len(frame.strikes):
        return _absent(frame, width)
    below = _totals(summary, options_text(frame), grid)
    rows = [_title(frame, grid)]
    if (room := height - 2 - len(below)) >= _LEAST_ROWS:
        shown = around(frame.strikes, frame.header.spot, room)
        rows += [_heads(grid), *_strikes(shown, frame.header.spot, summary, grid)]
    rows = [*rows, *below][:height]
    return tuple(_faded(row) for row in rows) if options_blind(frame) else tuple(rows)


def around(strikes: NDArray[Any], spot: float, count: int) -> NDArray[Any]:
    """The ``count`` strikes nearest the spot, from the highest down."""
    nearest = _nearest(strikes, spot)
    first = min(max(nearest - count // 2, 0), max(len(strikes) - count, 0))
    return strikes[first : first + max(count, 0)][::-1]


def _nearest(strikes: NDArray[Any], spot: float) -> int:
    if math.isnan(spot) or not len(strikes):
        return len(strikes) // 2
    return int(np.argmin(np.abs(strikes["strike"] - spot)))


def _absent(frame: Frame, width: int) -> Rows:
    message = options_text(frame) or "waiting for strikes"
    if width >= 36:
        return (text_row(width, "STRIKES", bold=True, right=message),)
    return (text_row(width, "STRIKES", bold=True, right="γ"), text_row(width, short_text(message)))


def _title(frame: Frame, grid: _Grid) -> Row:
    if not grid.wide:
        return text_row(grid.width, "STRIKES", bold=True, right="γ ES/pt")
    return text_row(grid.width, "STRIKES", bold=True, right=f"0DTE {frame.header.profile.upper()}")


def _heads(grid: _Grid) -> Row:
    line = Line(grid.width)
    minus = SETS[grid.glyphs].minus
    if grid.wide:
        line.right(_PREMIUM[0] - 1, grid.unit_head, "muted")
        line.right(_PREMIUM[0] + grid.volume - 1, "calls", "muted")
        line.right(grid.width - _PREMIUM[1] - 1, "puts", "muted")
        line.right(grid.width - 1, grid.unit_head, "muted")
    line.right(grid.strike - 1, f"{minus}γ", "gamma_below")
    line.put(grid.strike + (grid.middle - 3) // 2, "str", "muted")
    line.put(grid.after, "+γ", "gamma_above")
    return line.row()


def _strikes(shown: NDArray[Any], spot: float, summary: Summary, grid: _Grid) -> list[Row]:
    sizes = np.abs(np.nan_to_num(shown["hedge"]))
    scale = _round_up(float(sizes.max(initial=0.0)))
    at_spot = _nearest(shown, spot) if spot == spot else -1
    doubted = bool(summary.get("convention_dependent", 0.0) == 1.0)
    names = ("strike", "hedge", "hedge_sd", "call_premium", "call_volume", "put_volume", "put_premium")
    rows = []
    for index, values in enumerate(shown[list(names)].tolist()):
        strike, hedge, spread, *traded = values
        wall = next((_wall_name(message, grid) for name, *message in _WALLS if summary.get(name) == strike), "")
        unsure = doubted or not abs(hedge) > _SURE * spread
        part = 0.0 if math.isnan(hedge) or not scale else hedge / scale
        eighths = round(part * grid.bar * 8)
        rows.append(_row(strike, eighths, unsure, wall, index == at_spot, tuple(traded), grid))
    return rows


@lru_cache(maxsize=512)
def _row(
    strike: float, eighths: int, unsure: bool, wall: str, spot: bool, traded: tuple[float, ...], grid: _Grid
) -> Row:
    line = Line(grid.width)
    glyphs = SETS[grid.glyphs]
    if grid.wide:
        call_premium, call_volume, put_volume, put_premium = traded
        x = _PREMIUM[0] - 1
        line.right(x, money(call_premium, grid.unit), "muted")
        line.right(x + grid.volume, short(call_volume, 5, _FULL_VOLUME), "text" if call_volume else "muted")
        line.right(grid.width - _PREMIUM[1] - 1, short(put_volume, 5, _FULL_VOLUME), "text" if put_volume else "muted")
        line.right(grid.width - 1, money(put_premium, grid.unit), "muted")
    start, end = grid.strike, grid.after
    _put_bar(line, grid, eighths, unsure, glyphs)
    if wall:
        if eighths > 0:
            line.right(start - 1, wall, "level_wall")
        else:
            line.put(end, wall, "level_wall")
    text = f"{strike:g}"
    ink = "level_wall" if wall else "text"
    at = start + (grid.middle - len(text)) // 2
    if spot:
        line.fill(start, end, "last_cell")
    line.put(at, text, "last_cell_text" if spot else ink, bold=spot or bool(wall))
    return line.row()


def _put_bar(line: Line, grid: _Grid, eighths: int, unsure: bool, glyphs: Glyphs) -> None:
    """A bar that grows away from the strike; leftward, the last block is exchanged with its ground."""
    if not eighths:
        return
    ink = gamma_role(eighths)
    ink = f"dim:{ink}" if unsure else ink
    full, rest = divmod(min(abs(eighths), grid.bar * 8), 8)
    if eighths > 0:
        start = grid.after
        line.put(start, glyphs.eighths[8] * full, ink)
        if rest:
            line.put(start + full, glyphs.eighths[rest], ink)
        return
    start = grid.strike - full
    line.put(start, glyphs.eighths[8] * full, ink)
    if glyphs.eighths[4] == glyphs.eighths[8]:
        line.put(start - 1, glyphs.eighths[rest], ink)
    elif rest >= _LEAST_REST or (rest and not full):
        line.put(start - 1, glyphs.eighths[8 - rest], "ground", ground=ink)


def _wall_name(message: list[str], grid: _Grid) -> str:
    return message[0] if len(message[0]) <= grid.bar else message[1]


def _totals(summary: Summary, missing: str, grid: _Grid) -> list[Row]:
    """What all strikes come to: H with its band and effect, GEX, flip, and how much of the trading has a known side."""
    minus = SETS[grid.glyphs].minus
    doubt = "±" if summary.get("convention_dependent", 0.0) == 1.0 else ""
    get = summary.get
    known = f"{percent(get('classified_share', math.nan), 0)}"
    flip = price(get("gamma_flip", math.nan))
    if missing:
        said = text_row(grid.width, "H", right=missing) if grid.wide else text_row(grid.width, short_text(missing))
        return [said, text_row(grid.width, "sides known" if grid.wide else "sides", right=known, right_ink="text")]
    hedge = summary["hedge"]
    role = gamma_role(hedge)
    effect = effect_of(summary["effect"])
    value = f"{exposure(hedge, minus)}{doubt}"
    limits = band(summary["hedge_low"], summary["hedge_high"], minus)
    money = dollars(summary["gex"], minus)
    if not grid.wide:
        return [
            *_narrow_hedge(grid.width, value, limits, role),
            _pair(grid.width, "GEX", money, f"{role}*"),
            _pair(grid.width, "flip", flip, "level_wall"),
            _pair(grid.width, "sides", known, "text"),
        ]
    first, second = Line(grid.width), Line(grid.width)
    first.runs(0, (("H ", "muted"), (value, f"{role}*"), (" ES/pt  ", role), (limits, "muted")))
    first.right(grid.width - 1, EFFECT_NAMES[effect], EFFECT_ROLES[effect], bold=True)
    second.runs(0, (("GEX ", "muted"), (money, f"{role}*"), ("  flip ", "muted"), (flip, "level_wall")))
    second.right(grid.width - 1, f"sides {known}", "muted")
    walls = [
        f"{word} {get(name, math.nan):g} {_WALL_SIGNS.get(get(f'{name}_sign', 0.0), '')}"
        for name, word, _ in _WALLS
        if not math.isnan(get(name, math.nan))
    ]
    third = text_row(grid.width, "  ".join(walls) or "no walls", "level_wall" if walls else "muted")
    return [first.row(), second.row(), third]


def _narrow_hedge(width: int, value: str, limits: str, role: str) -> list[Row]:
    """H and its band, in one row where both fit; the unit stands in the title."""
    line = Line(width)
    line.runs(0, (("H ", "muted"), (value, f"{role}*")))
    if len(value) + len(limits) + 3 <= width:
        line.right(width - 1, limits, "muted")
        return [line.row()]
    return [line.row(), _pair(width, "90 %", limits, "muted")]


def _pair(width: int, name: str, value: str, ink: str) -> Row:
    line = Line(width)
    line.put(0, name, "muted")
    line.right(width - 1, value, ink)
    return line.row()


def _faded(row: Row) -> Row:
    """The row at the strength of stale data."""
    return tuple((text, _fade(name)) for text, name in row)


@lru_cache(maxsize=512)
def _fade(name: str) -> str:
    ink, _, ground = name.partition("/")
    return f"fade:{ink}" + (f"/{ground}" if ground else "")


def _round_up(value: float) -> float:
    """The scale of the bars: it follows the greatest in steps, so that not every bar moves with it."""
    if value <= 0.0:
        return 0.0
    return float(2.0 ** (math.ceil(4 * math.log2(value)) / 4))
