"""Conditions on columns of Gold as somebody writes them: ``signal=BREAK``, ``score>=0.6``."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from spymaster.errors import ExitCode, UserError

_FORM: Final = re.compile(r"\s*(?P<column>\w+)\s*(?P<sign><=|>=|!=|=|<|>)\s*(?P<value>.*?)\s*")
_SIGNS: Final[Mapping[str, Callable[[Any, Any], Any]]] = MappingProxyType(
    {
        "=": pc.equal,
        "!=": pc.not_equal,
        "<": pc.less,
        "<=": pc.less_equal,
        ">": pc.greater,
        ">=": pc.greater_equal,
    }
)
_TRUTHS: Final[Mapping[str, bool]] = MappingProxyType({"true": True, "false": False})


@dataclass(frozen=True, slots=True)
class Condition:
    """A column compared with a value of its type. A row without a value of the column does not meet it."""

    column: str
    sign: str
    value: str | int | float | bool | dt.date

    def met(self, column: Any) -> Any:
        """Which values of the column meet it, as an Arrow array of bool; null where there is none."""
        return _SIGNS[self.sign](column, pa.scalar(self.value, column.type))


def condition(text: str, schema: Any) -> Condition:
    """A condition on a column of a schema. Raises UserError for what is none."""
    match = _FORM.fullmatch(text)
    if match is None:
        remedy = "write COLUMN=VALUE, or with != < <= > >= in place of ="
        raise UserError(f"--where {text}", "is no condition", remedy, code=ExitCode.USAGE)
    (column,) = known_columns("--where", [match["column"]], schema)
    kind = schema.field(column).type
    try:
        value = _value(match["value"].strip("'\""), kind)
    except ValueError:
        problem = f"{match['value']!r} is no value of {column}, which is {_in_words(kind)}"
        raise UserError(f"--where {text}", problem, "compare it with one", code=ExitCode.USAGE) from None
    return Condition(column, match["sign"], value)


def known_columns(option: str, names: Iterable[str], schema: Any) -> tuple[str, ...]:
    """The columns named, each once. Raises UserError for one that there is not."""
    wanted = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    for name in wanted:
        if name not in schema.names:
            close = difflib.get_close_matches(name, schema.names, 3) or list(schema.names[:3])
            remedy = f"did you mean {' or '.join(close)}? 'spymaster-tui docs columns' lists all"
            raise UserError(f"{option} {name}", "there is no such column", remedy, code=ExitCode.USAGE)
    return wanted


def _value(text: str, kind: Any) -> str | int | float | bool | dt.date:
    if pa.types.is_boolean(kind):
        if text.lower() not in _TRUTHS:
            raise ValueError(text)
        return _TRUTHS[text.lower()]
    if pa.types.is_integer(kind):
        return int(text)
    if pa.types.is_floating(kind):
        return float(text)
    return dt.date.fromisoformat(text) if pa.types.is_date(kind) else text


def _in_words(kind: Any) -> str:
    if pa.types.is_boolean(kind):
        return "true or false"
    if pa.types.is_date(kind):
        return "a date (YYYY-MM-DD)"
    return "a whole number" if pa.types.is_integer(kind) else "a number"
