"""What the terminal shows and what it should show, cell by cell, and the bytes that lead from one to the other.

On a narrow link a picture that is not yet on the screen when the next one comes is never finished: only what differs
from the newest picture is sent, the rows of the newest frame first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rich.cells import cell_len

_CONTROL: Final = re.compile(r"\x1b[\]P][^\x07\x1b]*(?:\x07|\x1b\\)|\x07")
"""What is for the terminal and not for a cell: titles, the clipboard, notifications, the bell."""

_SEQUENCE: Final = re.compile(r"([0-9;?]*)([A-Za-z])")
_BRIDGED: Final = 3
"""Unchanged cells between two changes that cost less to send again than to pass over."""

_UNKNOWN: Final = "?"
"""Style of a cell that nobody knows: no style is called so."""


class ShadowScreen:
    """A terminal of ``width`` x ``height`` cells whose contents are unknown at first."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._wanted = [([" "] * width, [""] * width) for _ in range(height)]
        self._shown = [([" "] * width, [_UNKNOWN] * width) for _ in range(height)]
        self._fresh: list[int] = []
        self._stale: list[int] = []
        self._pen: str | None = None
        self._cursor: tuple[int, int] | None = None

    @property
    def behind(self) -> bool:
        """True while the terminal does not show the newest picture."""
        return bool(self._fresh or self._stale)

    @property
    def row(self) -> int:
        """Row the terminal's cursor is in, -1 where that is not known."""
        return self._cursor[0] if self._cursor is not None else -1

    def moved(self, row: int, column: int) -> None:
        """Somebody else has put the cursor there."""
        self._cursor = (row, column)

    def take(self, text: str) -> str:
        """Take a frame over, as it would be written to the terminal; returns what of it is not for a cell."""
        controls = "".join(_CONTROL.findall(text))
        parts = (_CONTROL.sub("", text) if controls else text).split("\x1b[")
        touched: dict[int, None] = {}
        row, column, pen = self._put(0, 0, "", parts[0], touched)
        for part in parts[1:]:
            match = _SEQUENCE.match(part)
            if match is None:
                continue
            codes, letter = match.groups()
            if letter == "H":
                y, _, x = codes.partition(";")
                row, column = int(y or 1) - 1, int(x or 1) - 1
            elif letter == "m":
                pen = "" if codes in ("", "0") else f"{pen};{codes}" if pen else codes
            row, column, pen = self._put(row, column, pen, part[match.end() :], touched)
        self._order(touched)
        return controls

    def _put(self, row: int, column: int, pen: str, text: str, touched: dict[int, None]) -> tuple[int, int, str]:
        text = text.rstrip("\r\n")
        if not text or not 0 <= row < self.height:
            return row, column, pen
        touched[row] = None
        chars, styles = self._wanted[row]
        width = cell_len(text)
        cells = list(text) if width == len(text) else _cells_of(text)
        kept = max(min(width, self.width - column), 0)
        chars[column : column + kept] = cells[:kept]
        styles[column : column + kept] = [pen] * kept
        return row, column + width, pen

    def _order(self, touched: dict[int, None]) -> None:
        """The edges of the screen first, which tell what a key did; then the rows of this frame, those with the least
        to change before the others; behind them what is left of older frames."""
        left = [row for row in (*self._fresh, *self._stale) if row not in touched]
        changed = [row for count, row in sorted((self._changes(row), row) for row in touched) if count]
        edges = [row for row in (self.height - 1, self.height - 2, 0) if row in changed or row in left]
        self._fresh = edges + [row for row in changed if row not in edges]
        self._stale = [row for row in left if row not in edges]

    def _changes(self, row: int) -> int:
        if self._wanted[row] == self._shown[row]:
            return 0
        (chars, styles), (shown, worn) = self._wanted[row], self._shown[row]
        return sum(a != b or c != d for a, b, c, d in zip(chars, shown, styles, worn, strict=True))

    def piece(self, limit: int) -> str:
        """The next changes, about ``limit`` bytes of them and at least one cell; empty when there are none."""
        out: list[str] = []
        left = limit
        for rows in (self._fresh, self._stale):
            while rows and left > 0:
                text, done = self._row_changes(rows[0], left, must=not out)
                if text:
                    out.append(text)
                    left -= len(text.encode())
                if not done:
                    return "".join(out)
                rows.pop(0)
        return "".join(out)

    def _row_changes(self, row: int, limit: int, *, must: bool) -> tuple[str, bool]:
        """Bytes for the changes of a row up to the limit, and whether that was all of them. ``must``: one cell at
        least, however long it is."""
        (chars, styles), (shown, worn) = self._wanted[row], self._shown[row]
        if chars == shown and styles == worn:
            return "", True
        out: list[str] = []
        size = 0
        for x in range(self.width):
            if chars[x] == shown[x] and styles[x] == worn[x]:
                continue
            if chars[x]:
                text = self._way_to(row, x, chars, styles) + _change_of_pen(self._pen, styles[x]) + chars[x]
                size += len(text.encode())
                if size > limit and (out or not must):
                    return "".join(out), False
                out.append(text)
                self._pen = styles[x]
                end = x + cell_len(chars[x])
                self._cursor = (row, end) if end < self.width else None
            # The right half of a wide character went with its left one.
            shown[x], worn[x] = chars[x], styles[x]
        return "".join(out), True

    def _way_to(self, row: int, column: int, chars: Sequence[str], styles: Sequence[str]) -> str:
        """Bytes that bring the cursor to a cell, on the shortest way."""
        if self._cursor == (row, column):
            return ""
        if self._cursor is not None and self._cursor[0] == row and (gap := column - self._cursor[1]) > 0:
            at = self._cursor[1]
            between = chars[at:column]
            plain = all(len(char) == 1 and char.isascii() for char in between)
            if gap <= _BRIDGED and plain and all(style == self._pen for style in styles[at:column]):
                return "".join(between)
            return "\x1b[C" if gap == 1 else f"\x1b[{gap}C"
        return f"\x1b[{row + 1};{column + 1}H"


