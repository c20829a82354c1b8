"""The level table in two cuts: what changes fast (signal to meter) and what changes slowly (confidence and reasons)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from spymaster.market.rows import Confidence, Signal
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip
from spymaster.view.drawing.glyphs import SETS, SIGNAL_NAMES, SIGNAL_ROLES, STATE_NAMES, STATE_ROLES, Glyphs
from spymaster.view.drawing.meter import put_components, put_meter
from spymaster.view.drawing.numbers import MISSING, number, price, signed, signed_fit
from spymaster.view.layout import TableGrid
from spymaster.view.levels.items import CONFIDENCE_NAMES, LevelItem, Runway
from spymaster.view.state import ORDERS, ListOrder, ListWhich


@dataclass(frozen=True, slots=True)
class TableLook:
    """What the table depends on besides the levels. ``picked``: id of the marked row; ``focused``: the panel is
    selected; ``blind``: no score is given; ``which``: of the levels are listed."""

    grid: TableGrid
    rows: int
    picked: str | None
    blind: bool
    which: ListWhich
    glyphs: str


def _price_width(grid: TableGrid, items: tuple[LevelItem, ...]) -> int:
    return max((len(price(item.price)) for item in items), default=grid.price)


def fitted(grid: TableGrid, items: tuple[LevelItem, ...]) -> TableGrid:
    """The grid with a price column wide enough for the prices; the level's name gives the cell."""
    extra = min(max(_price_width(grid, items) - grid.price, 0), 3)
    if not extra:
        return grid
    return TableGrid(
        grid.signal,
        grid.level - extra,
        grid.price + extra,
        grid.dist,
        grid.state,
        grid.chance,
        grid.score,
        grid.meter,
        grid.conf,
        grid.components,
        grid.number,
        grid.runway,
        grid.confluence,
    )


@lru_cache(maxsize=32)
def table_head(grid: TableGrid, width: int, rows: int, order: ListOrder, which: ListWhich, glyphs: str) -> Rows:
    """The column heads, below a title where there are two rows; the one that orders the rows is bright."""
    glyph_set = SETS[glyphs]
    line = Line(width)
    ink = {each: "text" if each == order else "muted" for each in ORDERS}
    x = 1
    if grid.signal >= 6:
        line.put(x, "SIGNAL", "muted")
    x += grid.signal + 1
    line.put(x, "LEVEL" if which == "all" else which.upper()[: grid.level], ink["kind"])
    x += grid.level + 1
    line.right(x + grid.price - 1, "PRICE", "muted")
    x += grid.price + 1
    if grid.dist:
        line.right(x + grid.dist - 1, "DIST", ink["nearest"])
        x += grid.dist + 1
    line.put(x, "STATE", "muted")
    x += grid.state + 1
    if grid.chance:
        line.right(x + grid.chance - 1, "P", "muted")
        x += grid.chance + 1
    line.right(x + grid.score - 1, "S", ink["strongest"])
    x += grid.score + 1
    if grid.meter >= 15:
        _meter_heads(line, x, grid.meter, glyph_set)
    x += grid.meter + 1 if grid.meter else 0
    _right_heads(line, x, grid)
    if rows < 2:
        return (line.row(),)
    title = Line(width)
    title.put(1, "LEVELS", "muted", bold=True)
    return (title.row(), line.row())


def _meter_heads(line: Line, x: int, width: int, glyphs: Glyphs) -> None:
    """The two ends of the score; side by side where the meter is short."""
    reject, broken = glyphs.signals[Signal.REJECT], glyphs.signals[Signal.BREAK]
    if width >= 18:
        line.put(x, f"{reject} REJECT", "muted")
        line.right(x + width - 1, f"BREAK {broken}", "muted")
    else:
        line.put(x, f"{reject} REJECT{glyphs.dot}BREAK{broken}"[: width + 1], "muted")


def _right_heads(line: Line, x: int, grid: TableGrid) -> None:
    if grid.conf:
        line.put(x, "CONF", "muted")
        x += grid.conf + 1
    if grid.components:
        line.put(x, "FORCES", "muted")
        x += grid.components + 1
    if grid.number:
        for letter in "BFT":
            line.right(x + grid.number - 1, letter, "muted")
            x += grid.number + 1
    if grid.runway:
        line.put(x, "RUNWAY", "muted")
        x += grid.runway + 1
    if grid.confluence:
        line.right(x + grid.confluence - 1, "CF", "muted")


_NONE: Final[Mapping[ListWhich, str]] = {
    "all": "waiting for the first book: no level yet",
    "judged": "no level has a score now",
    "signalling": "no level signals now",
}


def left_rows(items: tuple[LevelItem, ...], look: TableLook, width: int) -> Rows:
    """The left cut: mark, signal, level, price, distance, state, chance, score, meter."""
    out = [_left_of(item, look, width) for item in items[: look.rows]]
    if not items and look.rows:
        line = Line(width)
        line.put(1 + look.grid.signal + 1, _NONE[look.which][: width - 4], "muted")
        out.append(line.row())
    out += [blank(width)] * (look.rows - len(out))
    return tuple(out)


def right_rows(items: tuple[LevelItem, ...], look: TableLook, width: int) -> Rows:
    """The right cut: confidence, components, their numbers, runway, confluence."""
    out = [_right_of(item, look, width) for item in items[: look.rows]]
    out += [blank(width)] * (look.rows - len(out))
    return tuple(out)


