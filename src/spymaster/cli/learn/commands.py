"""The commands about what a model says: ``learn pbreak``, ``evaluate p_break``, ``export p-break``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group
from spymaster.cli.options import (
    DateOption,
    FormatOption,
    FromOption,
    LevelOption,
    LevelsOption,
    OutOption,
    ProfileOption,
    PublisherOption,
    Sources,
    StampedOption,
    SymbolOption,
    ToOption,
    WarmupOption,
)

learn_app = typer.Typer(cls=Group, help="Learn what a model says of levels, beside the score.", no_args_is_help=True)

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


@learn_app.command("pbreak", cls=Command)
def learn_pbreak(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="File to write the model into.")],
    recordings: Recordings = None,
    worlds: WorldsOption = 0,
    seeds_from: SeedsOption = "",
    minutes: MinutesOption = 60.0,
    market: MarketOption = "both",
    jobs: JobsOption = 1,
) -> None:
    """Fit the chance of a break at a level and write it as a model's file."""
    from spymaster.cli.learn.pbreak import gathered, run_learn

    with reported():
        data = gathered(
            recordings or (),
            context.obj.config,
            worlds=worlds,
            seeds_from=seeds_from,
            minutes=minutes,
            market=market,
            jobs=jobs,
        )
        raise typer.Exit(run_learn(out, data))


def evaluate_p_break(
    context: typer.Context,
    recordings: Recordings = None,
    worlds: WorldsOption = 0,
    seeds_from: SeedsOption = "",
    minutes: MinutesOption = 60.0,
    market: MarketOption = "both",
    jobs: JobsOption = 1,
    model: Annotated[
        Path | None, typer.Option(help="A model's file; else the shipped one.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the chance of a break: skill over distance and volatility alone, and calibration."""
    from spymaster.cli.learn.pbreak import gathered, run_evaluate

    with reported():
        data = gathered(
            recordings or (),
            context.obj.config,
            worlds=worlds,
            seeds_from=seeds_from,
            minutes=minutes,
            market=market,
            jobs=jobs,
        )
        run_evaluate(data, model, seeds_from, as_json)


def export_p_break(
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
    """What the model says of levels near price: one row per level and snap."""
    from spymaster.cli.request import Request
    from spymaster.cli.tables.export import run_export

    request = Request(
        sources=tuple(sources),
        config=context.obj.config,
        profile=profile,
        symbol=symbol,
        publisher=publisher,
        level=tuple(level or ()),
        levels=levels,
        warmup=tuple(warmup or ()),
        bars_stamped=bars_stamped,
        date=date,
    )
    with reported():
        raise typer.Exit(run_export("p-break", request, out, file_format, since, until))
