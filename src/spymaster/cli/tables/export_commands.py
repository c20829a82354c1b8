"""The commands ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group, PlainCommand
from spymaster.cli.options import (
    DateOption,
    FormatOption,
    FromOption,
    KindOption,
    OutOption,
    ProfileOption,
    PublisherOption,
    Sources,
    SymbolOption,
    ToOption,
)
from spymaster.cli.parsing.source_options import MakeRequest, about_sources

if TYPE_CHECKING:
    from spymaster.cli.request import Request

export_app = typer.Typer(
    cls=Group, help="Write what a source holds, or what the engine makes of it.", no_args_is_help=True
)


def _exporting(name: str, meaning: str) -> None:
    """Add a command that writes one table."""

    def command(
        context: typer.Context,
        made: MakeRequest,
        out: OutOption = "-",
        file_format: FormatOption = None,
        since: FromOption = None,
        until: ToOption = None,
    ) -> None:
        from spymaster.cli.tables.export import run_export

        with reported():
            raise typer.Exit(run_export(name, made(), out, file_format, since, until))

    export_app.command(name, cls=Command, help=meaning)(about_sources(command))


def _exporting_levels(name: str, meaning: str) -> None:
    """Add a command that writes a table about levels, of which some kinds may be wanted."""

    def command(
        context: typer.Context,
        made: MakeRequest,
        out: OutOption = "-",
        file_format: FormatOption = None,
        since: FromOption = None,
        until: ToOption = None,
        kind: KindOption = None,
    ) -> None:
        with reported():
            raise typer.Exit(_exported(name, made(kind=tuple(kind or ())), out, file_format, since, until))

    export_app.command(name, cls=Command, help=meaning)(about_sources(command))


def _exported(
    name: str, request: Request, out: str, file_format: str | None, since: str | None, until: str | None
) -> int:
    if name == "tests":
        from spymaster.cli.tables.export_lake_tests import is_written_down, run_lake_tests

        if is_written_down(request):
            return run_lake_tests(request, out, file_format, since, until)
    from spymaster.cli.tables.export import run_export

    return run_export(name, request, out, file_format, since, until)


_exporting_levels("signals", "Every published level of every snap.")
_exporting_levels("alerts", "Every signal raised or resolved.")
_exporting_levels("tests", "Every test of a level: what it took, how it ended; beside prices like any other.")
_exporting("flows", "The flow ledger: one row per bucket, side and price with any flow.")
_exporting("option-flow", "Option flow by strike: one row per snap and strike that was traded.")
_exporting("p-break", "What the model says of levels near price: one row per level and snap.")


@export_app.command("events", cls=Command)
def export_events(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    since: FromOption = None,
    until: ToOption = None,
    date: DateOption = None,
) -> None:
    """What each record added, withdrew or filled, price by price: the ledger before it is summed up."""
    from spymaster.cli.request import Request
    from spymaster.cli.tables.export_records import run_events

    with reported():
        request = Request(tuple(sources), context.obj.config, profile, symbol, date=date, publisher=publisher)
        raise typer.Exit(run_events(request, out, file_format, since, until))


@export_app.command("practice", cls=PlainCommand)
def export_practice(
    out: OutOption = "-",
    file_format: FormatOption = None,
    journal: Annotated[
        Path | None, typer.Option(help="A journal. [default: that of this user]", show_default=False)
    ] = None,
) -> None:
    """The practice journal: every paper bracket that is over, with R and excursions."""
    from spymaster.cli.tables.practice import run_practice

    with reported():
        raise typer.Exit(run_practice(out, file_format, journal))


@export_app.command("dbn", cls=Command)
def export_dbn(
    context: typer.Context,
    sources: Sources,
    out: Annotated[str, typer.Option("--out", help="How the files' names begin.", metavar="PREFIX")],
    run: Annotated[str | None, typer.Option("--run", help="Of a lake: which run.", show_default=False)] = None,
) -> None:
    """The records as native files, one for each schema, byte for byte."""
    from spymaster.cli.tables.export_records import run_dbn

    with reported():
        raise typer.Exit(run_dbn(tuple(sources), out, run, context.obj.config))


@export_app.command("schema", cls=PlainCommand)
def export_schema() -> None:
    """Print the JSON Schema of the published signals and alerts."""
    from spymaster.cli.tables.export import print_schema

    with reported():
        print_schema()
