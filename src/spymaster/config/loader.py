"""Reads the configuration: flags over ``--config FILE`` over the user's file over the packaged default."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import platformdirs

from spymaster import resources
from spymaster.config.checks import check_profile, check_table
from spymaster.config.structs import PROFILE_NAMES, Config
from spymaster.errors import ExitCode, UserError

APP_NAME: Final = "spymaster-tui"
FILE_NAME: Final = "config.toml"
FLAGS: Final = "command line"
"""The name of the overrides in messages."""


class Layer(NamedTuple):
    """One of the tables that are laid over each other. ``text``: what it was read from, empty for flags."""

    source: str
    table: dict[str, Any]
    text: str = ""


def user_config_path() -> Path:
    """Where the user's own file is looked for (it need not exist)."""
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / FILE_NAME


def default_toml_text() -> str:
    """The packaged default configuration, every key with its meaning and unit."""
    return resources.config_toml()


def load_config(
    path: Path | None = None, *, overrides: Mapping[str, str] | None = None, last: Layer | None = None
) -> Config:
    """The configuration in force.

    ``path``: the file of ``--config``, or None. ``overrides``: key path to value as written on the command line
    (``{"profile.es.w_barrier": "12"}``), TOML values or bare words. ``last``: wins over all of these. Raises UserError.
    """
    layers = (*layers_of(path, overrides=overrides), *([last] if last is not None else []))
    merged: dict[str, Any] = {}
    for layer in layers:
        check_table(layer.source, layer.table)
        merged = _overlay(merged, layer.table)
    config = msgspec.convert(merged, Config)
    _check_profiles(config, layers)
    return config


def layers_of(path: Path | None = None, *, overrides: Mapping[str, str] | None = None) -> tuple[Layer, ...]:
    """The tables that make up the configuration, each of which wins over those before it. Raises UserError."""
    packaged, text = f"packaged {FILE_NAME}", default_toml_text()
    layers = [Layer(packaged, _parse(packaged, text), text)]
    with contextlib.suppress(FileNotFoundError):
        layers.append(_read(user_config_path()))
    if path is not None:
        layers.append(_read_named(path))
    if overrides:
        layers.append(Layer(FLAGS, _nested(overrides)))
    return tuple(layers)


def _check_profiles(config: Config, layers: Sequence[Layer]) -> None:
    """Refuse values that contradict each other; the message names the last source that set one of them."""
    for name in PROFILE_NAMES:
        fault = check_profile(config.profile(name))
        if fault is not None:
            setters = [layer.source for layer in layers if fault.keys & _profile_table(layer, name).keys()]
            place = f"{setters[-1]}: {fault.place}"
            raise UserError(place, fault.problem, fault.remedy, code=ExitCode.USAGE)


def _profile_table(layer: Layer, name: str) -> dict[str, Any]:
    table: dict[str, Any] = layer.table.get("profile", {}).get(name, {})
    return table


def _read_named(path: Path) -> Layer:
    """A file the user asked for by name: it must exist."""
    try:
        return _read(path)
    except FileNotFoundError:
        raise UserError(path, "no such file", "check the path behind --config", code=ExitCode.USAGE) from None


def _read(path: Path) -> Layer:
    """A file's layer. Raises ``FileNotFoundError`` if there is none and UserError if it cannot be used."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise UserError(path, problem, "check the path and its permissions", code=ExitCode.USAGE) from None
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text (byte {error.start})"
        raise UserError(path, problem, "save it as UTF-8", code=ExitCode.USAGE) from None
    return Layer(str(path), _parse(str(path), text), text)


def _parse(source: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(source, str(error)) from None
    except RecursionError:
        raise _not_toml(source, "nested too deeply") from None


def _not_toml(source: str, why: str) -> UserError:
    return UserError(source, f"is not valid TOML ({why})", "mend it there", code=ExitCode.USAGE)


def _nested(overrides: Mapping[str, str]) -> dict[str, Any]:
    """Flat key paths as nested tables."""
    nested: dict[str, Any] = {}
    for path, text in overrides.items():
        *tables, key = path.split(".")
        table = nested
        for name in tables:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                problem = "it and a table above it are both set"
                raise UserError(f"{FLAGS}: {path}", problem, "leave one of them out", code=ExitCode.USAGE)
        table[key] = _value(text)
    return nested


def _value(text: str) -> object:
    """A flag's value: what TOML makes of it, else the bare word itself."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return parsed["value"] if parsed.keys() == {"value"} else text


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merged key by key; any other value of ``above`` replaces the one of ``below``."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _overlay(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged
