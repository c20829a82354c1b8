"""The commands about the simulated market: ``simulate`` and ``evaluate``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group, PlainCommand

if TYPE_CHECKING:
    from spymaster.cli.market.evaluate_worlds import Asked

evaluate_app = typer.Typer(
    cls=Group, help="Measure how good the program and its simulated market are.", no_args_is_help=True
)

_World = Annotated[
    int | None,
    typer.Option(
        help="A random world: depth, pace, volatility, mechanisms and outcomes as this seed draws them. Up to "
        "1099511627775 for tuning.",
        show_default=False,
    ),
]
_Scenario = Annotated[
    str | None,
    typer.Option(
        help="What is planted: mix (usual), wall, vacuum, absorption, consumed, spoof, fakeout, gamma, squeeze, "
        "weak-gamma, placebo, none. In the second market: scattered (usual), or opening, 14 minutes round 09:30.",
        show_default=False,
    ),
]


def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to write the recording into.")],
    seed: Annotated[int, typer.Option(help="Same seed, same records.")] = 1,
    minutes: Annotated[float, typer.Option(help="Length of the session.", min=0.1, max=1440.0)] = 12.0,
    market: Annotated[
        str,
        typer.Option(
            help="first, the market of single orders; or second, a simpler one of another structure that no rule was "
            "made on: ES depth alone, to judge with."
        ),
    ] = "first",
    world: _World = None,
    scenario: _Scenario = None,
    intensity: Annotated[
        str | None,
        typer.Option(help="quiet, midday (usual), open or stress. Not of the second market.", show_default=False),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="es (usual) or spy; of a world, another than its own.", show_default=False)
    ] = None,
    options: Annotated[
        bool,
        typer.Option(
            "--options/--no-options",
            help="Options of the day whose dealers hedge in the book: on ES, or in profile spy on SPY, with the share.",
        ),
    ] = False,
    truth: Annotated[bool, typer.Option("--truth/--no-truth", help="Write what every order did beside it.")] = True,
    oracle: Annotated[
        int, typer.Option(help="Run the futures of so many first touches; seconds each.", min=0, max=50)
    ] = 0,
) -> None:
    """Write a simulated recording, marked as such."""
    from spymaster.cli.market.simulate import run_simulate

    with reported():
        run_simulate(
            out,
            seed=seed,
            minutes=minutes,
            market=market,
            scenario=scenario,
            intensity=intensity,
            profile=profile,
            with_options=options,
            with_truth=truth,
            oracle_moments=oracle,
            world=world,
        )


@evaluate_app.command("facts", cls=PlainCommand)
def evaluate_facts(
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Recordings to measure; without, fresh sessions.", show_default=False)
    ] = None,
    minutes: Annotated[float, typer.Option(help="Length of a fresh session.", min=10.0, max=1440.0)] = 60.0,
    seeds: Annotated[int, typer.Option(help="Fresh sessions at each intensity.", min=1, max=100)] = 12,
) -> None:
    """Print a market's stylised facts, beside those of a real half hour where that is at hand."""
    from spymaster.cli.market.evaluate_facts import run_facts

    with reported():
        raise typer.Exit(0 if run_facts(tuple(sources or ()), minutes, seeds) else 1)


_Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[SOURCE]...",
        help="Simulated recordings with their truth; of signals also journals, lakes and files.",
        show_default=False,
    ),
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Worlds = Annotated[
    int,
    typer.Option(help="Judge so many random worlds instead, simulated for it.", min=0, max=1000, show_default=False),
]
_SeedsFrom = Annotated[
    str | None,
    typer.Option(
        help="Worlds that follow from this hash of a commit and are used in no tuning; without, those for tuning.",
        show_default=False,
    ),
]
_Market = Annotated[str, typer.Option(help="first, second or both, side by side.")]
_Minutes = Annotated[float, typer.Option(help="Length of a world.", min=1.0, max=1440.0)]
_Jobs = Annotated[int, typer.Option(help="Worlds at a time.", min=1, max=64)]
_Out = Annotated[
    Path | None,
    typer.Option(help="Folder for one JSON file a world; those that are there are not made again.", show_default=False),
]
_Keep = Annotated[bool, typer.Option("--keep", help="Keep the worlds' recordings in OUT too.")]
_Naive = Annotated[
    bool, typer.Option("--naive/--no-naive", help="Replay a second time with plain absolute thresholds, to compare.")
]
_Oracle = Annotated[
    int,
    typer.Option(help="Run the futures of so many first touches a world; first market, seconds each.", min=0, max=50),
]


