"""Values of options taken as they are written, without what the library loads for that in every command.

From some release on Typer takes even a plain text through pydantic, whose import takes a seventh of a second of every
command. What is plain to see is understood here; anything else, and whatever is wrong, is left to the library.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args, get_origin

_WHOLE: Final = re.compile(r"[+-]?\d{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")


class UnsureError(Exception):
    """What a value means is for the library to say."""


class Plainly:
    """In the place of what takes the values of one option: the library's own is made when it is needed."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self._read = read

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the command takes it. Raises what the library raises where it is none."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        try:
            return self._read(value)
        except UnsureError:
            param._runtime_param = None
            return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def take_plainly(params: list[Any]) -> list[Any]:
    """The same parameters, their plain values taken here. With an older Typer there is nothing to do."""
    for param in params:
        if getattr(param, "_runtime_param", param) is None:
            read = _reader(param.type_descriptor.annotation, param.type_descriptor.parameter_info)
            if read is not None:
                param._runtime_param = Plainly(read)
    return params


def _reader(annotation: Any, said: Any) -> Callable[[Any], Any] | None:
    if said.parser is not None or said.clamp:
        return None
    if get_origin(annotation) is list:
        one = _reader(get_args(annotation)[0], said)
        return None if one is None else lambda values: _each(one, values)
    if annotation is Path:
        asks = said.exists or said.resolve_path or said.writable or said.allow_dash or said.path_type is not None
        return None if asks or not (said.file_okay and said.dir_okay) else _path
    if annotation in (int, float):
        number = _whole if annotation is int else _decimal
        return lambda value: _within(number(value), said.min, said.max)
    return {str: _text, bool: _flag}.get(annotation)


def _each(read: Callable[[Any], Any], values: Any) -> list[Any]:
    if not isinstance(values, list | tuple):
        raise UnsureError
    return [read(value) for value in values]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UnsureError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnsureError
    return value


def _whole(value: Any) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if type(value) is not int:
        raise UnsureError
    return value


def _decimal(value: Any) -> float:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    if type(value) is not float:
        raise UnsureError
    return value


def _within(value: float, least: float | None, most: float | None) -> float:
    if (least is not None and value < least) or (most is not None and value > most):
        raise UnsureError
    return value


def _path(value: Any) -> Path:
    if not isinstance(value, str | Path):
        raise UnsureError
    # the library says so of a file that cannot be read
    if os.path.exists(value) and not os.access(value, os.R_OK):
        raise UnsureError
    return Path(value)
