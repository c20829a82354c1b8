"""The ``research`` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group

research_app = typer.Typer(
    cls=Group, help="Compute many days by a plan, here or on several machines.", no_args_is_help=True
)

PlanArgument = Annotated[Path, typer.Argument(help="A plan: 'spymaster-tui docs research', 1.", metavar="PLAN.toml")]
Compared = Annotated[
    str,
    typer.Argument(
        help="A plan that was run, or a report, and :NAME of one of several configurations.", metavar="PLAN[:NAME]"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@research_app.command("run", cls=Command)
def research_run(
    context: typer.Context,
    plan: PlanArgument,
    workers: Annotated[
        str,
        typer.Option(
            help="So many processes here, or nats://HOST[:PORT][/NAME]: the workers there. [default: one a core]",
            metavar="N|URL",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Compute what is missing of a plan; exit code 3 where a day failed."""
    from spymaster.cli.research.work import run_research

    with reported():
        raise typer.Exit(run_research(plan, context.obj.config, workers, as_json))


@research_app.command("worker", cls=Command)
def research_worker(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Where days are handed out.", metavar="nats://HOST[:PORT][/NAME]")],
) -> None:
    """Take days from a queue and compute them, one at a time on one core, until it is ended."""
    from spymaster.cli.research.work import run_worker

    with reported():
        raise typer.Exit(run_worker(url, context.obj.config))


@research_app.command("status", cls=Command)
def research_status(context: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """How far a plan is, and what failed why; exit code 3 where results are missing."""
    from spymaster.cli.research.work import run_status

    with reported():
        raise typer.Exit(run_status(plan, context.obj.config, as_json))


@research_app.command("compare", cls=Command)
def research_compare(a: Compared, b: Compared, as_json: JsonOption = False) -> None:
    """What another configuration changes, day by day: signals, tests of levels, markouts, with intervals by day."""
    from spymaster.cli.research.work import run_compare

    with reported():
        run_compare(a, b, as_json)
