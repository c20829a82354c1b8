"""How a published column is described, once: all else that must know about a column follows from its ``Field``."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

Codes = type[enum.IntEnum]
"""An enumeration whose members a column's numbers stand for."""


class Type(enum.Enum):
    """What a column's numbers mean, and so what becomes of them in a table."""

    NUMBER = "number"
    """A measure: float64, NaN where absent."""
    PRICE = "price"
    """A price: a number that moves when all prices move by as much."""
    TICK = "tick"
    """A price in whole ticks."""
    WHOLE = "whole number"
    """An integer, never absent."""
    FLAG = "flag"
    """True or false, never absent."""
    CODE = "word"
    """A member of an enumeration, by its number; in tables its name."""
    SIDE = "side"
    """+1 or -1: RESISTANCE or SUPPORT in tables."""


class Absent(enum.Enum):
    """When a column may hold no number."""

    NEVER = "never"
    JUDGED = "when the barrier is MISSING"
    """A barrier that can be judged always has it, and one out of view never."""
    FUELLED = "without a known exposure of dealers"
    """A level with a known exposure of dealers always has it."""
    SWEPT = "without a sweep in the band"
    """A level whose band was swept always has it."""
    OPTIONAL = "may be absent"


class Turn(enum.Enum):
    """What becomes of a number when the market is turned upside down: bids are asks, rises are falls."""

    SAME = "same"
    NEGATED = "negated"
    OPPOSITE_KIND = "the opposite kind of level"
    OPPOSITE_BOOK_SIDE = "the other side of the book"
    UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True)
class Mirror:
    """How a column behaves in a market turned upside down: the ``turn`` of its own number, or of another column's."""

    turn: Turn
    column: str = ""

    def words(self) -> str:
        """The rule as the table of columns says it."""
        return f"{self.turn.value}, of `{self.column}`" if self.column else self.turn.value


SAME: Final = Mirror(Turn.SAME)
NEGATED: Final = Mirror(Turn.NEGATED)
UNRELATED: Final = Mirror(Turn.UNRELATED)
OPPOSITE_KIND: Final = Mirror(Turn.OPPOSITE_KIND)
OPPOSITE_BOOK_SIDE: Final = Mirror(Turn.OPPOSITE_BOOK_SIDE)


def trades_places(column: str) -> Mirror:
    """The number of another column."""
    return Mirror(Turn.SAME, column)


def negated_from(column: str) -> Mirror:
    """The negated number of another column."""
    return Mirror(Turn.NEGATED, column)


@dataclass(frozen=True, slots=True)
class Field:
    """One published column. ``unit``: as people write it. ``doc``: what it says, one sentence or less.

    ``codes``: the enumeration of a CODE column. ``dtype``: of the engine's record. Raises ValueError for a column that
    does not say enough of itself.
    """

    name: str
    type: Type
    unit: str
    mirror: Mirror
    doc: str
    absent: Absent = Absent.NEVER
    codes: Codes | None = None
    dtype: str = "<f8"

    def __post_init__(self) -> None:
        if not self.doc.strip():
            raise ValueError(f"the column {self.name} says nothing of what it means")
        if not self.unit.strip():
            raise ValueError(f"the column {self.name} has no unit")
        if not isinstance(self.mirror, Mirror):
            raise ValueError(f"the column {self.name} has no rule for a market turned upside down")
        if (self.type is Type.CODE) != (self.codes is not None):
            raise ValueError(f"the column {self.name} is a word exactly if it names an enumeration")


def names_of(fields: Sequence[Field]) -> tuple[str, ...]:
    """The names of columns, in their order."""
    return tuple(field.name for field in fields)


def by_name(fields: Sequence[Field]) -> Mapping[str, Field]:
    """The columns of a table by name. Raises ValueError for a name that stands twice, or a mirror that is no column."""
    found = {field.name: field for field in fields}
    twice = sorted({name for name in found if sum(field.name == name for field in fields) > 1})
    if twice:
        raise ValueError(f"columns stand twice: {', '.join(twice)}")
    for field in fields:
        if field.mirror.column and field.mirror.column not in found:
            raise ValueError(f"{field.name} is said to trade places with {field.mirror.column}, which is no column")
    return MappingProxyType(found)


def row_dtype(fields: Sequence[Field], order: Sequence[str] = ()) -> np.dtype[Any]:
    """The engine's record of a table; ``order``: the order of its memory where something rests on it.

    Raises ValueError for an order that leaves a column out or names one that is none.
    """
    table = by_name(fields)
    names = tuple(order) or tuple(table)
    if sorted(names) != sorted(table):
        wrong = sorted(set(names) ^ set(table)) or sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"the order of the columns and the table differ: {', '.join(wrong)}")
    return np.dtype([(name, table[name].dtype) for name in names])


def absent_when(fields: Sequence[Field], *rules: Absent) -> frozenset[str]:
    """The names of columns that are absent by one of these rules."""
    return frozenset(field.name for field in fields if field.absent in rules)
