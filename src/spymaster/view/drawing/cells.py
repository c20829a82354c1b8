"""Rows of cells: what every projection returns.

A row is a tuple of runs, a run is text and the name of its style. Every character is one cell wide, so the width of a
row is the sum of its text lengths. Equal rows compare and hash equal, which is how a widget finds what changed.

A style name is ``FG[*][/BG]``: the ink, ``*`` for bold, and the ground (``ground`` where absent). Inks and grounds are
names a theme resolves:

- a role: ``muted``, ``bid``, ``wall``
- ``dim:ROLE``, the role mixed into the ground
- ``heat:N``, a step of the heat ramp, and ``ink``, what marks turn to on its bright steps
- ``ribbon:ROLE``, a state's ribbon on the brightest steps
- ``force:ROLE:GROUND``, the tint behind a letter of the forces bar
- ``fade:NAME``, a name at the strength of stale data
- ``weak:ROLE``, a level's line
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from spymaster.view.drawing.plain_text import one_cell_each

Run: TypeAlias = tuple[str, str]
Row: TypeAlias = tuple[Run, ...]
Rows: TypeAlias = tuple[Row, ...]

GROUND: Final = "ground"


@lru_cache(maxsize=4096)
def style(ink: str, ground: str = GROUND, bold: bool = False) -> str:
    """The name of a style."""
    name = ink + "*" if bold else ink
    return name if ground == GROUND else f"{name}/{ground}"


def width_of(row: Row) -> int:
    """Cells the row fills."""
    return sum(len(text) for text, _ in row)


def text_of(row: Row) -> str:
    """The row's characters without their styles."""
    return "".join(text for text, _ in row)


@lru_cache(maxsize=512)
def blank(width: int, ground: str = GROUND) -> Row:
    """An empty row."""
    return ((" " * width, style("text", ground)),) if width > 0 else ()


def clip(text: str, width: int) -> str:
    """The text cut to ``width`` cells, with an ellipsis where something was cut."""
    if len(text) <= width:
        return text
    return text[: width - 1] + "…" if width > 1 else text[: max(width, 0)]


class Line:
    """One row while it is being written, cell by cell."""

    __slots__ = ("_chars", "_grounds", "_inks", "width")

    def __init__(self, width: int, ground: str = GROUND) -> None:
        self.width = width
        self._chars = [" "] * width
        self._inks = [""] * width
        self._grounds = [ground] * width

    def put(self, x: int, text: str, ink: str = "text", *, bold: bool = False, ground: str | None = None) -> int:
        """Write ``text`` from cell ``x``; what falls outside is cut off. Returns the cell after the text."""
        ink = ink + "*" if bold else ink
        text, end = one_cell_each(text), x + len(text)
        if x >= 0 and end <= self.width:
            self._chars[x:end] = text
            self._inks[x:end] = [ink] * len(text)
            if ground is not None:
                self._grounds[x:end] = [ground] * len(text)
            return end
        for at, char in enumerate(text, x):
            if 0 <= at < self.width:
                self._chars[at] = char
                self._inks[at] = ink
                if ground is not None:
                    self._grounds[at] = ground
        return end

    def right(self, end: int, text: str, ink: str = "text", *, bold: bool = False, ground: str | None = None) -> int:
        """Write ``text`` so that its last character stands at cell ``end``. Returns its first cell."""
        start = end - len(text) + 1
        self.put(start, text, ink, bold=bold, ground=ground)
        return start

    def runs(self, x: int, parts: Sequence[Run]) -> int:
        """Write parts of (text, ink) one after another; an ink may end in ``*``. Returns the cell after the last."""
        for text, ink in parts:
            x = self.put(x, text, ink)
        return x

    def fill(self, start: int, end: int, ground: str) -> None:
        """Give the cells ``start`` to ``end`` (excluded) a ground."""
        for at in range(max(start, 0), min(end, self.width)):
            self._grounds[at] = ground

    def ground_at(self, x: int) -> str:
        """The ground of a cell."""
        return self._grounds[x]

    def row(self) -> Row:
        """The finished row: neighbours of one style are one run; a blank takes the ink of the cell before it."""
        out: list[Run] = []
        chars, inks, grounds = self._chars, self._inks, self._grounds
        start, is_blank = 0, True
        ink, ground = "", ""
        for at in range(self.width):
            char, this_ink, this_ground = chars[at], inks[at], grounds[at]
            if at and this_ground == ground:
                if char == " ":
                    continue
                if this_ink == ink:
                    is_blank = False
                    continue
                if is_blank:
                    ink, is_blank = this_ink, False
                    continue
            if at:
                out.append(("".join(chars[start:at]), _name(ink, ground)))
            start, ink, ground, is_blank = at, this_ink, this_ground, char == " "
        if self.width:
            out.append(("".join(chars[start:]), _name(ink, ground)))
        return tuple(out)


def _name(ink: str, ground: str) -> str:
    return style(ink or "text", ground)


def merged(chars: Sequence[str], styles: Sequence[str]) -> Row:
    """A row from one character and one style name per cell."""
    out: list[Run] = []
    start = 0
    for at in range(1, len(chars)):
        if styles[at] != styles[start]:
            out.append(("".join(chars[start:at]), styles[start]))
            start = at
    if chars:
        out.append(("".join(chars[start:]), styles[start]))
    return tuple(out)
