"""What the terminal shows, cell by cell, and the shortest text from there to what it should show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from spymaster.tui.terminal.cell_text import BITS, CODE, REWRITTEN, UNKNOWN, CellText, is_one_pen
from spymaster.tui.terminal.pens import PLAIN

Cells: TypeAlias = tuple[int, ...]

_PARTS: Final = re.compile(
    r"\x1b\[(?P<row>\d+);(?P<column>\d+)H|\x1b\[(?P<pen>[\d;]*)m|(?P<kept>\x1b\[\?2026[hl])"
    r"|(?P<text>[^\x1b\x00-\x1f\x7f]+)|(?P<end>[\r\n]+)|(?P<other>[\x00-\x1f\x7f])"
)


class Canvas:
    """Knows what was sent and sends no cell twice. Cells it was never told of are left alone.

    ``colours``: how many colours the terminal has, None for none; to be set before the first cells are made.
    """

    def __init__(self) -> None:
        self.colours: ColorSystem | None = ColorSystem.TRUECOLOR
        self._text = CellText()
        self._of_style: dict[Style, int] = {}
        self._wanted: dict[int, list[int]] = {}
        self._shown: dict[int, list[int]] = {}
        self._touched: dict[int, tuple[int, int]] = {}

    def forget(self) -> None:
        """Nothing is known of what the terminal shows."""
        self._wanted.clear()
        self._shown.clear()
        self._touched.clear()

    def pen(self, style: Style | None) -> int:
        """The pen of a style."""
        if style is None:
            return PLAIN
        pen = self._of_style.get(style)
        if pen is None:
            pen = self._of_style[style] = self._text.pens.number(_parameters(style, self.colours))
        return pen

    def cells(self, segments: Iterable[Segment]) -> Cells:
        """Text in styles as cells."""
        return self.written((text, self.pen(style)) for text, style, _ in segments)

    def written(self, runs: Iterable[tuple[str, int]]) -> Cells:
        """Text and the pen it is written with as cells."""
        out: list[int] = []
        for text, pen in runs:
            self._text.write(out, text, pen)
        return tuple(out)

    def put(self, x: int, y: int, cells: Sequence[int]) -> None:
        """From the cell at column ``x`` of row ``y`` on these are to be seen."""
        end = x + len(cells)
        row = self._wanted.get(y)
        if row is None:
            row, self._shown[y] = self._wanted.setdefault(y, []), []
        if len(row) < end:
            more = [UNKNOWN] * (end - len(row))
            row += more
            self._shown[y] += more
        row[x:end] = cells
        first, last = self._touched.get(y, (x, end))
        self._touched[y] = min(first, x), max(last, end)

    def take(self) -> str:
        """What has to be sent for all that was put to be seen; from then on it counts as seen."""
        out: list[str] = []
        held = PLAIN
        for y in sorted(self._touched):
            start, end = self._touched[y]
            wanted, shown = self._wanted[y], self._shown[y]
            new, old = wanted[start:end], shown[start:end]
            if new != old:
                held = self._send(out, held, y, start, old, new)
                shown[start:end] = new
        self._touched.clear()
        if held != PLAIN:
            out.append("\x1b[0m")
        return "".join(out)

    def shortened(self, text: str) -> str:
        """A text of moves, styles and characters as a terminal would take it, without what is seen already. What else
        stands in it is sent as it is, and makes it unknown what the terminal shows."""
        x = y = pen = 0
        kept: list[str] = []
        moved = ""
        for part in _PARTS.finditer(text):
            kind = part.lastgroup
            if kind == "text":
                cells: list[int] = []
                self._text.write(cells, part["text"], pen)
                self.put(x, y, cells)
                x += len(cells)
                moved = ""
            elif kind == "pen":
                pen = self._text.pens.number(part["pen"])
            elif kind == "column":
                x, y, moved = int(part["column"]) - 1, int(part["row"]) - 1, part[0]
            elif kind == "kept":
                kept.append(part[0])
            elif kind == "other":
                self.forget()
                return text
        return "".join((*kept, self.take(), moved))

    def _send(self, out: list[str], held: int, y: int, start: int, old: list[int], new: list[int]) -> int:
        """The changed cells of a row from column ``start`` on; returns the pen in force."""
        change = self._text.pens.change
        cursor = wanted = -1
        for changed in [at for at, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]:
            at = changed
            if at < cursor:
                continue
            if not new[at] & CODE and at > max(cursor, 0):
                at -= 1  # a wide character is written from its first half on
            if cursor < 0:
                out.append(f"\x1b[{y + 1};{start + at + 1}H")
            elif at > cursor:
                between = new[cursor:at]
                if at - cursor <= REWRITTEN and is_one_pen(between, wanted):
                    out.append(self._text.between(between))
                else:
                    out.append(f"\x1b[{at - cursor}C" if at - cursor > 1 else "\x1b[C")
            pen, code = new[at] >> BITS, new[at] & CODE
            if pen != wanted:
                text, held = change(held, pen)
                out.append(text)
                wanted = pen
            out.append(self._text.char(code))
            cursor = at + 1
            while cursor < len(new) and not new[cursor] & CODE:
                cursor += 1
        return held


def _parameters(style: Style, colours: ColorSystem | None) -> str:
    """What stands between ``ESC [`` and ``m`` for a style."""
    found = re.match(r"\x1b\[([\d;]*)m", style.render("x", color_system=colours))
    return found[1] if found is not None else ""
