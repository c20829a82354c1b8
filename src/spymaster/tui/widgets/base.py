"""What all widgets of the cockpit share: rows in, strips out, and only changed rows are painted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from rich.segment import Segment
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from spymaster.tui.terminal.canvas import Canvas, Cells
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Row, Rows

_CACHED_STRIPS: Final = 16_384


def own_css(module: str) -> str:
    """The style sheet beside a widget's module (its ``__file__``)."""
    return Path(module).with_suffix(".tcss").read_text(encoding="utf-8")


class Painter:
    """Strips of rows under one theme, each made once. Shared by all widgets of a screen."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._strips: dict[Row, Strip] = {}
        self._cells: dict[Row, Cells] = {}
        self._pens: dict[str, int] = {}

    def strip(self, row: Row) -> Strip:
        """The row as a strip."""
        strip = self._strips.get(row)
        if strip is None:
            if len(self._strips) >= _CACHED_STRIPS:
                self._strips.clear()
            style = self.theme.style
            segments = [Segment(text, style(name)) for text, name in row]
            strip = self._strips[row] = Strip(segments, sum(len(text) for text, _ in row))
        return strip

    def cells(self, row: Row, canvas: Canvas) -> Cells:
        """The row as cells of the terminal's canvas, of which there is one."""
        cells = self._cells.get(row)
        if cells is None:
            if len(self._cells) >= _CACHED_STRIPS:
                self._cells.clear()
            pens = self._pens
            for _, name in row:
                if name not in pens:
                    pens[name] = canvas.pen(self.theme.style(name))
            cells = self._cells[row] = canvas.written((text, pens[name]) for text, name in row)
        return cells

    def blank(self, width: int) -> Strip:
        """An empty strip."""
        return Strip([Segment(" " * width, self.theme.style("text"))], width)


class RowWidget(Widget):
    """A widget that shows rows. ``show`` compares them with those painted last and repaints what differs."""

    DEFAULT_CSS = own_css(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    HELP: ClassVar[str | None] = None

    def __init__(self, painter: Painter, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._painter = painter
        self._rows: Rows = ()
        self._strips: dict[int, Strip] = {}
        self._strips_width = 0

    @property
    def rows(self) -> Rows:
        """The rows that are on the screen, or will be with the next paint."""
        return self._rows

    def show(self, rows: Rows) -> int:
        """Show the rows. Returns how many of them have to be painted."""
        changed = self._take(rows)
        if changed:
            width = max(self.size.width, 1)
            self.refresh(*(Region(0, start, width, end - start) for start, end in spans(changed)))
        return len(changed)

    def paint(self, rows: Rows, canvas: Canvas, place: Region) -> int:
        """As ``show``, but what differs goes past the toolkit onto the canvas: to where the widget stands, uncovered.
        Returns the number of rows that were put there."""
        changed = self._take(rows)
        if not changed:
            return 0
        filters = self.get_line_filters()
        for y in changed:
            if y >= place.height:
                break
            cells: Cells = ()
            if not filters and y < len(rows):
                cells = self._painter.cells(rows[y], canvas)
            if len(cells) != place.width:
                strip = self._line(y, place.width)
                for line_filter in filters:
                    strip = strip.apply_filter(line_filter, self.background_colors[1])
                cells = canvas.cells(strip)
            canvas.put(place.x, place.y + y, cells)
        return len(changed)

    def _take(self, rows: Rows) -> list[int]:
        """From now on these are the rows; returns those that differ from the ones before."""
        if rows is self._rows:
            return []
        changed = changed_rows(self._rows, rows)
        if changed:
            self._rows = rows
            for y in changed:
                self._strips.pop(y, None)
        return changed

    def use(self, painter: Painter) -> None:
        """Paint with another theme from now on."""
        self._painter = painter
        self._strips.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The strip of one row; cut or filled where the size has just changed."""
        return self._line(y, self.size.width)

    def _line(self, y: int, width: int) -> Strip:
        if width != self._strips_width:
            self._strips.clear()
            self._strips_width = width
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._made(y, width)
        return strip

    def _made(self, y: int, width: int) -> Strip:
        if not 0 <= y < len(self._rows):
            return self._painter.blank(width)
        strip = self._painter.strip(self._rows[y])
        if strip.cell_length != width:
            return strip.adjust_cell_length(width, self._painter.theme.style("text"))
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """The visible strips. Rows bring their whole look along, so the style sheet's own layers are left out."""
        width = self.size.width
        strips = [self._line(y, width) for y in crop.line_range]
        if filters := self.get_line_filters():
            ground = self.background_colors[1]
            for line_filter in filters:
                strips = [strip.apply_filter(line_filter, ground) for strip in strips]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Filters of the app, except the one that would turn exact palette numbers into approximate colours."""
        return [each for each in super().get_line_filters() if not isinstance(each, ANSIToTruecolor)]


def changed_rows(old: Rows, new: Rows) -> list[int]:
    """Indices of the rows that differ, including those that were added or taken away."""
    common = min(len(old), len(new))
    changed = [y for y in range(common) if new[y] is not old[y] and new[y] != old[y]]
    return changed + list(range(common, max(len(old), len(new))))


def spans(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring rows as (first, end)."""
    out: list[tuple[int, int]] = []
    for row in rows:
        if out and out[-1][1] == row:
            out[-1] = (out[-1][0], row + 1)
        else:
            out.append((row, row + 1))
    return out
