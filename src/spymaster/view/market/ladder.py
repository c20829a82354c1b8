"""The price ladder as six narrow cuts: pulled or stacked, bid, price, ask, pulled or stacked, volume.

Each cut is a widget of its own because a changed cell is sent together with everything left of it. Rows are built from
a few small numbers and remembered, so that a row that did not change is the same object as before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from spymaster.market.kinds import NO_TICK
from spymaster.view.drawing.cells import Line, Row, Rows, blank
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.numbers import contracts, decimals_of, signed_short
from spymaster.view.layout import TRADED, LadderGrid
from spymaster.view.market.book import AWAY, REMEMBERED, SEEN, UNKNOWN, BookWindow, Side
from spymaster.view.market.ladder_look import LadderLook, filled_eighths
from spymaster.view.market.traded import put_traded_heads, traded_rows
from spymaster.view.state import Limits


def ladder_rows(window: BookWindow, look: LadderLook, resting: frozenset[str] = frozenset()) -> dict[str, Rows]:
    """The cuts by panel name, without those that rest."""
    grid = look.grid
    cuts: dict[str, Callable[[], Rows]] = {
        "bid": lambda: _sizes(window.bid, look, True),
        "price": lambda: _prices(window, look),
        "ask": lambda: _sizes(window.ask, look, False),
    }
    if grid.flow:
        cuts["flow_bid"] = lambda: _flows(window.bid, look, grid.flow + 1)
        cuts["flow_ask"] = lambda: _flows(window.ask, look, grid.flow + (1 if grid.volume else 0))
    if grid.volume:
        cuts["volume"] = lambda: _volumes(window, look)
    return {name: rows() for name, rows in cuts.items() if name not in resting}


def _ground(look: LadderLook, row: int) -> str:
    return "raised" if row in look.tinted else "ground"


def _size_cells(grid: LadderGrid, bids: bool) -> int:
    """Cells of a size cut: its column and the gap after it, which the last column has not."""
    return grid.size + (1 if bids or grid.flow else 0)


def _sizes(side: Side, look: LadderLook, bids: bool) -> Rows:
    width = look.grid.size
    cells = _size_cells(look.grid, bids)
    out = []
    for row, (kind, size) in enumerate(zip(side.kind, side.size, strict=True)):
        bar = filled_eighths(size, look.size_scale, width) if kind == SEEN else 0
        best = row == side.best_row and kind == SEEN
        out.append(_size_row(width, cells, bids, kind, size, bar, best, look.stale, _ground(look, row), look.glyphs))
    return tuple(out)


@lru_cache(maxsize=8192)
def _size_row(
    width: int,
    cells: int,
    bids: bool,
    kind: int,
    size: int,
    bar: int,
    best: bool,
    stale: bool,
    ground: str,
    glyphs: str,
) -> Row:
    line = Line(cells, ground)
    if kind == AWAY:
        return line.row()
    if kind in (REMEMBERED, UNKNOWN):
        return _unseen_row(line, width, bids, kind, size, glyphs)
    text = contracts(size)
    name = "bid" if bids else "ask"
    ink = "muted" if stale else "bright" if best else name if size else "muted"
    bar_ground = "raised" if stale else f"best_{name}_bar" if best else f"{name}_bar"
    start = width - 1 - len(text) if bids else 1
    _bar(line, width, bids, bar, bar_ground, (start, start + len(text)), SETS[glyphs].eighths)
    line.put(start, text, ink, bold=best)
    return line.row()


def _bar(line: Line, width: int, bids: bool, bar: int, ground: str, text: tuple[int, int], eighths: str) -> None:
    full, part = divmod(bar, 8)
    edge = width - 1 - full if bids else full
    line.fill(width - full if bids else 0, width if bids else full, ground)
    if not part or not 0 <= edge < width:
        return
    if text[0] <= edge < text[1] or eighths[1] == " ":
        if part >= 4 or not full:
            line.fill(edge, edge + 1, ground)
        return
    if bids:
        line.put(edge, eighths[8 - part], line.ground_at(edge), ground=ground)
    else:
        line.put(edge, eighths[part], ground)


def _unseen_row(line: Line, width: int, bids: bool, kind: int, size: int, glyphs: str) -> Row:
    line.put(0, SETS[glyphs].hatch * width, "hatch")
    if kind == REMEMBERED:
        text = f"~{contracts(size)}"
        if bids:
            line.right(width - 2, text, "muted")
            line.put(width - 1, " ")
        else:
            line.put(0, text, "muted")
    return line.row()


def _prices(window: BookWindow, look: LadderLook) -> Rows:
    axis, width = look.axis, look.grid.price
    last_row = axis.row_of(window.last_tick) if window.last_tick != NO_TICK else -1
    gap = (
        (axis.row_of(window.best_ask), axis.row_of(window.best_bid))
        if NO_TICK not in (window.best_bid, window.best_ask)
        else (0, 0)
    )
    out = []
    for row in range(axis.rows):
        tick = axis.low(row)
        if row == last_row:
            tick = window.last_tick
        mark = look.marks.get(tick)
        between = gap[0] < row < gap[1] and row != last_row and mark is None
        out.append(
            _price_row(
                *(width, tick, look.tick_size, row == last_row, between, look.stale, _ground(look, row), look.glyphs),
                mark,
            )
        )
    return tuple(out)


@lru_cache(maxsize=8192)
def _price_row(
    width: int,
    tick: int,
    tick_size: float,
    last: bool,
    between: bool,
    stale: bool,
    ground: str,
    glyphs: str,
    mark: tuple[str, str] | None,
) -> Row:
    letter, ink = mark or ("", "")
    line = Line(width + 1, "selected" if ink == "selected" else ground)
    if between:
        line.put(width - 4, SETS[glyphs].gap, "muted")
        return line.row()
    price = tick * tick_size
    text = f"{price:.{decimals_of(tick_size)}f}"
    lead = max(len(text) - 5, 0)
    start = width - len(text)
    whole = abs(price - round(price)) < tick_size / 2
    if last:
        line.fill(0, width, "muted" if stale else "last_cell")
        line.put(start, text[:lead], "last_cell_text")
        line.put(start + lead, text[lead:], "last_cell_text", bold=True)
        _put_mark(line, width, letter, ink, glyphs)
        return line.row()
    line.put(start, text[:lead], "muted")
    line.put(start + lead, text[lead:], "text" if whole else "muted", bold=whole)
    _put_mark(line, width, letter, ink, glyphs)
    return line.row()


def _put_mark(line: Line, width: int, letter: str, ink: str, glyphs: str) -> None:
    """A paper order before the price, the cursor behind it."""
    if letter:
        line.put(0, letter, ink, bold=True)
    elif ink:
        line.put(width, SETS[glyphs].signals[2], "bright")


def _flows(side: Side, look: LadderLook, width: int) -> Rows:
    limits = look.limits
    return tuple(
        _flow_row(width, look.grid.flow, change, _ground(look, row), look.stale, limits, look.glyphs)
        if kind == SEEN
        else blank(width, _ground(look, row))
        for row, (kind, change) in enumerate(zip(side.kind, side.change, strict=True))
    )


@lru_cache(maxsize=8192)
def _flow_row(width: int, cells: int, change: int, ground: str, stale: bool, limits: Limits, glyphs: str) -> Row:
    line = Line(width, ground)
    put_flow(line, cells - 1, change, cells, stale, limits, glyphs)
    return line.row()


def put_flow(line: Line, end: int, change: int, cells: int, stale: bool, limits: Limits, glyphs: str) -> None:
    """Write a pulled or stacked number so that it ends at cell ``end``."""
    size = abs(change)
    if size < limits.noise:
        line.right(end, SETS[glyphs].dot, "muted")
        return
    strong = size >= limits.strong
    ink = ("vacuum" if change < 0 else "wall") if strong else "text" if size >= limits.small else "muted"
    line.right(end, signed_short(change, cells, SETS[glyphs].minus), "muted" if stale else ink, bold=strong)


def _volumes(window: BookWindow, look: LadderLook) -> Rows:
    width = look.grid.volume
    if width >= TRADED:
        return traded_rows(window, look, [_ground(look, row) for row in range(look.axis.rows)])
    return tuple(
        _volume_row(width, filled_eighths(volume, look.volume_scale, width), _ground(look, row), look.glyphs)
        for row, volume in enumerate(window.volume)
    )


@lru_cache(maxsize=4096)
def _volume_row(width: int, bar: int, ground: str, glyphs: str) -> Row:
    line = Line(width, ground)
    full, part = divmod(max(bar, 1), 8)
    eighths = SETS[glyphs].eighths
    line.put(0, eighths[8] * full, "dim:neutral")
    if part:
        line.put(full, eighths[part], "dim:neutral" if bar else "faint")
    return line.row()


def ladder_head(look: LadderLook, contract: str, stale: str, two_rows: bool) -> Rows:
    """Title and column heads; ``stale`` replaces the setting when the data are old."""
    grid, zoom = look.grid, look.axis.zoom
    width = grid.width
    heads = Line(width)
    x = 0
    if grid.flow:
        heads.right(x + grid.flow - 1, f"{SETS[look.glyphs].change}10s", "muted")
        x += grid.flow + 1
    heads.right(x + grid.size - 2, "BID", "muted" if stale else "bid", bold=True)
    x += grid.size + 1
    heads.put(x + grid.price - 7, "PRICE", "muted", bold=True)
    x += grid.price + 1
    heads.put(x + 1, "ASK", "muted" if stale else "ask", bold=True)
    x += grid.size + 1
    if grid.flow:
        heads.right(x + grid.flow - 1, f"{SETS[look.glyphs].change}10s", "muted")
        x += grid.flow + 1
    if grid.volume >= TRADED:
        put_traded_heads(heads, x)
    elif grid.volume:
        heads.put(x, "VOL" if grid.volume >= 3 else "V", "muted")
    if not two_rows:
        return (heads.row(),)
    title = Line(width)
    title.put(0, "LADDER", "muted", bold=True)
    if stale:
        title.right(width - 1, stale, "blind", bold=True)
    else:
        ticks = f"{zoom} tick{'s' if zoom > 1 else ''}/row"
        title.right(width - 1, f"{contract}  {ticks}" if width >= 48 else contract if zoom == 1 else ticks, "muted")
    return (title.row(), heads.row())


def ladder_foot(window: BookWindow, look: LadderLook) -> Rows:
    """Totals over the visible book: pulled or stacked and resting contracts of either side."""
    grid = look.grid
    line = Line(grid.width)
    ink = ("muted", "muted") if look.stale else ("bid", "ask")
    x = 0
    if grid.flow:
        _put_total(line, x + grid.flow - 1, window.bid_change, look)
        x += grid.flow + 1
    line.right(x + grid.size - 2, contracts(window.bid_total), ink[0], bold=True)
    x += grid.size + 1
    line.put(x + grid.price - 7, f"Σ {window.levels} lv" if grid.price >= 9 else f"Σ{window.levels}", "muted")
    x += grid.price + 1
    line.put(x + 1 if grid.size >= 8 else x, contracts(window.ask_total), ink[1], bold=True)
    x += grid.size + 1
    if grid.flow:
        _put_total(line, x + grid.flow - 1, window.ask_change, look)
    return (line.row(),)


def _put_total(line: Line, end: int, change: int, look: LadderLook) -> None:
    strong = abs(change) >= look.limits.strong
    ink = "muted" if look.stale else ("vacuum" if change < 0 else "wall") if strong else "bright"
    line.right(end, signed_short(change, look.grid.flow, SETS[look.glyphs].minus), ink, bold=True)


def empty_ladder(grid: LadderGrid, rows: int, glyphs: str) -> dict[str, Rows]:
    """The ladder before the first book: hatched sides, points for prices."""
    hatched = {
        name: (_size_row(grid.size, _size_cells(grid, bids), bids, UNKNOWN, 0, 0, False, False, "ground", glyphs),)
        * rows
        for name, bids in (("bid", True), ("ask", False))
    }
    prices = Line(grid.price + 1)
    prices.put(grid.price - 7, SETS[glyphs].dot * 7, "faint")
    out = {**hatched, "price": (prices.row(),) * rows}
    if grid.flow:
        out["flow_bid"] = (blank(grid.flow + 1),) * rows
        out["flow_ask"] = (blank(grid.flow + (1 if grid.volume else 0)),) * rows
    if grid.volume:
        out["volume"] = (blank(grid.volume),) * rows
    return out
