"""Who traded at each price: sold into the bid, bought from the ask, the difference, and the sum upon its bar."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from spymaster.view.drawing.cells import Line, Row, Rows
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.numbers import contracts, signed_short
from spymaster.view.layout import TRADED
from spymaster.view.market.book import BookWindow
from spymaster.view.market.ladder_look import LadderLook, filled_eighths

_SIDE: Final = 4
_DELTA: Final = 5
_SUM: Final = TRADED - 2 * (_SIDE + 1) - _DELTA - 1
_LOPSIDED: Final = 2 / 3
"""From this share of what was traded at a price on, one side alone did it, and the difference is bright."""


def put_traded_heads(line: Line, x: int) -> None:
    """The heads of the four columns, from cell ``x``."""
    line.right(x + _SIDE - 1, "SOLD", "muted")
    line.right(x + 2 * _SIDE, "BGHT", "muted")
    line.right(x + 2 * _SIDE + 1 + _DELTA, "DELTA", "muted")
    line.put(x + TRADED - _SUM, "VOL", "muted")


def traded_rows(window: BookWindow, look: LadderLook, grounds: Sequence[str]) -> Rows:
    """One row a price, from the top; ``grounds``: of each row."""
    return tuple(
        _row(
            sold,
            bought,
            filled_eighths(sold + bought, look.volume_scale, _SUM),
            look.stale,
            look.limits.noise,
            ground,
            look.glyphs,
        )
        for sold, bought, ground in zip(window.sold, window.bought, grounds, strict=True)
    )


@lru_cache(maxsize=8192)
def _row(sold: int, bought: int, bar: int, stale: bool, noise: int, ground: str, glyphs: str) -> Row:
    line = Line(TRADED, ground)
    glyph_set = SETS[glyphs]
    total, delta = sold + bought, bought - sold
    if not total:
        return line.row()
    line.right(_SIDE - 1, contracts(sold, _SIDE) if sold else glyph_set.dot, "muted" if stale else "ask")
    line.right(2 * _SIDE, contracts(bought, _SIDE) if bought else glyph_set.dot, "muted" if stale else "bid")
    end = 2 * _SIDE + 1 + _DELTA
    if abs(delta) < noise:
        line.right(end, glyph_set.dot, "muted")
    else:
        lopsided = max(sold, bought) >= _LOPSIDED * total and not stale
        ink = ("bid" if delta > 0 else "ask") if lopsided else "muted"
        line.right(end, signed_short(delta, _DELTA, glyph_set.minus), ink, bold=lopsided)
    x = TRADED - _SUM
    line.fill(x, x + max(bar // 8, 1), "rule")
    line.put(x, contracts(total, _SUM - 1), "muted" if stale else "text")
    return line.row()
