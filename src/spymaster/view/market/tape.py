"""The tape: aggressive orders put together again from their fills, newest first, small ones left out.

A large order's price, size and mark are bold; one that took several prices says how far it went (``↓1.25 sweep``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from spymaster.view.drawing.cells import Line, Row, Rows, blank
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import clock_ms, contracts, decimals_of

_BAR_CELLS = 8

_LARGE = 3
_SURELY_LARGE = 10
"""An order is large from a third of the largest on show, but never below the first multiple of the smallest order that
is listed, and always from the second."""


def tape_rows(orders: NDArray[Any], tick_size: float, at_least: int, width: int, height: int, glyphs: str) -> Rows:
    """Title and the newest orders of ``at_least`` contracts in ``height`` rows."""
    title = Line(width)
    title.put(1 if width < 39 else 0, "TAPE", "muted", bold=True)
    title.right(width - 1, f"{SETS[glyphs].at_least} {at_least} lots", "muted")
    shown = orders[orders["size"] >= at_least][::-1][: height - 1]
    out = [title.row()]
    scale = max(int(shown["size"].max(initial=1)), 1)
    large = max(_LARGE * at_least, min(scale // 3, _SURELY_LARGE * at_least))
    for order in shown[["t_ns", "side", "size", "levels", "last_tick", "low_tick", "high_tick"]].tolist():
        out.append(_order_row(order, tick_size, scale, large, width, glyphs))
    if not len(shown):
        line = Line(width)
        line.put(1 if width < 39 else 0, "waiting for a trade of that size", "muted")
        out.append(line.row())
    out += [blank(width)] * (height - len(out))
    return tuple(out[:height])


@lru_cache(maxsize=256)
def _order_row(
    order: tuple[int, int, int, int, int, int, int],
    tick_size: float,
    scale: int,
    large_from: int,
    width: int,
    glyphs: str,
) -> Row:
    glyph_set = SETS[glyphs]
    line = Line(width)
    t_ns, side, size, levels, last_tick, low_tick, high_tick = order
    role = "bid" if side > 0 else "ask" if side < 0 else "muted"
    large = size >= large_from
    x = 1 if width < 39 else 0
    x = line.put(x, clock_ms(t_ns), "muted") + 1
    decimals = decimals_of(tick_size)
    text = f"{last_tick * tick_size:.{decimals}f}"
    x = line.put(x, text[:-5], "muted")
    x = line.put(x, text[-5:], "bright" if large else "text", bold=large) + 1
    line.put(x, _mark(side, large, glyph_set), role, bold=large)
    line.right(x + 5, contracts(size, 4), role, bold=large)
    note = "sweep" if levels >= 4 else f"{levels} lvl" if levels > 1 else ""
    room = width - x - 7
    spanned = ""
    if levels > 1 and room >= 11 and side:
        spanned = f"{glyph_set.up if side > 0 else glyph_set.down}{(high_tick - low_tick) * tick_size:.{decimals}f}"
    _put_bar(line, x + 7, room if room >= 11 else min(room - 7, _BAR_CELLS), size / scale, role, glyph_set)
    line.right(width - 1, note, "bright", bold=True)
    line.right(width - 7, spanned, "text")
    return line.row()


def _mark(side: int, large: bool, glyphs: Glyphs) -> str:
    if not side:
        return glyphs.dot
    if side > 0:
        return glyphs.large_buy if large else glyphs.buy
    return glyphs.large_sell if large else glyphs.sell


def _put_bar(line: Line, x: int, room: int, part: float, role: str, glyphs: Glyphs) -> None:
    """A ground as long as the order is large; what is said about it stands on the bar."""
    if room <= 0:
        return
    full, rest = divmod(max(round(part * room * 8), 1), 8)
    ground = f"{role}_bar" if role != "muted" else "rule"
    line.fill(x, x + full, ground)
    if rest:
        line.put(x + full, glyphs.eighths[rest], ground)
