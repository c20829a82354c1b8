"""The ``config`` commands."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.config.loader import default_toml_text, load_config, user_config_path
from spymaster.config.schema import json_schema
from spymaster.errors import ExitCode, UserError


def print_path() -> None:
    """Where the user's file is looked for, and on stderr whether it is there."""
    path = user_config_path()
    print(path)
    if not path.is_file():
        print("there is no such file yet; 'spymaster-tui config init' writes one", file=sys.stderr)


def print_config(config: Path | None) -> None:
    """The configuration in force as TOML: packaged default, the user's file and ``--config`` laid over each other."""
    import tomlkit

    builtins = msgspec.to_builtins(load_config(config))
    print(tomlkit.dumps(builtins), end="")


def validate(config: Path | None) -> None:
    """Raises UserError when something is wrong."""
    load_config(config)
    print("OK")


def print_schema() -> None:
    """The JSON Schema of a configuration file."""
    print(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode())


def init(*, force: bool) -> None:
    """Write the commented default to the user's path. Raises UserError when a file is there and ``force`` is not."""
    path = user_config_path()
    if path.exists() and not force:
        raise UserError(path, "is there already", "edit it, or replace it with --force", code=ExitCode.USAGE)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, default_toml_text().encode())
    print(path)
