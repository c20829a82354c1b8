"""The ``predictions`` commands: what a model said, whether it stands as it was said, and what it was worth."""

from __future__ import annotations

from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group

predictions_app = typer.Typer(
    cls=Group, help="What a model said: unchanged, what came of it, what it was worth.", no_args_is_help=True
)

PlaceArgument = Annotated[
    str | None,
    typer.Argument(
        help="A lake, or a file of predictions. [default: [lake] path]", metavar="LAKE|FILE", show_default=False
    ),
]
RootArgument = Annotated[
    str | None, typer.Argument(help="Folder or s3://BUCKET/PREFIX. [default: [lake] path]", show_default=False)
]
RunOption = Annotated[
    str | None, typer.Option("--run", help="Only this run, or how its id begins. [default: all]", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@predictions_app.command("verify", cls=Command)
def predictions_verify(
    context: typer.Context, place: PlaceArgument = None, run: RunOption = None, as_json: JsonOption = False
) -> None:
    """Check that every word stands as it was said; exit code 3, and the line, where one does not."""
    from spymaster.cli.learn.predictions import run_verify

    with reported():
        raise typer.Exit(run_verify(context.obj.config, place, run, as_json))


@predictions_app.command("settle", cls=Command)
def predictions_settle(context: typer.Context, root: RootArgument = None, run: RunOption = None) -> None:
    """Write down what came of the predictions of each run, from the price it recorded."""
    from spymaster.cli.learn.predictions import run_settle

    with reported():
        raise typer.Exit(run_settle(context.obj.config, root, run))


@predictions_app.command("report", cls=Command)
def predictions_report(
    context: typer.Context,
    root: RootArgument = None,
    horizon: Annotated[int, typer.Option(help="Seconds within which a break counts.", metavar="S")] = 120,
    as_json: JsonOption = False,
) -> None:
    """What was called so likely, and how often it came: bin by bin, shown and shadow, model beside model."""
    from spymaster.cli.learn.predictions import run_report

    with reported():
        run_report(context.obj.config, root, horizon, as_json)
