"""The ``lake`` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group
from spymaster.cli.options import KindOption

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
    first: Annotated[
        str, typer.Argument(help="SQL, or the lake's root. Without, the tables are listed.", metavar="SQL|LAKE")
    ] = "",
    root: Annotated[
        str | None, typer.Option("--lake", help="The lake's root. [default: [lake] path]", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="From this trade date, or this time, on.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Up to this trade date, or before this time.", show_default=False)
    ] = None,
    kind: KindOption = None,
    columns: Annotated[
        str | None, typer.Option("--columns", help="Columns of the signals: a,b,c. [default: all]", show_default=False)
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="Only rows with this, such as score>=60 or signal=BREAK; repeatable."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", help="Only this run. [default: of each date the newest complete]", show_default=False),
    ] = None,
    all_runs: Annotated[bool, typer.Option("--all-runs", help="All runs, several of one date too.")] = False,
    out: Annotated[str, typer.Option("--out", help="File to write, or - for stdout.")] = "-",
    file_format: Annotated[
        str | None,
        typer.Option("--format", help="csv, jsonl, parquet or arrow. [default: from the ending]", show_default=False),
    ] = None,
) -> None:
    """Published signals by date, kind and column, reading little else; or anything in SQL (needs DuckDB)."""
    from spymaster.cli.tables.lake_query import Asked, run_asked

    with reported():
        asked = Asked(
            first=first,
            root=root,
            since=since,
            until=until,
            kind=tuple(kind or ()),
            columns=columns,
            where=tuple(where or ()),
            run=run,
            all_runs=all_runs,
            out=out,
            file_format=file_format,
        )
        run_asked(context.obj.config, asked)


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


@lake_app.command("audit", cls=Command)
def lake_audit(
    context: typer.Context,
    against: Annotated[
        list[Path], typer.Option("--against", help="A file of the vendor, or a folder of them; repeatable.")
    ],
    root: RootArgument = None,
    run: Annotated[
        str | None, typer.Option("--run", help="This run. [default: the only one that counts]", show_default=False)
    ] = None,
    signals: Annotated[
        bool, typer.Option("--signals/--no-signals", help="Play both accounts and compare what is published.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Hold a run against the vendor's own files: what was missed, late, doubled or changed; exit code 3."""
    from spymaster.cli.tables.lake_audit import run_audit

    with reported():
        raise typer.Exit(run_audit(context.obj.config, root, tuple(against), run, as_json, signals))


@lake_app.command("doctor", cls=Command)
def lake_doctor(context: typer.Context, root: RootArgument = None, as_json: JsonOption = False) -> None:
    """What is the matter with a lake, and what to do: strays, gaps, seals, versions; exit code 3 for damage."""
    from spymaster.cli.tables.lake_care import run_doctor

    with reported():
        raise typer.Exit(run_doctor(context.obj.config, root, as_json))


@lake_app.command("retain", cls=Command)
def lake_retain(
    context: typer.Context,
    root: RootArgument = None,
    bronze_days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Days Bronze is kept. [default: keep_bronze_days]", show_default=False),
    ] = None,
    gold_days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Days Gold is kept. [default: keep_gold_days]", show_default=False),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--also", help="Last copies of these too: unaudited, unsealed; repeatable.", show_default=False),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, it is only said.")] = False,
) -> None:
    """Let go of Bronze and Gold whose days are over; the last copy of an unsealed or unaudited run stays."""
    from spymaster.cli.tables.lake_care import RetainAsked, run_retain

    with reported():
        asked = RetainAsked(root, bronze_days, gold_days, tuple(also or ()), apply)
        raise typer.Exit(run_retain(context.obj.config, asked))
