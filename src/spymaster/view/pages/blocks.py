"""Blocks of facts beside each other: as many columns as the width holds, filled from the shortest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip

WIDE: Final = 150
TWO: Final = 96
GAP: Final = 4

Fact = tuple[str, str, str]
"""Name, value, ink of the value."""


@dataclass(frozen=True, slots=True)
class Block:
    """A title, what stands at its right, and rows drawn for the width of a column."""

    title: str
    facts: tuple[Fact, ...] = ()
    right: str = ""
    right_ink: str = "muted"
    below: Rows = ()


def columns_of(width: int) -> tuple[int, int]:
    """How many columns stand beside each other, and how wide each is."""
    count = 3 if width >= WIDE else 2 if width >= TWO else 1
    return count, (width - GAP * (count - 1)) // count


def block_rows(blocks: Sequence[Block], width: int) -> Rows:
    """The blocks in columns, each block in the column that is shortest so far, with a blank row between two."""
    count, each = columns_of(width)
    columns: list[list[Row]] = [[] for _ in range(count)]
    for block in blocks:
        column = min(columns, key=len)
        if column:
            column.append(blank(each))
        column += _block(block, each)
    height = max((len(column) for column in columns), default=0)
    padded = [column + [blank(each)] * (height - len(column)) for column in columns]
    gap, rest = blank(GAP), blank(width - count * each - (count - 1) * GAP)
    out = []
    for parts in zip(*padded, strict=True):
        row: Row = parts[0]
        for part in parts[1:]:
            row = (*row, *gap, *part)
        out.append((*row, *rest))
    return tuple(out)


def _block(block: Block, width: int) -> list[Row]:
    line = Line(width)
    line.put(0, block.title, "muted", bold=True)
    room = max(width - len(block.title) - 2, 0)
    line.right(width - 1, clip(block.right, room), block.right_ink)
    return [line.row(), *(fact_row(fact, width) for fact in block.facts), *block.below]


def fact_row(fact: Fact, width: int) -> Row:
    """Name at the left, value at the right; the name gives way."""
    name, value, ink = fact
    line = Line(width)
    value = clip(value, width)
    line.put(0, clip(name, max(width - len(value) - 1, 0)), "muted")
    line.right(width - 1, value, ink)
    return line.row()


def text_line(text: str, width: int, ink: str = "text", *, bold: bool = False) -> Row:
    """One row of words."""
    line = Line(width)
    line.put(0, clip(text, width), ink, bold=bold)
    return line.row()
