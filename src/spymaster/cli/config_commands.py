"""The ``config`` commands."""

from __future__ import annotations

from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group, PlainCommand

config_app = typer.Typer(cls=Group, help="Show, check and create the configuration.", no_args_is_help=True)


@config_app.command("path", cls=PlainCommand)
def config_path() -> None:
    """Print where the user's configuration file is looked for."""
    from spymaster.cli.config import print_path

    with reported():
        print_path()


@config_app.command("show", cls=Command)
def config_show(context: typer.Context) -> None:
    """Print the configuration in force, as TOML."""
    from spymaster.cli.config import print_config

    with reported():
        print_config(context.obj.config)


@config_app.command("validate", cls=Command)
def config_validate(context: typer.Context) -> None:
    """Check the configuration; says nothing but OK when it is good."""
    from spymaster.cli.config import validate

    with reported():
        validate(context.obj.config)


@config_app.command("schema", cls=PlainCommand)
def config_schema() -> None:
    """Print the JSON Schema of the configuration."""
    from spymaster.cli.config import print_schema

    with reported():
        print_schema()


@config_app.command("init", cls=PlainCommand)
def config_init(
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the default configuration, commented, to the user's configuration file."""
    from spymaster.cli.config import init

    with reported():
        init(force=force)
