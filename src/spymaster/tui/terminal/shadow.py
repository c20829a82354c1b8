"""What the terminal shows and what it should show, cell by cell, and the bytes that lead from one to the other.

On a narrow link a picture that is not yet on the screen when the next one comes is never finished: only what differs
from the newest picture is sent, the rows of the newest frame first.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from typing import Final

from spymaster.tui.terminal.cell_text import BITS, CODE, REWRITTEN, UNKNOWN, CellText, is_one_pen
from spymaster.tui.terminal.pens import PLAIN

_CONTROL: Final = re.compile(r"\x1b[\]P][^\x07\x1b]*(?:\x07|\x1b\\)|\x07")
"""What is for the terminal and not for a cell: titles, the clipboard, notifications, the bell."""

_SEQUENCE: Final = re.compile(r"([0-9;?]*)([A-Za-z])")


class ShadowScreen:
    """A terminal of ``width`` x ``height`` cells whose contents are unknown at first."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._text = CellText()
        blank: list[int] = []
        self._text.write(blank, " " * width, PLAIN)
        self._wanted = [list(blank) for _ in range(height)]
        self._shown = [[UNKNOWN] * width for _ in range(height)]
        self._fresh: list[int] = []
        self._stale: list[int] = []
        self._pen: int | None = None
        self._pen_wanted = PLAIN
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
        cells: list[int] = []
        self._text.write(cells, text, self._text.pens.number(pen))
        kept = max(min(len(cells), self.width - column), 0)
        self._wanted[row][column : column + kept] = cells[:kept]
        return row, column + len(cells), pen

    def _order(self, touched: dict[int, None]) -> None:
        """The edges of the screen first, which tell what a key did; then the rows of this frame, those with the least
        to change before the others; behind them what is left of older frames."""
        left = [row for row in (*self._fresh, *self._stale) if row not in touched]
        changed = [row for count, row in sorted((self._changes(row), row) for row in touched) if count]
        edges = [row for row in (self.height - 1, self.height - 2, 0) if row in changed or row in left]
        self._fresh = edges + [row for row in changed if row not in edges]
        self._stale = [row for row in left if row not in edges]

    def _changes(self, row: int) -> int:
        return sum(map(operator.ne, self._wanted[row], self._shown[row]))

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
        wanted, shown = self._wanted[row], self._shown[row]
        out: list[str] = []
        size = at = 0
        for changed in range(self.width):
            if changed < at or wanted[changed] == shown[changed]:
                continue
            # a wide character is written from its first half on
            at = changed if wanted[changed] & CODE or changed == at else changed - 1
            pen, code = wanted[at] >> BITS, wanted[at] & CODE
            change, held = self._change(pen)
            text = self._way_to(row, at, wanted) + change + self._text.char(code)
            size += len(text.encode())
            if size > limit and (out or not must):
                return "".join(out), False
            out.append(text)
            self._pen, self._pen_wanted = held, pen
            first, at = at, at + 1
            while at < self.width and not wanted[at] & CODE:
                at += 1
            shown[first:at] = wanted[first:at]
            self._cursor = (row, at) if at < self.width else None
        return "".join(out), True

    def _change(self, pen: int) -> tuple[str, int]:
        """Bytes that bring the pen in force to one that writes as the wanted one, and which is in force then."""
        if self._pen is not None and pen == self._pen_wanted:
            return "", self._pen
        if self._pen is not None:
            return self._text.pens.change(self._pen, pen)
        change, held = self._text.pens.change(PLAIN, pen)
        return f"\x1b[0m{change}", held

    def _way_to(self, row: int, column: int, wanted: Sequence[int]) -> str:
        """Bytes that bring the cursor to a cell, on the shortest way."""
        if self._cursor == (row, column):
            return ""
        if self._cursor is not None and self._cursor[0] == row and (gap := column - self._cursor[1]) > 0:
            between = wanted[self._cursor[1] : column]
            if gap <= REWRITTEN and self._pen is not None and is_one_pen(between, self._pen_wanted):
                return self._text.between(between)
            return "\x1b[C" if gap == 1 else f"\x1b[{gap}C"
        return f"\x1b[{row + 1};{column + 1}H"
