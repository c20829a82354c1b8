"""Text of terminals as cells and back: the one way in which a screen is kept in memory, whatever the link.

A cell is a number: its pen above 21 bits of character code. Code 0 is the second half of a wide character, codes beyond
Unicode stand for characters that are written as several.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import get_character_cell_size

from spymaster.tui.terminal.pens import Pens

BITS: Final = 21
CODE: Final = (1 << BITS) - 1
"""The character of a cell, without its pen."""
SECOND_HALF: Final = 0
UNKNOWN: Final = -1
"""A cell that nobody has told of."""
REWRITTEN: Final = 3
"""So many unchanged cells are written again rather than passed over: the move takes four bytes."""
_BLANK: Final = ord(" ")
_FIRST_CLUSTER: Final = 0x110000


class CellText:
    """Turns text into cells and cells into text. A cell means the same to the object that made it, for ever."""

    def __init__(self) -> None:
        self.pens = Pens()
        self._clusters: list[str] = []
        self._cluster_codes: dict[str, int] = {}

    def write(self, out: list[int], text: str, pen: int) -> None:
        """Append the cells of a text to ``out``."""
        high = pen << BITS
        blank = self.pens.blank(pen) << BITS | _BLANK
        if text.isspace() and text.isascii():
            out += [blank] * len(text)
            return
        is_plain = text.isascii()
        for char in text:
            width = 1 if is_plain else get_character_cell_size(char)
            if width > 0:
                out.append(blank if char == " " else high | ord(char))
                if width > 1:
                    out += [high | SECOND_HALF] * (width - 1)
            elif out:
                out[-1] = self._joined(out[-1], char)

    def char(self, code: int) -> str:
        """What is written for the character of a cell."""
        if code >= _FIRST_CLUSTER:
            return self._clusters[code - _FIRST_CLUSTER]
        return chr(code or _BLANK)

    def between(self, cells: Sequence[int]) -> str:
        """Cells whose pen is in force, as they are written."""
        return "".join([self.char(cell & CODE) for cell in cells])

    def _joined(self, cell: int, mark: str) -> int:
        """A cell whose character gets a mark that takes no cell of its own."""
        cluster = self.char(cell & CODE) + mark
        code = self._cluster_codes.get(cluster)
        if code is None:
            code = self._cluster_codes[cluster] = _FIRST_CLUSTER + len(self._clusters)
            self._clusters.append(cluster)
        return cell >> BITS << BITS | code


def is_one_pen(cells: Sequence[int], pen: int) -> bool:
    """Whether these can be written with that pen: none of them is unknown or half of a wide character."""
    for cell in cells:  # noqa: SIM110 - all() with a generator takes twice as long, and this is asked of every gap
        if cell >> BITS != pen or not cell & CODE:
            return False
    return True
