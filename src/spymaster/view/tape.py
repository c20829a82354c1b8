"""The tape: aggressive orders put together again from their fills, newest first, small ones left out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from spymaster.view.cells import Line, Row, Rows, blank
from spymaster.view.glyphs import SETS
from spymaster.view.numbers import clock_ms, contracts

_BAR_CELLS = 8


def tape_rows(orders: NDArray[Any], tick_size: float, at_least: int, width: int, height: int, glyphs: str) -> Rows:
    """Title and the newest orders of ``at_least`` contracts in ``height`` rows."""
    title = Line(width)
    title.put(1 if width < 39 else 0, "TAPE", "muted", bold=True)
    title.right(width - 1, f"≥ {at_least} lots", "muted")
    shown = orders[orders["size"] >= at_least][::-1][: height - 1]
    out = [title.row()]
    scale = max(int(shown["size"].max(initial=1)), 1)
    for order in shown[["t_ns", "side", "size", "levels", "last_tick"]].tolist():
        out.append(_order_row(order, tick_size, scale, width, glyphs))
    if not len(shown):
        line = Line(width)
        line.put(1 if width < 39 else 0, "waiting for a trade of that size", "muted")
        out.append(line.row())
    out += [blank(width)] * (height - len(out))
    return tuple(out[:height])


@lru_cache(maxsize=256)
def _order_row(order: tuple[int, int, int, int, int], tick_size: float, scale: int, width: int, glyphs: str) -> Row:
    glyph_set = SETS[glyphs]
    line = Line(width)
    t_ns, side, size, levels, last_tick = order
    role = "bid" if side > 0 else "ask" if side < 0 else "muted"
    large = size * 3 >= scale
    x = 1 if width < 39 else 0
    x = line.put(x, clock_ms(t_ns), "muted") + 1
    text = f"{last_tick * tick_size:.2f}"
    x = line.put(x, text[:-5], "muted")
    x = line.put(x, text[-5:], "text") + 1
    glyph = (
        glyph_set.dot
        if not side
        else (glyph_set.large_buy if large else glyph_set.buy)
        if side > 0
        else (glyph_set.large_sell if large else glyph_set.sell)
    )
    line.put(x, glyph, role)
    line.right(x + 5, contracts(size, 4), role, bold=large)
    room = min(width - x - 7 - 7, _BAR_CELLS)
    if room > 0:
        bar = max(round(size / scale * room * 8), 1)
        ground = f"{role}_bar" if role != "muted" else "rule"
        line.put(x + 7, glyph_set.eighths[8] * (bar // 8), ground)
        if bar % 8:
            line.put(x + 7 + bar // 8, glyph_set.eighths[bar % 8], ground)
    note = "sweep" if levels >= 4 else f"{levels} lvl" if levels > 1 else ""
    line.right(width - 1, note, "bright", bold=True)
    return line.row()
