"""The command line: thin. Parse, call, print. Nothing heavy is imported before a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported

app = typer.Typer(
    name="spymaster-tui",
    help="Watch the price levels that matter for SPY and ES: break or reject, how sure, and why.",
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
export_app = typer.Typer(help="Write what a source holds, or what the engine makes of it.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Measure how good the program and its simulated market are.", no_args_is_help=True)
config_app = typer.Typer(help="Show, check and create the configuration.", no_args_is_help=True)
app.add_typer(export_app, name="export")
app.add_typer(config_app, name="config")
app.add_typer(evaluate_app, name="evaluate")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file laid over the user's own.", show_default=False)
]
Sources = Annotated[
    list[Path],
    typer.Argument(help="A recording folder, .dbn or .dbn.zst files, or a folder of them.", metavar="SOURCE..."),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="spy or es. [default: the recording's, else spy]", show_default=False)
]
SymbolOption = Annotated[
    str | None, typer.Option("--symbol", help="The contract, where the source holds several.", show_default=False)
]
LevelOption = Annotated[
    list[str] | None, typer.Option("--level", help="A level of your own, a price; repeatable.", show_default=False)
]
LevelsOption = Annotated[
    Path | None, typer.Option("--levels", help="A file of levels: CSV or lines 'name price'.", show_default=False)
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format", help="csv, jsonl, parquet, arrow or duckdb. [default: from the ending]", show_default=False
    ),
]
OutOption = Annotated[str, typer.Option("--out", help="File to write, or - for stdout.")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Only from this TIME on (ISO, or HH:MM[:SS] ET).", show_default=False)
]
ToOption = Annotated[str | None, typer.Option("--to", help="Only before this TIME.", show_default=False)]
ColorOption = Annotated[str, typer.Option("--color", help="auto, truecolor, 256, 16 or none.")]
MouseOption = Annotated[bool, typer.Option("--mouse/--no-mouse", help="Whether the cockpit listens to the mouse.")]


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
    context.obj = config
    if context.invoked_subcommand is None:
        from spymaster.cli.start import start

        with reported():
            raise typer.Exit(start(config, color, mouse))


@app.command()
def replay(
    context: typer.Context,
    sources: Sources,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    speed: Annotated[str, typer.Option(help="Event seconds per second, 0.25 to 64, or max.")] = "",
    headless: Annotated[bool, typer.Option("--headless", help="No screen: run and report.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --headless: print one JSON object.")] = False,
    chunk: Annotated[int | None, typer.Option(help="Records read at a time.", hidden=True)] = None,
    screenshot: Annotated[
        Path | None, typer.Option(help="Write the screen at a moment as SVG and exit.", show_default=False)
    ] = None,
    at: Annotated[str | None, typer.Option(help="With --screenshot: the moment.", show_default=False)] = None,
    size: Annotated[str, typer.Option(help="With --screenshot: columns x rows.")] = "120x40",
    screen: Annotated[str, typer.Option(help="With --screenshot: which screen.")] = "cockpit",
    theme: Annotated[str | None, typer.Option(help="A theme's name.", show_default=False)] = None,
    color: ColorOption = "auto",
    mouse: MouseOption = True,
) -> None:
    """Replay recorded depth and trades on the cockpit, or without a screen."""
    from spymaster.cli.replay import run_replay
    from spymaster.cli.request import Moment, Request

    with reported():
        request = Request(tuple(sources), context.obj, profile, symbol, tuple(level or ()), levels, speed, chunk, theme)
        moment = Moment(screenshot, at, size, screen) if screenshot is not None else None
        raise typer.Exit(
            run_replay(request, headless=headless, as_json=as_json, moment=moment, colour=color, mouse=mouse)
        )


@export_app.command("signals")
def export_signals(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    since: FromOption = None,
    until: ToOption = None,
) -> None:
    """Every published level of every snap."""
    _export("signals", context, sources, out, file_format, profile, symbol, level, levels, since, until)


@export_app.command("alerts")
def export_alerts(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    since: FromOption = None,
    until: ToOption = None,
) -> None:
    """Every signal raised or resolved."""
    _export("alerts", context, sources, out, file_format, profile, symbol, level, levels, since, until)


@export_app.command("flows")
def export_flows(
    context: typer.Context,
    sources: Sources,
    out: OutOption = "-",
    file_format: FormatOption = None,
    profile: ProfileOption = None,
    symbol: SymbolOption = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    since: FromOption = None,
    until: ToOption = None,
) -> None:
    """The flow ledger: one row per bucket, side and price with any flow."""
    _export("flows", context, sources, out, file_format, profile, symbol, level, levels, since, until)


def _export(
    what: str,
    context: typer.Context,
    sources: list[Path],
    out: str,
    file_format: str | None,
    profile: str | None,
    symbol: str | None,
    level: list[str] | None,
    levels: Path | None,
    since: str | None,
    until: str | None,
) -> None:
    from spymaster.cli.export import run_export
    from spymaster.cli.request import Request

    with reported():
        request = Request(tuple(sources), context.obj, profile, symbol, tuple(level or ()), levels, "max", None, None)
        raise typer.Exit(run_export(what, request, out, file_format, since, until))


@export_app.command("schema")
def export_schema() -> None:
    """Print the JSON Schema of the published signals and alerts."""
    from spymaster.cli.export import print_schema

    with reported():
        print_schema()


@config_app.command("path")
def config_path() -> None:
    """Print where the user's configuration file is looked for."""
    from spymaster.cli.config import print_path

    with reported():
        print_path()


