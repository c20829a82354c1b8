"""The command line: thin. Parse, call, print. Nothing heavy is imported before a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spymaster.cli.config_commands import config_app
from spymaster.cli.deploy.commands import deploy_app
from spymaster.cli.docs_command import docs
from spymaster.cli.failures import reported
from spymaster.cli.global_options import (
    ColouredCommand,
    ColouredPlainCommand,
    Command,
    GlobalOptions,
    Group,
    PlainCommand,
    ScreenCommand,
    check_options,
)
from spymaster.cli.learn.commands import evaluate_p_break, export_p_break, learn_app
from spymaster.cli.live.commands import attach, live, mcp, run, stream
from spymaster.cli.machine_commands import bench, doctor, warmup
from spymaster.cli.market.commands import evaluate_app, simulate
from spymaster.cli.options import (
    ColorOption,
    ConfigOption,
    DateOption,
    FormatOption,
    FromOption,
    KindOption,
    LevelOption,
    LevelsOption,
    MouseOption,
    OutOption,
    ProfileOption,
    PublisherOption,
    Sources,
    StampedOption,
    SymbolOption,
    ToOption,
    WarmupOption,
)
from spymaster.cli.record_command import record
from spymaster.cli.replay.commands import replay
from spymaster.cli.tables.lake_commands import lake_app

if TYPE_CHECKING:
    from spymaster.cli.request import Request

app = typer.Typer(
    name="spymaster-tui",
    help="Watch the price levels that matter for SPY and ES: break or reject, how sure, and why.",
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
export_app = typer.Typer(
    cls=Group, help="Write what a source holds, or what the engine makes of it.", no_args_is_help=True
)
levels_app = typer.Typer(
    cls=Group, help="Show the levels of a source, or import levels of your own.", no_args_is_help=True
)
app.add_typer(export_app, name="export")
app.add_typer(levels_app, name="levels")
app.add_typer(config_app, name="config")
app.add_typer(deploy_app, name="deploy")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(lake_app, name="lake")
app.add_typer(learn_app, name="learn")
evaluate_app.command("p_break", cls=Command)(evaluate_p_break)
export_app.command("p-break", cls=Command)(export_p_break)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"spymaster-tui {version('spymaster-tui')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    config: ConfigOption = None,
    color: ColorOption = "auto",
    mouse: MouseOption = True,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Watch the price levels that matter for SPY and ES: break or reject, how sure, and why.

    Without a command: the bundled simulated recording on the cockpit.
    """
    with reported():
        context.obj = check_options(GlobalOptions(config, color, mouse))
        if context.invoked_subcommand is None:
            from spymaster.cli.replay.start import start

            raise typer.Exit(start(config, color, mouse))


@export_app.command("signals", cls=Command)
def export_signals(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    since: FromOption = None,
    until: ToOption = None,
    date: DateOption = None,
    kind: KindOption = None,
) -> None:
    """Every published level of every snap."""
    request = _request(context, sources, profile, symbol, publisher, level, levels, warmup, bars_stamped, date, kind)
    _export("signals", request, out, file_format, since, until)


@export_app.command("alerts", cls=Command)
def export_alerts(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    since: FromOption = None,
    until: ToOption = None,
    date: DateOption = None,
    kind: KindOption = None,
) -> None:
    """Every signal raised or resolved."""
    request = _request(context, sources, profile, symbol, publisher, level, levels, warmup, bars_stamped, date, kind)
    _export("alerts", request, out, file_format, since, until)


@export_app.command("flows", cls=Command)
def export_flows(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    since: FromOption = None,
    until: ToOption = None,
    date: DateOption = None,
) -> None:
    """The flow ledger: one row per bucket, side and price with any flow."""
    request = _request(context, sources, profile, symbol, publisher, level, levels, warmup, bars_stamped, date)
    _export("flows", request, out, file_format, since, until)