def _cells_of(text: str) -> list[str]:
    """A text as cells: a wide character is followed by an empty cell, a combining one joins the cell before it."""
    cells: list[str] = []
    for char in text:
        width = cell_len(char)
        if width == 0:
            if cells:
                cells[-1] += char
            continue
        cells.append(char)
        cells.extend([""] * (width - 1))
    return cells


@lru_cache(maxsize=1024)
def _parsed(codes: str) -> tuple[frozenset[str], str, str]:
    """Attributes, ink and ground of the codes of a style."""
    attributes: set[str] = set()
    ink = ground = ""
    parts = iter(codes.split(";") if codes else ())
    for code in parts:
        if code in ("38", "48"):
            kind = next(parts, "5")
            colour = ";".join((code, kind, *(next(parts, "0") for _ in range(1 if kind == "5" else 3))))
            ink, ground = (colour, ground) if code == "38" else (ink, colour)
        elif len(code) > 1 and code[:-1] in ("3", "9"):
            ink = "" if code == "39" else code
        elif len(code) > 1 and code[:-1] in ("4", "10"):
            ground = "" if code == "49" else code
        else:
            attributes.add(code)
    return frozenset(attributes), ink, ground


@lru_cache(maxsize=4096)
def _change_of_pen(old: str | None, new: str) -> str:
    """The shortest bytes that change the terminal's style from one to another. None: it is not known."""
    if old == new:
        return ""
    attributes, ink, ground = _parsed(new)
    before, old_ink, old_ground = _parsed(old) if old is not None else (frozenset({"unknown"}), "", "")
    codes: list[str] = []
    if before - attributes:
        codes.append("0")
        before, old_ink, old_ground = frozenset(), "", ""
    codes += sorted(attributes - before)
    if ink != old_ink:
        codes.append(ink or "39")
    if ground != old_ground:
        codes.append(ground or "49")
    return f"\x1b[{';'.join(codes)}m" if codes else ""
