"""The level rail: one line for each level on the price axis, between heatmap and ladder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from spymaster.market.kinds import NO_TICK
from spymaster.market.rows import BarrierState
from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.drawing.cells import Line, Row, Rows, blank
from spymaster.view.drawing.glyphs import SETS, SIGNAL_ROLES, STATE_ROLES
from spymaster.view.drawing.numbers import MISSING, price, signed_fit
from spymaster.view.levels.items import LevelItem


@dataclass(frozen=True, slots=True)
class RailLook:
    """What the rail depends on besides the levels. ``spot``: profile price of the last trade's row, NaN unknown."""

    axis: PriceAxis
    width: int
    blind: bool
    spot: float
    spot_row: int
    picked: str | None
    glyphs: str


def by_row(items: Sequence[LevelItem], axis: PriceAxis) -> dict[int, list[LevelItem]]:
    """The levels on the screen by row, in each row the one nearest to a signal first."""
    rows: dict[int, list[LevelItem]] = {}
    for item in items:
        row = axis.row_of(item.tick)
        if 0 <= row < axis.rows:
            rows.setdefault(row, []).append(item)
    for found in rows.values():
        found.sort(key=lambda item: (item.place_only, not item.signalling, -abs(item.score - 50) if item.seen else 1))
    return rows


def rail_rows(rows: dict[int, list[LevelItem]], look: RailLook) -> Rows:
    """The rail's rows."""
    out: list[Row] = []
    for row in range(look.axis.rows):
        if found := rows.get(row):
            out.append(
                _place_row(found[0], look) if found[0].place_only else _level_row(found[0], len(found) - 1, look)
            )
        elif row == look.spot_row and look.spot == look.spot:
            out.append(_spot_row(look.width, price(look.spot, 2), look.blind, look.glyphs))
        else:
            out.append(blank(look.width))
    return tuple(out)


def _place_row(item: LevelItem, look: RailLook) -> Row:
    return _running_row(look.width, item.short, item.role, price(item.price), look.blind)


@lru_cache(maxsize=256)
def _running_row(width: int, short: str, role: str, true_price: str, blind: bool) -> Row:
    """Where a held level would be: its name and price, and nothing that is said of levels."""
    line = Line(width)
    if width >= 10:
        line.put(2, short[: width - 5] if width < 13 else short, "muted" if blind else role)
    if width >= 22:
        line.right(15, true_price, "muted")
    return line.row()


def _level_row(item: LevelItem, more: int, look: RailLook) -> Row:
    return _rail_row(
        look.width,
        item.state,
        item.short,
        item.role,
        price(item.price),
        round(item.score) if item.seen else -1,
        item.signal,
        item.in_window,
        more,
        look.blind,
        item.id == look.picked,
        look.glyphs,
    )


@lru_cache(maxsize=2048)
def _rail_row(
    width: int,
    state: int,
    short: str,
    role: str,
    level_price: str,
    score: int,
    signal: int,
    in_window: bool,
    more: int,
    blind: bool,
    picked: bool,
    glyphs: str,
) -> Row:
    glyph_set = SETS[glyphs]
    line = Line(width)
    signalling = signal != 0 and not blind
    loud = signalling and in_window
    if blind:
        line.put(0, glyph_set.blind, "muted")
    else:
        line.put(0, glyph_set.states[state], STATE_ROLES[state])
    wide = width >= 22
    if width >= 10:
        line.put(2, short[: width - 5] if width < 13 else short, "muted" if blind else role, bold=loud or picked)
    if more and width >= 13:
        line.put(2 + min(len(short), 7), f"+{more}", "muted")
    if wide and not (more and len(short) > 5):
        line.right(15, level_price, "muted" if blind else "text", bold=loud)
    score_end, signal_at = (18, 20) if wide else (width - 4, width - 2)
    if width < 13:
        score_end, signal_at = (width - 1, -1) if width >= 10 else (width - 4, width - 2)
    text = str(score) if score >= 0 and not blind else MISSING
    if state == BarrierState.MISSING and score < 0 and not blind:
        text = glyph_set.dot
    ink = SIGNAL_ROLES[signal] if loud else "text" if score >= 0 and not blind else "muted"
    line.right(score_end, text, ink, bold=loud)
    if signalling and signal_at >= 0:
        line.put(signal_at, glyph_set.signals[signal], SIGNAL_ROLES[signal] if in_window else "muted", bold=loud)
    return line.row()


@lru_cache(maxsize=256)
def _spot_row(width: int, text: str, blind: bool, glyphs: str) -> Row:
    line = Line(width)
    wide = width >= 22
    ink = "muted" if blind else "bright"
    if width >= 9:
        line.right(15 if wide else width - 4, text, ink, bold=not blind)
    line.put(20 if wide else width - 2, SETS[glyphs].spot, ink)
    return line.row()


def beyond_row(items: Sequence[LevelItem], look: RailLook, above: bool) -> Row:
    """The nearest level off the screen, above or below, with its distance."""
    line = Line(look.width)
    axis = look.axis
    hidden = [
        item for item in items if item.tick != NO_TICK and (item.tick > axis.top if above else item.tick < axis.bottom)
    ]
    if not hidden:
        return line.row()
    item = min(hidden, key=lambda each: abs(each.tick - (axis.top if above else axis.bottom)))
    glyph_set = SETS[look.glyphs]
    line.put(0, glyph_set.up if above else glyph_set.down, "muted")
    line.put(2, item.short, item.role)
    wide = look.width >= 22
    if wide:
        line.right(15, price(item.price), "muted")
        line.right(20, signed_fit(item.offset, 4, glyph_set.minus), "muted")
    elif look.width >= 15:
        line.right(look.width - 2, signed_fit(item.offset, 5, glyph_set.minus), "muted")
    return line.row()


def rail_head(items: Sequence[LevelItem], look: RailLook, unit: str, two_rows: bool) -> Rows:
    """Title and the next level above the screen; ``unit``: what the prices are of."""
    above = beyond_row(items, look, True)
    if not two_rows:
        return (above,)
    title = Line(look.width)
    title.put(2, "LEVEL", "muted", bold=True)
    wide = look.width >= 22
    if wide:
        title.right(15, unit, "muted")
    title.right(18 if wide else look.width - 4, "S", "muted")
    return (title.row(), above)
