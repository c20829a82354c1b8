"""Checks of one configuration file against the Structs, and of the finished profiles against themselves."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from spymaster.config.profiles import Profile
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.market.kinds import NS_PER_MS, NS_PER_S

Table = Mapping[str, Any]


def key_fields(struct: type[msgspec.Struct] = Config, prefix: str = "") -> Iterator[tuple[str, inspect.Field]]:
    """Every key of the configuration with its description, by path: ``profile.es.w_barrier``. Tables come first."""
    for field in _fields(struct).values():
        path = f"{prefix}{field.encode_name}"
        yield path, field
        if isinstance(field.type, inspect.StructType):
            yield from key_fields(field.type.cls, f"{path}.")


def check_table(source: str, table: Table, struct: type[msgspec.Struct] = Config) -> None:
    """Refuse unknown keys, wrong types and values out of range. ``source`` names the file in the message.

    ``struct``: what the table is, every key of which has a default.

    Raises UserError for the first fault, in the file's own order.
    """
    # every key has a default: a table is whole as it is, and looked at key by key only where something is wrong with it
    with contextlib.suppress(msgspec.ValidationError):
        msgspec.convert(table, struct, strict=True)
        return
    _check(source, table, struct, "", struct)


class Contradiction(NamedTuple):
    """Values of one profile that cannot hold together. ``place``: the key whose value the remedy speaks of."""

    keys: frozenset[str]
    place: str
    problem: str
    remedy: str


def check_profile(profile: Profile) -> Contradiction | None:
    """The first contradiction between the values of a profile, or None."""
    return next(_contradictions(profile), None)


def _contradictions(profile: Profile) -> Iterator[Contradiction]:
    for low, high, equal_allowed in _ORDERED:
        below, above = getattr(profile, low), getattr(profile, high)
        if below > above or (below == above and not equal_allowed):
            than = f"{_path(profile, high)} ({above:g})"
            problem = f"{below:g} is {'above' if below > above else 'not below'} {than}"
            remedy = f"keep it {'at or below' if equal_allowed else 'below'} {_path(profile, high)}"
            yield Contradiction(frozenset((low, high)), _path(profile, low), problem, remedy)
    for name in _WHOLE_SNAPS:
        window_s = getattr(profile, name)
        if round(window_s * NS_PER_S) % (profile.snap_ms * NS_PER_MS):
            problem = f"{window_s:g} s is not a whole number of snaps"
            remedy = f"choose a multiple of {profile.snap_ms} ms"
            yield Contradiction(frozenset((name, "snap_ms")), _path(profile, name), problem, remedy)
    if not any(getattr(profile, name) for name in _WEIGHTS):
        place = ", ".join(_path(profile, name) for name in _WEIGHTS)
        yield Contradiction(frozenset(_WEIGHTS), place, "all are 0", "give at least one a weight above 0")
    start, _, end = profile.signal_window.partition("-")
    if start >= end:
        problem = f"{profile.signal_window} ends before it starts"
        remedy = "write the earlier time first"
        yield Contradiction(frozenset(("signal_window",)), _path(profile, "signal_window"), problem, remedy)


_FORMER: Final = {
    "scoring.show": (
        "is no key any more: on a real market a model is shown once it has a record there",
        'write mode = "screen" in its place, or "shadow" or "off"',
    )
}
"""Keys that older files have: what is wrong with them, and what to write."""
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
_WHOLE_SNAPS: Final = ("w_barrier", "w_barrier_min", "w_context", "w_tape", "w_fuel", "w_wall", "w_response")


def _path(profile: Profile, key: str) -> str:
    return f"profile.{profile.name}.{key}"


@lru_cache
def _fields(struct: type[msgspec.Struct]) -> Mapping[str, inspect.Field]:
    """A table's keys as msgspec describes them; it compiles every annotation anew each time it is asked."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: field for field in info.fields}


def _check(source: str, table: Table, struct: type[msgspec.Struct], prefix: str, root: type[msgspec.Struct]) -> None:
    fields = _fields(struct)
    for key, value in table.items():
        path = f"{prefix}{key}"
        field = fields.get(key)
        if field is None:
            problem, remedy = _FORMER.get(path, ("is not a known key", ""))
            raise _refused(source, path, problem, remedy or _suggestion(path, struct, root))
        if isinstance(field.type, inspect.StructType):
            if not isinstance(value, dict):
                raise _refused(source, path, "is a table, not a value", f"write [{path}]")
            _check(source, value, field.type.cls, f"{path}.", root)
            continue
        _check_within(source, value, field.type, path, root)
        try:
            msgspec.convert({key: value}, struct, strict=True)
        except msgspec.ValidationError:
            problem = f"cannot be {_written(value)}"
            raise _refused(source, path, problem, f"it must be {_expected(field.type)}") from None


def _check_within(source: str, value: object, declared: inspect.Type, path: str, root: type[msgspec.Struct]) -> None:
    """Refuse what is wrong inside a table of named tables, or a list of them, by its own key."""
    kind = declared.type if isinstance(declared, inspect.Metadata) else declared
    if isinstance(kind, inspect.DictType) and isinstance(value, dict):
        inner, named = kind.value_type, [(f"{path}.{name}", one) for name, one in value.items()]
    elif isinstance(kind, inspect.VarTupleType) and isinstance(value, list):
        inner, named = kind.item_type, [(f"{path}[{place}]", one) for place, one in enumerate(value)]
    else:
        return
    if not isinstance(inner, inspect.StructType):
        return
    for name, one in named:
        if not isinstance(one, dict):
            raise _refused(source, name, "is not a table", f"write [{name}]")
        _check(source, one, inner.cls, f"{name}.", root)


def _refused(source: str, path: str, problem: str, remedy: str) -> UserError:
    return UserError(f"{source}: {path}", problem, remedy, code=ExitCode.USAGE)


def _suggestion(path: str, struct: type[msgspec.Struct], root: type[msgspec.Struct]) -> str:
    """What to write instead: the nearest known key, in the same table first, then by its last part anywhere."""
    known = [candidate for candidate, _ in key_fields(root)]
    table, _, key = path.rpartition(".")
    siblings = [f"{table}.{name}" if table else name for name in _fields(struct)]
    for candidates in (siblings, known):
        by_key: dict[str, str] = {}
        for candidate in candidates:
            by_key.setdefault(candidate.rpartition(".")[2], candidate)
        nearest = difflib.get_close_matches(key, by_key, n=1)
        if nearest:
            return f"did you mean {by_key[nearest[0]]}?"
    names = sorted(candidate.rpartition(".")[2] for candidate in siblings)
    where = f"[{table}]" if table else "the file"
    is_short = len(names) <= 8 or root is not Config
    return f"{where} has {', '.join(names)}" if is_short else "see 'spymaster-tui config schema' for the keys"


def _expected(declared: inspect.Type) -> str:
    """What a value must be, in words."""
    extra: dict[str, str] = {}
    if isinstance(declared, inspect.Metadata):
        extra = declared.extra or {}
        declared = declared.type
    if isinstance(declared, inspect.UnionType):
        # a key that may be left out has no default to write
        return _expected(next(one for one in declared.types if not isinstance(one, inspect.NoneType)))
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