def _left_of(item: LevelItem, look: TableLook, width: int) -> Row:
    minus = SETS[look.glyphs].minus
    return _left_row(
        width,
        look.grid,
        item.name,
        item.role,
        price(item.price),
        signed_fit(item.offset, look.grid.dist, minus) if look.grid.dist else "",
        item.state,
        -1 if math.isnan(item.chance) else round(item.chance * 100),
        -1 if not item.seen else round(item.score),
        item.signal,
        item.arrow,
        item.in_window,
        item.id == look.picked,
        look.blind,
        look.glyphs,
    )


@lru_cache(maxsize=2048)
def _left_row(
    width: int,
    grid: TableGrid,
    name: str,
    role: str,
    level_price: str,
    dist: str,
    state: int,
    chance: int,
    score: int,
    signal: int,
    arrow: int,
    in_window: bool,
    picked: bool,
    blind: bool,
    glyphs: str,
) -> Row:
    glyph_set = SETS[glyphs]
    line = Line(width, "selected" if picked else "ground")
    if picked:
        line.put(0, glyph_set.mark, "bright")
    loud = signal != 0 and not blind
    ink = (SIGNAL_ROLES[signal] if in_window else "muted") if loud else "muted"
    hushed = loud and not in_window
    _put_signal(line, grid.signal, 0 if blind else signal, arrow, ink, hushed, glyphs)
    seen = score >= 0 and not blind
    x = 1 + grid.signal + 1
    line.put(x, clip(name, grid.level), role if seen else "muted", bold=loud and not hushed)
    x += grid.level + 1
    line.right(x + grid.price - 1, level_price, "text" if seen else "muted", bold=loud and not hushed)
    x += grid.price + 1
    if grid.dist:
        line.right(x + grid.dist - 1, dist, "text" if seen else "muted")
        x += grid.dist + 1
    if blind:
        line.put(x, f"{glyph_set.blind} blind", "muted")
    else:
        line.put(x, f"{glyph_set.states[state]} {STATE_NAMES[state]}", STATE_ROLES[state])
    x += grid.state + 1
    if grid.chance:
        if chance >= 0 and seen:
            line.right(x + grid.chance - 1, f"{chance}%", "text" if loud else "muted")
        x += grid.chance + 1
    score_ink = ink if loud and not hushed else "text" if seen else "muted"
    line.right(x + grid.score - 1, str(score) if seen else MISSING, score_ink, bold=loud and not hushed)
    x += grid.score + 1
    if grid.meter and seen:
        side = "break" if score >= 50 else "reject"
        bright = loud and not hushed
        put_meter(line, x, grid.meter, score, (ink if bright else f"dim:{side}"), glyph_set, bold=bright)
    return line.row()


def _put_signal(line: Line, width: int, signal: int, arrow: int, ink: str, hushed: bool, glyphs: str) -> None:
    if not signal:
        return
    glyph_set = SETS[glyphs]
    if width < 10:
        line.put(1, glyph_set.signals[signal], ink, bold=not hushed)
        return
    text = f"{(glyph_set.hushed if hushed else '') or glyph_set.signals[signal]} {SIGNAL_NAMES[signal]}"
    line.put(1, text, ink, bold=not hushed)
    if arrow:
        line.put(len(text) + 2, glyph_set.up if arrow > 0 else glyph_set.down, ink)


def _right_of(item: LevelItem, look: TableLook, width: int) -> Row:
    components = (item.barrier, item.fuel, item.tape)
    rounded = tuple(0.5 if math.isnan(value) else float(round(value)) for value in components)
    return _right_row(
        width,
        look.grid,
        item.confidence,
        (rounded[0], rounded[1], rounded[2]),
        item.seen and not look.blind,
        item.confluence,
        item.runway,
        item.id == look.picked,
        look.glyphs,
    )


@lru_cache(maxsize=2048)
def _right_row(
    width: int,
    grid: TableGrid,
    confidence: int,
    components: tuple[float, float, float],
    seen: bool,
    confluence: int,
    runway: Runway | None,
    picked: bool,
    glyphs: str,
) -> Row:
    ground = "selected" if picked else "ground"
    line = Line(width, ground)
    _put_surroundings(line, grid, confluence, runway, SETS[glyphs])
    if not seen:
        return line.row()
    x = 0
    if grid.conf:
        line.put(x, CONFIDENCE_NAMES[confidence], "text" if confidence == Confidence.HIGH else "muted")
        x += grid.conf + 1
    known = (_absent(components[0]), _absent(components[1]), _absent(components[2]))
    if grid.components:
        put_components(line, x, grid.components, known, ground, SETS[glyphs])
        x += grid.components + 1
    if grid.number:
        for role, points in zip(("force_b", "force_f", "force_t"), known, strict=True):
            text = signed(points, 0, SETS[glyphs].minus)
            line.right(x + grid.number - 1, text, role if not math.isnan(points) else "muted")
            x += grid.number + 1
    return line.row()


def _put_surroundings(line: Line, grid: TableGrid, confluence: int, runway: Runway | None, glyphs: Glyphs) -> None:
    """Runway and confluence: they depend on where levels are, so they stand beside unseen ones too."""
    if grid.confluence:
        line.right(grid.right - 1, MISSING if confluence < 0 else str(min(confluence, 99)), "muted")
    if grid.runway:
        x = grid.right - grid.runway - (grid.confluence + 1 if grid.confluence else 0)
        if runway is None:
            line.put(x, MISSING, "muted")
            return
        text = f"{glyphs.up if runway.direction > 0 else glyphs.down}{number(runway.distance, 2, glyphs.minus)} "
        text += f"{glyphs.blocked if runway.obstructed else glyphs.clear} "
        line.put(x, clip(text + runway.to, grid.runway), "muted" if runway.obstructed else "text")


def _absent(points: float) -> float:
    """A force that is absent travels as one half, so that rows can be remembered: NaN is never equal to itself."""
    return math.nan if points == 0.5 else points
