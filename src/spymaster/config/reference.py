"""Every key of the configuration as a document, made from the Structs, so that it cannot say anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from spymaster.config.alerts import AlertRule
from spymaster.config.structs import Config

_PREAMBLE: Final = """# Configuration: every key, its default and its range

Made from the program's own definitions, so it is what this version reads. `spymaster-tui config init` writes a file
with all of it, `config validate` checks yours, `config path` says where it is looked for. A file of your own needs only
the keys you change. What wins: flags, then the file given with `--config`, then your own file, then the packaged one.

"""


def markdown_reference() -> str:
    """The configuration's tables and keys as Markdown, in the order in which they are defined."""
    rules = _table(inspect.type_info(AlertRule), AlertRule(), ("alerts", "rules", "NAME"))
    return _PREAMBLE + "\n".join((*_table(inspect.type_info(Config), Config(), ()), *rules))


def _table(info: Any, defaults: msgspec.Struct, path: tuple[str, ...]) -> Iterator[str]:
    """The keys of one table, then the tables below it."""
    keys = []
    below: list[str] = []
    for field in info.fields:
        value = getattr(defaults, field.name)
        if isinstance(value, msgspec.Struct):
            below += _table(field.type, value, (*path, field.encode_name))
        else:
            stated = field.encode_name if value is None else f"{field.encode_name} = {_toml(value)}"
            keys.append(f"- `{stated}`: {_about(field.type)}")
    if keys:
        yield from (f"## [{'.'.join(path)}]", "", *keys, "")
    yield from below


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _about(meta: Any) -> str:
    """Meaning, unit and range of one key; one that may be left out has no default."""
    if isinstance(meta, inspect.UnionType):
        meta = next(one for one in meta.types if not isinstance(one, inspect.NoneType))
    said = str(meta.extra_json_schema["description"]).removesuffix(" Unit: none.")
    allowed = _range(meta.type, (meta.extra or {}).get("form"))
    return f"{said} {allowed}." if allowed else said


def _range(kind: Any, form: str | None) -> str:
    if form is not None:
        return f"Form: {form}"
    if isinstance(kind, inspect.LiteralType):
        return "One of: " + ", ".join(_toml(value) for value in kind.values)
    if isinstance(kind, inspect.VarTupleType) and isinstance(kind.item_type, inspect.LiteralType):
        return "Of these: " + ", ".join(str(value) for value in kind.item_type.values)
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    if isinstance(kind, inspect.IntType | inspect.FloatType) and kind.ge is not None and kind.le is not None:
        return f"Range: {_plain(kind.ge)} to {_plain(kind.le)}"
    return ""


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