def _judging(name: str, meaning: str, run: Callable[[Asked], None]) -> None:
    """Add a command that judges recordings, or worlds made for it: all of them are asked for in the same words."""

    def command(
        context: typer.Context,
        sources: _Sources = None,
        as_json: _AsJson = False,
        worlds: _Worlds = 0,
        seeds_from: _SeedsFrom = None,
        market: _Market = "both",
        minutes: _Minutes = 60.0,
        jobs: _Jobs = 2,
        out: _Out = None,
        keep: _Keep = False,
        naive: _Naive = False,
        oracle: _Oracle = 0,
    ) -> None:
        with reported():
            from spymaster.cli.market.evaluate_worlds import Asked

            asked = Asked(
                sources=tuple(sources or ()),
                config=context.obj.config,
                as_json=as_json,
                worlds=worlds,
                seeds_from=seeds_from,
                market=market,
                minutes=minutes,
                jobs=jobs,
                out=out,
                keep=keep,
                naive=naive,
                oracle=oracle,
            )
            run(asked)

    evaluate_app.command(name, cls=Command, help=meaning)(command)


def _states(asked: Asked) -> None:
    from spymaster.cli.market.evaluate_worlds import run_states

    run_states(asked)


def _signals(asked: Asked) -> None:
    from spymaster.cli.market.evaluate_worlds import run_signals

    run_signals(asked)


_judging(
    "states",
    "Print how well barrier states agree with the truth of simulated recordings, at every snap near a level.",
    _states,
)
_judging(
    "signals",
    "Print which signals planted mechanisms raise, when, whether they were right, and against what base. Of a market's "
    "recordings: what became of tests of levels, signals, sweeps and large orders, by day.",
    _signals,
)


@evaluate_app.command("fuel", cls=Command)
def evaluate_fuel(
    context: typer.Context,
    sources: Annotated[
        list[Path], typer.Argument(metavar="SIMULATED...", help="Simulated recordings with their truth.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare dealers' exposure with what the simulated dealers hold: its sign, its band, the effects claimed."""
    with reported():
        from spymaster.cli.market.evaluate_fuel import run_fuel

        run_fuel(sources, context.obj.config, as_json)


@evaluate_app.command("touches", cls=Command)
def evaluate_touches(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model with several heads.")],
    worlds: Annotated[int, typer.Option(help="Random worlds to simulate.", min=1, max=1000)] = 20,
    seeds_from: _SeedsFrom = None,
    minutes: _Minutes = 30.0,
    moments: Annotated[int, typer.Option(help="First touches of a world; seconds each.", min=1, max=50)] = 8,
    as_json: _AsJson = False,
) -> None:
    """Hold models against the best that could be known: the market's own futures from first touches of levels."""
    with reported():
        from spymaster.cli.market.evaluate_touches import run_touches

        run_touches(
            model,
            context.obj.config,
            worlds=worlds,
            seeds_from=seeds_from or "",
            minutes=minutes,
            moments=moments,
            as_json=as_json,
        )


@evaluate_app.command("strategy", cls=Command)
def evaluate_strategy(
    context: typer.Context,
    rule: Annotated[Path, typer.Argument(metavar="RULE.toml", help="The rule: 'spymaster-tui docs strategy'.")],
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Recordings, journals, lakes or files.")],
    as_json: _AsJson = False,
    profile: Annotated[
        str | None, typer.Option(help="es or spy; without, as recorded, else spy.", show_default=False)
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write a page of charts, an SVG file, here too.", show_default=False)
    ] = None,
) -> None:
    """Trade a rule on paper at the levels it names and at prices like any other: what it earned after costs, by day."""
    with reported():
        from spymaster.cli.market.evaluate_strategy import run_strategy

        run_strategy(rule, sources, context.obj.config, profile, as_json=as_json, page=page)