@export_app.command("option-flow", cls=Command)
def export_option_flow(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    since: FromOption = None,
    until: ToOption = None,
    date: DateOption = None,
) -> None:
    """Option flow by strike: one row per snap and strike that was traded."""
    request = _request(context, sources, profile, symbol, publisher, level, levels, warmup, bars_stamped, date)
    _export("option-flow", request, out, file_format, since, until)


def _request(
    context: typer.Context,
    sources: list[Path],
    profile: str | None,
    symbol: str | None,
    publisher: int | None,
    level: list[str] | None,
    levels: str | None,
    warmup: list[str] | None,
    bars_stamped: str,
    date: str | None,
    kind: list[str] | None = None,
) -> Request:
    from spymaster.cli.request import Request

    return Request(
        sources=tuple(sources),
        config=context.obj.config,
        profile=profile,
        symbol=symbol,
        level=tuple(level or ()),
        levels=levels,
        warmup=tuple(warmup or ()),
        bars_stamped=bars_stamped,
        date=date,
        kind=tuple(kind or ()),
        publisher=publisher,
    )


def _export(
    what: str, request: Request, out: str, file_format: str | None, since: str | None, until: str | None
) -> None:
    from spymaster.cli.tables.export import run_export

    with reported():
        raise typer.Exit(run_export(what, request, out, file_format, since, until))


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
    from spymaster.cli.tables.export_records import run_events

    with reported():
        request = _request(context, sources, profile, symbol, publisher, None, None, None, "start", date)
        raise typer.Exit(run_events(request, out, file_format, since, until))


@export_app.command("dbn", cls=PlainCommand)
def export_dbn(
    sources: Sources,
    out: Annotated[str, typer.Option("--out", help="How the files' names begin.", metavar="PREFIX")],
    run: Annotated[str | None, typer.Option("--run", help="Of a lake: which run.", show_default=False)] = None,
) -> None:
    """The records as native files, one for each schema, byte for byte."""
    from spymaster.cli.tables.export_records import run_dbn

    with reported():
        raise typer.Exit(run_dbn(tuple(sources), out, run))


@export_app.command("schema", cls=PlainCommand)
def export_schema() -> None:
    """Print the JSON Schema of the published signals and alerts."""
    from spymaster.cli.tables.export import print_schema

    with reported():
        print_schema()


@levels_app.command("list", cls=ColouredCommand)
def levels_list(
    context: typer.Context,
    sources: Sources,
    at: Annotated[
        str | None, typer.Option(help="The moment (ISO, or HH:MM[:SS] ET). [default: the end]", show_default=False)
    ] = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    form: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    date: DateOption = None,
) -> None:
    """Every level published at a moment of a source, highest price first, and why others are not."""
    from spymaster.cli.tables.levels import run_list

    with reported():
        request = _request(context, sources, profile, symbol, publisher, level, levels, warmup, bars_stamped, date)
        raise typer.Exit(run_list(request, at, "json" if as_json else form, context.obj.color))


@levels_app.command("import", cls=Command)
def levels_import(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="CSV, or lines 'name price'; - reads them from stdin.", metavar="FILE|-")],
    name: Annotated[str | None, typer.Option(help="Name of the set. [default: the file's]", show_default=False)] = None,
    profile: Annotated[
        str | None, typer.Option(help="Whose prices they are, spy or es. [default: either]", show_default=False)
    ] = None,
) -> None:
    """Check a list of levels and store it as a named set for --levels NAME."""
    from spymaster.cli.tables.levels import run_import

    with reported():
        raise typer.Exit(run_import(context.obj.config, file, name, profile))


app.command(cls=PlainCommand)(warmup)
app.command(cls=PlainCommand)(bench)
app.command(cls=Command)(doctor)
app.command(cls=Command)(record)
app.command(cls=ScreenCommand)(replay)
app.command(cls=ScreenCommand)(live)
app.command(cls=Command)(run)
app.command(cls=ScreenCommand)(attach)
app.command(cls=Command)(stream)
app.command(cls=Command)(mcp)
app.command(cls=PlainCommand)(simulate)
app.command(cls=ColouredPlainCommand)(docs)
