"""Where each value of the configuration comes from: the packaged default, or a line of a file that wins over it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import inspect

from spymaster.config.loader import Layer, layers_of, load_config
from spymaster.config.structs import Config

DEFAULT: Final = "default"

_TABLE: Final = re.compile(r"\s*\[\s*([A-Za-z0-9_.\s-]+?)\s*\]\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")
_LONG: Final = ('"""', "'''")


class Setting(msgspec.Struct, frozen=True):
    """One thing that is set. ``name``: its key with its tables; ``source``: where its value comes from, in words;
    ``meaning``: what it is about, empty where the name says it."""

    name: str
    value: str
    source: str
    meaning: str = ""


def config_settings(path: Path | None = None) -> tuple[Setting, ...]:
    """Every key of the configuration in force. ``path``: the file of ``--config``. Raises UserError."""
    layers = layers_of(path)
    lines = [key_lines(layer.text) for layer in layers]
    return tuple(_walked(inspect.type_info(Config), load_config(path), (), layers, lines))


def _walked(
    info: Any,
    values: msgspec.Struct,
    above: tuple[str, ...],
    layers: Sequence[Layer],
    lines: Sequence[Mapping[str, int]],
) -> Iterator[Setting]:
    for field in info.fields:
        value, place = getattr(values, field.name), (*above, field.encode_name)
        if isinstance(value, msgspec.Struct):
            yield from _walked(field.type, value, place, layers, lines)
        else:
            meaning = str((field.type.extra_json_schema or {}).get("description", "")).removesuffix(" Unit: none.")
            yield Setting(".".join(place), _written(value), _source(place, layers, lines), meaning)


def _written(value: object) -> str:
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def _source(place: Sequence[str], layers: Sequence[Layer], lines: Sequence[Mapping[str, int]]) -> str:
    """The last layer that sets the key; the packaged one is the default."""
    for at in range(len(layers) - 1, 0, -1):
        if _holds(layers[at].table, place):
            line = lines[at].get(".".join(place))
            return f"{layers[at].source}:{line}" if line is not None else layers[at].source
    return DEFAULT


def _holds(table: Mapping[str, Any], place: Sequence[str]) -> bool:
    for name in place:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True


def key_lines(text: str) -> dict[str, int]:
    """The line (from 1) on which each key of a TOML text is set, by the key with its tables. Keys within a value, as of
    a table in one line, are not found."""
    found: dict[str, int] = {}
    rows, table = text.splitlines(), ""
    in_doubt = any(quotes in text for quotes in _LONG)
    for number, row in enumerate(rows, 1):
        if in_doubt and not _is_toml("\n".join(rows[: number - 1])):
            # within a text of several lines, where nothing is a key
            continue
        if (head := _TABLE.match(row)) is not None:
            table = _plain(head[1]) + "."
        elif (key := _KEY.match(row)) is not None:
            found[table + _plain(key[1])] = number
    return found


def _plain(dotted: str) -> str:
    return ".".join(part.strip() for part in dotted.split("."))


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
