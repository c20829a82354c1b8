"""Checks of one configuration file against the Structs, and of the finished profiles against themselves."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from spymaster.config.errors import ConfigError
from spymaster.config.profiles import Profile
from spymaster.config.structs import Config
from spymaster.market.kinds import NS_PER_MS, NS_PER_S

Table = Mapping[str, Any]


def key_fields(struct: type[msgspec.Struct] = Config, prefix: str = "") -> Iterator[tuple[str, inspect.Field]]:
    """Every key of the configuration with its description, by path: ``profile.es.w_barrier``. Tables come first."""
    for field in _fields(struct).values():
        path = f"{prefix}{field.encode_name}"
        yield path, field
        if isinstance(field.type, inspect.StructType):
            yield from key_fields(field.type.cls, f"{path}.")


def check_table(source: str, table: Table) -> None:
    """Refuse unknown keys, wrong types and values out of range. ``source`` names the file in the message.

    Raises ``ConfigError`` for the first fault, in the file's own order.
    """
    _check(source, table, Config, "")


class Contradiction(NamedTuple):
    """Values of one profile that cannot hold together: the keys concerned and what is wrong with them."""

    keys: frozenset[str]
    message: str


def check_profile(profile: Profile) -> Contradiction | None:
    """The first contradiction between the values of a profile, or None."""
    return next(_contradictions(profile), None)


def _contradictions(profile: Profile) -> Iterator[Contradiction]:
    for low, high, equal_allowed in _ORDERED:
        below, above = getattr(profile, low), getattr(profile, high)
        if below > above or (below == above and not equal_allowed):
            rule = "must not be above" if equal_allowed else "must be below"
            message = f"{_path(profile, low)} ({below:g}) {rule} {_path(profile, high)} ({above:g})"
            yield Contradiction(frozenset((low, high)), message)
    for name in _WHOLE_SNAPS:
        window_s = getattr(profile, name)
        if round(window_s * NS_PER_S) % (profile.snap_ms * NS_PER_MS):
            message = f"{_path(profile, name)} ({window_s:g} s) must be a whole number of snaps of {profile.snap_ms} ms"
            yield Contradiction(frozenset((name, "snap_ms")), message)
    if not any(getattr(profile, name) for name in _WEIGHTS):
        message = f"{', '.join(_path(profile, name) for name in _WEIGHTS)}: at least one must be above 0"
        yield Contradiction(frozenset(_WEIGHTS), message)
    start, _, end = profile.signal_window.partition("-")
    if start >= end:
        message = f"{_path(profile, 'signal_window')} ({profile.signal_window}) must end after it starts"
        yield Contradiction(frozenset(("signal_window",)), message)


_ORDERED: Final = (
    ("threshold_reject", "exit_reject", False),
    ("exit_reject", "exit_break", False),
    ("exit_break", "threshold_break", False),
    ("contested_low", "contested_high", False),
    ("r_vac", "r_wall", False),
    ("confidence_medium", "confidence_high", False),
    ("touch_band", "monitor_band", False),
    ("w_barrier_min", "w_barrier", True),
    ("w_barrier", "w_context", True),
)
_CREDENTIALS: Final = re.compile(r"//[^/]*@")
_WEIGHTS: Final = ("weight_barrier", "weight_fuel", "weight_tape")
_WHOLE_SNAPS: Final = ("w_barrier", "w_barrier_min", "w_context", "w_tape", "w_fuel", "w_wall")


def _path(profile: Profile, key: str) -> str:
    return f"profile.{profile.name}.{key}"


def _fields(struct: type[msgspec.Struct]) -> dict[str, inspect.Field]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: field for field in info.fields}


def _check(source: str, table: Table, struct: type[msgspec.Struct], prefix: str) -> None:
    fields = _fields(struct)
    for key, value in table.items():
        path = f"{prefix}{key}"
        field = fields.get(key)
        if field is None:
            raise ConfigError(f"{source}: {path} is not a known key{_suggestion(path)}")
        if isinstance(field.type, inspect.StructType):
            if not isinstance(value, dict):
                raise ConfigError(f"{source}: {path} is a table: write [{path}]")
            _check(source, value, field.type.cls, f"{path}.")
            continue
        try:
            msgspec.convert({key: value}, struct, strict=True)
        except msgspec.ValidationError:
            raise ConfigError(f"{source}: {path} must be {_expected(field.type)}, not {_written(value)}") from None


def _suggestion(path: str) -> str:
    """The nearest known key: in the same table first, then by its last part anywhere."""
    known = [candidate for candidate, _ in key_fields()]
    table, _, key = path.rpartition(".")
    siblings = [candidate for candidate in known if candidate.rpartition(".")[0] == table]
    for candidates in (siblings, known):
        by_key: dict[str, str] = {}
        for candidate in candidates:
            by_key.setdefault(candidate.rpartition(".")[2], candidate)
        nearest = difflib.get_close_matches(key, by_key, n=1)
        if nearest:
            return f"; did you mean {by_key[nearest[0]]}?"
    names = sorted(candidate.rpartition(".")[2] for candidate in siblings)
    return f"; {f'[{table}]' if table else 'the file'} has {', '.join(names)}" if len(names) <= 8 else ""


def _expected(declared: inspect.Type) -> str:
    """What a value must be, in words."""
    extra: dict[str, str] = {}
    if isinstance(declared, inspect.Metadata):
        extra = declared.extra or {}
        declared = declared.type
    match declared:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=low, le=high):
            return f"a whole number from {low} to {high} ({extra['unit']})"
        case inspect.FloatType(ge=low, le=high):
            return f"a number from {low:g} to {high:g} ({extra['unit']})"
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(_written(value) for value in values)}"
        case inspect.VarTupleType(item_type=inspect.LiteralType(values=values)):
            return f"a list of names out of {', '.join(str(value) for value in values)}"
        case _:
            return extra["form"]


def _written(value: object) -> str:
    """A value as the user wrote it, shortened, and without the credentials of an address."""
    text = _CREDENTIALS.sub("//***@", json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= 60 else f"{text[:57]}..."
