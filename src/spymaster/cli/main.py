"""The command line: thin. Parse, call, print. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Annotated

import typer

from spymaster.cli.config_commands import config_app
from spymaster.cli.deploy.commands import deploy_app
from spymaster.cli.docs_command import docs
from spymaster.cli.failures import reported
from spymaster.cli.global_options import (
    ColouredPlainCommand,
    Command,
    GlobalOptions,
    PlainCommand,
    ScreenCommand,
    check_options,
    note_given,
)
from spymaster.cli.learn.commands import evaluate_p_break, learn_app
from spymaster.cli.learn.dataset_commands import dataset_app
from spymaster.cli.learn.predictions_commands import predictions_app
from spymaster.cli.live.commands import attach, live, mcp, run, stream
from spymaster.cli.machine_commands import bench, doctor, warmup
from spymaster.cli.market.commands import evaluate_app, simulate
from spymaster.cli.options import ColorOption, ConfigOption, MouseOption
from spymaster.cli.parsing.usage import Program
from spymaster.cli.record_command import record
from spymaster.cli.replay.commands import replay
from spymaster.cli.research.commands import research_app
from spymaster.cli.tables.export_commands import export_app
from spymaster.cli.tables.lake_commands import lake_app
from spymaster.cli.tables.levels_commands import levels_app
from spymaster.cli.tables.publish_command import lake_publish

app = typer.Typer(
    cls=Program,
    name="spymaster-tui",
    help="Watch the price levels that matter for SPY and ES: break or reject, how sure, and why.",
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(export_app, name="export")
app.add_typer(levels_app, name="levels")
app.add_typer(config_app, name="config")
app.add_typer(dataset_app, name="dataset")
app.add_typer(deploy_app, name="deploy")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(lake_app, name="lake")
app.add_typer(learn_app, name="learn")
app.add_typer(predictions_app, name="predictions")
app.add_typer(research_app, name="research")
evaluate_app.command("p_break", cls=Command)(evaluate_p_break)
lake_app.command("publish", cls=Command)(lake_publish)


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
        note_given(context, config)
        if context.invoked_subcommand is None:
            from spymaster.cli.replay.start import start

            raise typer.Exit(start(config, color, mouse))


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


def asked(arguments: Sequence[str]) -> typer.Typer:
    """The program as a command line needs it: one that begins with a command's name has no use for the others.

    Making all of them takes longer than a small command does.
    """
    first = arguments[0] if arguments else ""
    commands = [one for one in app.registered_commands if one.callback is not None and one.callback.__name__ == first]
    groups = [one for one in app.registered_groups if one.name == first]
    if not commands and not groups:
        return app
    narrow = copy.copy(app)
    narrow.registered_commands, narrow.registered_groups = commands, groups
    return narrow