@config_app.command("show")
def config_show(context: typer.Context) -> None:
    """Print the configuration in force, as TOML."""
    from spymaster.cli.config import print_config

    with reported():
        print_config(context.obj)


@config_app.command("validate")
def config_validate(context: typer.Context) -> None:
    """Check the configuration; says nothing but OK when it is good."""
    from spymaster.cli.config import validate

    with reported():
        validate(context.obj)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration."""
    from spymaster.cli.config import print_schema

    with reported():
        print_schema()


@config_app.command("init")
def config_init(
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the default configuration, commented, to the user's configuration file."""
    from spymaster.cli.config import init

    with reported():
        init(force=force)


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to write the recording into.")],
    seed: Annotated[int, typer.Option(help="Same seed, same records.")] = 1,
    minutes: Annotated[float, typer.Option(help="Length of the session.", min=0.1, max=1440.0)] = 12.0,
    scenario: Annotated[
        str,
        typer.Option(
            help="What is planted: mix, wall, vacuum, absorption, consumed, spoof, fakeout, gamma, placebo, none; "
            "or plain, the simpler generator."
        ),
    ] = "mix",
    intensity: Annotated[str, typer.Option(help="quiet, midday, open or stress.")] = "midday",
    profile: Annotated[str, typer.Option(help="es or spy.")] = "es",
    truth: Annotated[bool, typer.Option("--truth/--no-truth", help="Write what every order did beside it.")] = True,
    oracle: Annotated[
        int, typer.Option(help="Run the futures of so many first touches; seconds each.", min=0, max=50)
    ] = 0,
) -> None:
    """Write a simulated recording, marked as such."""
    from spymaster.cli.simulate import run_simulate

    with reported():
        run_simulate(
            out,
            seed=seed,
            minutes=minutes,
            scenario=scenario,
            intensity=intensity,
            profile=profile,
            with_truth=truth,
            oracle_moments=oracle,
        )


@evaluate_app.command("facts")
def evaluate_facts(
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Recordings to measure; without, fresh sessions.", show_default=False)
    ] = None,
    minutes: Annotated[float, typer.Option(help="Length of a fresh session.", min=10.0, max=1440.0)] = 60.0,
    seeds: Annotated[int, typer.Option(help="Fresh sessions at each intensity.", min=1, max=100)] = 4,
) -> None:
    """Print a market's stylised facts, beside those of a real half hour where that is at hand."""
    from spymaster.cli.evaluate import run_facts

    with reported():
        raise typer.Exit(0 if run_facts(tuple(sources or ()), minutes, seeds) else 1)


@app.command()
def warmup() -> None:
    """Compile the kernels now, so that nothing waits for them later."""
    from spymaster.cli.warmup import run_warmup

    with reported():
        raise typer.Exit(run_warmup())


@app.command()
def bench(
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Depth to measure with; generated when left out.", show_default=False)
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are reported.", min=1, max=99)] = 7,
    records: Annotated[int, typer.Option(help="Size of the measured file, records.", min=10_000)] = 1_000_000,
    only: Annotated[list[str] | None, typer.Option(help="Only these rows; repeatable.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the program against floors measured in the same run."""
    from spymaster.cli.bench import run_bench

    with reported():
        run_bench(tuple(sources or ()), rounds, records, tuple(only or ()), as_json)


def main() -> None:
    """Entry point of the ``spymaster-tui`` command."""
    app()
