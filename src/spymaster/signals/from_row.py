"""Messages out of rows: which column a field of a message is, and how its number becomes the field's value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from msgspec import Struct

from spymaster.signals.words import (
    CONFIDENCE_WORDS,
    DIRECTION_WORDS,
    EFFECT_WORDS,
    KIND_WORDS,
    SIGNAL_WORDS,
    STATE_WORDS,
    SWEEP_WORDS,
    ConfidenceWord,
    DirectionWord,
    EffectWord,
    KindWord,
    SignalWord,
    StateWord,
    SweepWord,
    WallWord,
    wall_word,
)

Row = Mapping[str, float]
"""A row (LEVEL_ROW, ALERT_ROW) by column name."""


@dataclass(frozen=True, slots=True)
class Column:
    """Beside the type of a message's field: the column it is, where that has another name."""

    name: str


def optional(value: float) -> float | None:
    """The number, or None where it is absent."""
    return None if math.isnan(value) else value


def whole(value: float) -> int | None:
    """The number as an integer, or None where it is absent."""
    return None if math.isnan(value) else int(value)


def _given(value: float) -> float:
    return value


def _flag(value: float) -> bool:
    return value != 0.0


def _word(words: Any) -> Callable[[float], str]:
    return lambda code: words[int(code)]


_READ: Final[Mapping[Any, Callable[[Any], Any]]] = {
    float: _given,
    float | None: optional,
    int: int,
    int | None: whole,
    bool: _flag,
    KindWord: _word(KIND_WORDS),
    StateWord: _word(STATE_WORDS),
    SignalWord: _word(SIGNAL_WORDS),
    ConfidenceWord: _word(CONFIDENCE_WORDS),
    DirectionWord: _word(DIRECTION_WORDS),
    SweepWord: _word(SWEEP_WORDS),
    EffectWord: _word(EFFECT_WORDS),
    WallWord | None: wall_word,
}
"""How a column's number becomes a value of each type."""


class FieldsOf:
    """Reads those fields of a message that are columns of a row.

    A field is the column of its own name, or of the name that ``Column`` gives; ``made``: fields that are put together
    elsewhere. Raises TypeError for any other field.
    """

    def __init__(self, message: type[Struct], columns: tuple[str, ...], made: frozenset[str] = frozenset()) -> None:
        hints = get_type_hints(message, include_extras=True)
        self._plan = tuple(_step(message, name, hints[name], columns) for name in hints if name not in made)

    def __call__(self, row: Row) -> dict[str, Any]:
        """The values of the fields by name."""
        return {name: read(row[column]) for name, column, read in self._plan}


def _step(
    message: type[Struct], name: str, hint: Any, columns: tuple[str, ...]
) -> tuple[str, str, Callable[[Any], Any]]:
    column = name
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        column = next((extra.name for extra in extras if isinstance(extra, Column)), name)
    if column not in columns:
        raise TypeError(f"{message.__name__}.{name} is no column: no row has {column}")
    if hint not in _READ:
        raise TypeError(f"{message.__name__}.{name}: a column cannot be read as {hint}")
    return name, column, _READ[hint]
