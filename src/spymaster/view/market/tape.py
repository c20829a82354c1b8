"""The tape: aggressive orders put together again from their fills, newest first, small ones left out.

A large order's price, size and mark are bold; one that took several prices says how far it went (``↓1.25 sweep``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.view.drawing.cells import Line, Row, Rows, Run, blank
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import clock_ms, contracts, decimals_of, short, signed_short
from spymaster.view.market.heat_history import HeatHistory

_BAR_CELLS = 8
_FULL: Final = 39
"""Cells of a tape with room for everything."""
_PACE_S: Final = 5
"""Seconds the pace is taken over."""

_LARGE = 3
_SURELY_LARGE = 10
"""An order is large from a third of the largest on show, but never below the first multiple of the smallest order that
is listed, and always from the second."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How trading runs: contracts a second over the last few, and bought - sold by aggressors over the last minute and
    since the session began or the recording was joined."""

    per_s: float
    minute: int
    session: int


def pulse_of(history: HeatHistory, session_delta: int) -> Pulse:
    """The pulse as of the newest second that is remembered."""
    numbers = range(max(history.newest - 59, 0), history.newest + 1)
    minute = [second for number in numbers if (second := history.second(number)) is not None]
    paced = minute[-_PACE_S:]
    traded = sum(bought + sold for each in paced for _, bought, sold in each.dots)
    return Pulse(
        traded / len(paced) if paced else 0.0,
        sum(bought - sold for each in minute for _, bought, sold in each.dots),
        session_delta,
    )


def tape_rows(
    orders: NDArray[Any], pulse: Pulse, tick_size: float, at_least: int, width: int, height: int, glyphs: str
) -> Rows:
    """Title and the newest orders of ``at_least`` contracts in ``height`` rows."""
    title = _title(pulse, at_least, width, SETS[glyphs])
    shown = orders[orders["size"] >= at_least][::-1][: height - 1]
    out = [title.row()]
    scale = max(int(shown["size"].max(initial=1)), 1)
    large = max(_LARGE * at_least, min(scale // 3, _SURELY_LARGE * at_least))
    for order in shown[["t_ns", "side", "size", "levels", "last_tick", "low_tick", "high_tick"]].tolist():
        out.append(_order_row(order, tick_size, scale, large, width, glyphs))
    if not len(shown):
        line = Line(width)
        line.put(1 if width < _FULL else 0, "waiting for a trade of that size", "muted")
        out.append(line.row())
    out += [blank(width)] * (height - len(out))
    return tuple(out[:height])


def _title(pulse: Pulse, at_least: int, width: int, glyphs: Glyphs) -> Line:
    """What is listed, how fast it comes, and who was the stronger of late and all day."""
    title = Line(width)
    x = title.put(1 if width < _FULL else 0, "TAPE", "muted", bold=True)
    title.put(x + 1, f"{glyphs.at_least}{at_least}", "muted")
    parts: list[Run] = [(f"{short(pulse.per_s, 4)}/s ", "muted")] if width >= _FULL else []
    for word, delta in (("delta 1m ", pulse.minute), (" day ", pulse.session)):
        ink = "bid" if delta > 0 else "ask" if delta < 0 else "muted"
        parts += [(word, "muted"), (signed_short(delta, 5, glyphs.minus), ink)]
    title.runs(width - sum(len(text) for text, _ in parts), parts)
    return title


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
    x = 1 if width < _FULL else 0
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
