"""What the terminal shows, cell by cell, and the shortest text from there to what it should show.

A cell is a number: its pen above 21 bits of character code. Code 0 is the second half of a wide character, codes beyond
Unicode stand for characters that are written as several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from spymaster.tui.terminal.pens import PLAIN, Pens

Cells: TypeAlias = tuple[int, ...]

_BITS: Final = 21
_CODE: Final = (1 << _BITS) - 1
_BLANK: Final = ord(" ")
_SECOND_HALF: Final = 0
_FIRST_CLUSTER: Final = 0x110000
_UNKNOWN: Final = -1
_REWRITTEN: Final = 3
"""So many unchanged cells are written again rather than passed over: the move takes four bytes."""

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
        self._pens = Pens()
        self._of_style: dict[Style, int] = {}
        self._clusters: list[str] = []
        self._cluster_codes: dict[str, int] = {}
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
            pen = self._of_style[style] = self._pens.number(_parameters(style, self.colours))
        return pen

    def cells(self, segments: Iterable[Segment]) -> Cells:
        """Text in styles as cells."""
        return self.written((text, self.pen(style)) for text, style, _ in segments)

    def written(self, runs: Iterable[tuple[str, int]]) -> Cells:
        """Text and the pen it is written with as cells."""
        out: list[int] = []
        for text, pen in runs:
            self._write(out, text, pen)
        return tuple(out)

    def put(self, x: int, y: int, cells: Sequence[int]) -> None:
        """From the cell at column ``x`` of row ``y`` on these are to be seen."""
        end = x + len(cells)
        row = self._wanted.get(y)
        if row is None:
            row, self._shown[y] = self._wanted.setdefault(y, []), []
        if len(row) < end:
            more = [_UNKNOWN] * (end - len(row))
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
                self._write(cells, part["text"], pen)
                self.put(x, y, cells)
                x += len(cells)
                moved = ""
            elif kind == "pen":
                pen = self._pens.number(part["pen"])
            elif kind == "column":
                x, y, moved = int(part["column"]) - 1, int(part["row"]) - 1, part[0]
            elif kind == "kept":
                kept.append(part[0])
            elif kind == "other":
                self.forget()
                return text
        return "".join((*kept, self.take(), moved))

    def _write(self, out: list[int], text: str, pen: int) -> None:
        high = pen << _BITS
        blank = self._pens.blank(pen) << _BITS | _BLANK
        if text.isspace() and text.isascii():
            out += [blank] * len(text)
            return
        is_plain = text.isascii()
        for char in text:
            width = 1 if is_plain else get_character_cell_size(char)
            if width > 0:
                out.append(blank if char == " " else high | ord(char))
                if width > 1:
                    out += [high | _SECOND_HALF] * (width - 1)
            elif out:
                out[-1] = self._joined(out[-1], char)

    def _joined(self, cell: int, mark: str) -> int:
        """A cell whose character gets a mark that takes no cell of its own."""
        cluster = self._text(cell & _CODE) + mark
        code = self._cluster_codes.get(cluster)
        if code is None:
            code = self._cluster_codes[cluster] = _FIRST_CLUSTER + len(self._clusters)
            self._clusters.append(cluster)
        return cell >> _BITS << _BITS | code

    def _text(self, code: int) -> str:
        if code >= _FIRST_CLUSTER:
            return self._clusters[code - _FIRST_CLUSTER]
        return chr(code or _BLANK)

    def _send(self, out: list[str], held: int, y: int, start: int, old: list[int], new: list[int]) -> int:
        """The changed cells of a row from column ``start`` on; returns the pen in force."""
        change = self._pens.change
        cursor = wanted = -1
        for changed in [at for at, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]:
            at = changed
            if at < cursor:
                continue
            if not new[at] & _CODE and at > max(cursor, 0):
                at -= 1  # a wide character is written from its first half on
            if cursor < 0:
                out.append(f"\x1b[{y + 1};{start + at + 1}H")
            elif at > cursor:
                between = new[cursor:at]
                if at - cursor <= _REWRITTEN and self._flows(between, wanted):
                    out += [self._text(cell & _CODE) for cell in between]
                else:
                    out.append(f"\x1b[{at - cursor}C" if at - cursor > 1 else "\x1b[C")
            pen, code = new[at] >> _BITS, new[at] & _CODE
            if pen != wanted:
                text, held = change(held, pen)
                out.append(text)
                wanted = pen
            out.append(chr(code) if 0 < code < _FIRST_CLUSTER else self._text(code))
            cursor = at + 1
            while cursor < len(new) and not new[cursor] & _CODE:
                cursor += 1
        return held

    @staticmethod
    def _flows(cells: list[int], pen: int) -> bool:
        """Whether these can be written with that pen: none of them is unknown or half of a wide character."""
        for cell in cells:  # noqa: SIM110 - all() with a generator takes twice as long, and this is asked of every gap
            if cell >> _BITS != pen or not cell & _CODE:
                return False
        return True


def _parameters(style: Style, colours: ColorSystem | None) -> str:
    """What stands between ``ESC [`` and ``m`` for a style."""
    found = re.match(r"\x1b\[([\d;]*)m", style.render("x", color_system=colours))
    return found[1] if found is not None else ""
