"""``learn`` with its commands, of which ``learn pbreak`` stands here, and ``evaluate p_break``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group
from spymaster.cli.learn.heads_commands import learn_card, learn_evaluate, learn_index, learn_sequence, learn_train
from spymaster.cli.parsing.shared_options import sharing

learn_app = typer.Typer(cls=Group, help="Learn what a model says of levels, beside the score.", no_args_is_help=True)
learn_app.command("train", cls=Command)(learn_train)
learn_app.command("evaluate", cls=Command)(learn_evaluate)
learn_app.command("card", cls=Command)(learn_card)
learn_app.command("index", cls=Command)(learn_index)
learn_app.command("sequence", cls=Command)(learn_sequence)

Recordings = Annotated[
    list[Path] | None, typer.Argument(metavar="RECORDING...", help="Recordings; or --worlds.", show_default=False)
]
WorldsOption = Annotated[int, typer.Option(help="Simulate so many sessions of each market.", min=0, max=10_000)]
SeedsOption = Annotated[
    str, typer.Option(help="Seeds follow from this hash of a commit, so that nobody chose them.", show_default=False)
]
MinutesOption = Annotated[float, typer.Option(help="Length of a simulated session.", min=10.0, max=1440.0)]
MarketOption = Annotated[str, typer.Option(help="first, second or both.")]
JobsOption = Annotated[int, typer.Option(help="Worlds at a time; the result is the same.", min=1, max=64)]


class Gathering(NamedTuple):
    """Where the rows come from: what the seeds of worlds follow from, and how to get the rows."""

    seeds_from: str
    gather: Callable[[], Any]


def _gathered(
    context: typer.Context,
    recordings: Recordings = None,
    worlds: WorldsOption = 0,
    seeds_from: SeedsOption = "",
    minutes: MinutesOption = 60.0,
    market: MarketOption = "both",
    jobs: JobsOption = 1,
) -> Gathering:
    def gather() -> Any:
        from spymaster.cli.learn.pbreak import gathered

        asked = (recordings or (), context.obj.config)
        return gathered(*asked, worlds=worlds, seeds_from=seeds_from, minutes=minutes, market=market, jobs=jobs)

    return Gathering(seeds_from, gather)


_of_recordings: Final = sharing(_gathered)


@learn_app.command("pbreak", cls=Command)
@_of_recordings
def learn_pbreak(
    context: typer.Context,
    rows: Gathering,
    out: Annotated[Path, typer.Argument(help="File to write the model into.")],
) -> None:
    """Fit the chance of a break at a level and write it as a model's file."""
    from spymaster.cli.learn.pbreak import run_learn

    with reported():
        raise typer.Exit(run_learn(out, rows.gather()))


@_of_recordings
def evaluate_p_break(
    context: typer.Context,
    rows: Gathering,
    model: Annotated[
        Path | None, typer.Option(help="A model's file; else the shipped one.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the chance of a break: skill over distance and volatility alone, and calibration."""
    from spymaster.cli.learn.pbreak import run_evaluate

    with reported():
        run_evaluate(rows.gather(), model, rows.seeds_from, as_json)
