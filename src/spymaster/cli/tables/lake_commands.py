"""The ``lake`` commands."""

from __future__ import annotations

from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group

lake_app = typer.Typer(cls=Group, help="Look after a lake: what was recorded, kept as Parquet.", no_args_is_help=True)

RootArgument = Annotated[
    str | None,
    typer.Argument(help="Folder or s3://BUCKET/PREFIX. [default: [lake] path]", show_default=False),
]
RunOption = Annotated[
    str | None, typer.Option("--run", help="Only this run, or how its id begins. [default: all]", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@lake_app.command("ls", cls=Command)
def lake_ls(context: typer.Context, root: RootArgument = None, as_json: JsonOption = False) -> None:
    """The runs of a lake, and what its tables hold."""
    from spymaster.cli.tables.lake import run_ls

    with reported():
        run_ls(context.obj.config, root, as_json)


@lake_app.command("verify", cls=Command)
def lake_verify(context: typer.Context, root: RootArgument = None, as_json: JsonOption = False) -> None:
    """Check every file and every record's number; exit code 3 where something is damaged or missing."""
    from spymaster.cli.tables.lake import run_verify

    with reported():
        raise typer.Exit(run_verify(context.obj.config, root, as_json))


@lake_app.command("compact", cls=Command)
def lake_compact(
    context: typer.Context,
    root: RootArgument = None,
    date: Annotated[
        str | None, typer.Option(help="Only this UTC date, YYYY-MM-DD. [default: all]", show_default=False)
    ] = None,
) -> None:
    """Write Silver: every run as one account by event time, doubles out, holes filled, option trades with quotes.

    Then let go of what [lake] keep_days and max_gb no longer allow.
    """
    from spymaster.cli.tables.lake import run_compact

    with reported():
        raise typer.Exit(run_compact(context.obj.config, root, date))


@lake_app.command("query", cls=Command)
def lake_query(
    context: typer.Context,
    statement: Annotated[str, typer.Argument(help="SQL. Without, the tables are listed.", metavar="SQL")] = "",
    root: Annotated[
        str | None, typer.Option("--lake", help="The lake's root. [default: [lake] path]", show_default=False)
    ] = None,
    out: Annotated[str, typer.Option("--out", help="File to write, or - for stdout.")] = "-",
    file_format: Annotated[
        str | None,
        typer.Option("--format", help="csv, jsonl, parquet or arrow. [default: from the ending]", show_default=False),
    ] = None,
) -> None:
    """Ask a lake in SQL (needs DuckDB): prices as numbers, times as times."""
    from spymaster.cli.tables.lake import run_sql

    with reported():
        run_sql(context.obj.config, root, statement, out, file_format)


@lake_app.command("rebuild-gold", cls=Command)
def lake_rebuild_gold(
    context: typer.Context,
    root: RootArgument = None,
    run: RunOption = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing: say whether it would be the same.")] = False,
) -> None:
    """Compute Gold anew from Bronze; with --check exit code 3 where it is not what was recorded."""
    from spymaster.cli.tables.lake import run_rebuild

    with reported():
        raise typer.Exit(run_rebuild(context.obj.config, root, run, check))
