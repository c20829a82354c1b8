"""The commands ``levels``."""

from __future__ import annotations

from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import ColouredCommand, Command, Group
from spymaster.cli.parsing.source_options import MakeRequest, about_sources

levels_app = typer.Typer(
    cls=Group, help="Show the levels of a source, or import levels of your own.", no_args_is_help=True
)


@levels_app.command("list", cls=ColouredCommand)
@about_sources
def levels_list(
    context: typer.Context,
    made: MakeRequest,
    at: Annotated[
        str | None, typer.Option(help="The moment (ISO, or HH:MM[:SS] ET). [default: the end]", show_default=False)
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Every level published at a moment of a source, highest price first, and why others are not."""
    from spymaster.cli.tables.levels import run_list

    with reported():
        raise typer.Exit(run_list(made(), at, "json" if as_json else form, context.obj.color))


@levels_app.command("import", cls=Command)
def levels_import(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="CSV, or lines 'name price'; - reads them from stdin.", metavar="FILE|-")],
    name: Annotated[str | None, typer.Option(help="Name of the set. [default: the file's]", show_default=False)] = None,
    profile: Annotated[
        str | None, typer.Option(help="Whose prices they are, spy or es. [default: either]", show_default=False)
    ] = None,
    pasted: Annotated[
        bool, typer.Option("--pasted", help="Free text: names and prices in any order; what is left out is said.")
    ] = False,
) -> None:
    """Check a list of levels and store it as a named set for --levels NAME."""
    from spymaster.cli.tables.levels import run_import

    with reported():
        raise typer.Exit(run_import(context.obj.config, file, name, profile, pasted))
